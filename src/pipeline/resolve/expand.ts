/** A pipeline's groups as one list of tasks: each `for_each` as its family, each pipeline that is used as an operator as its tasks. */
import type { Span } from "../../protocol/diagnostic.ts";
import { nearest } from "../../protocol/suggest.ts";
import type { Operator } from "../catalog/catalog.ts";
import type { Manifest } from "../catalog/manifest.ts";
import { isNull } from "../parse/node.ts";
import { type Body, type GroupNode, mostTasks, type PipelineDocument, type TaskNode } from "../parse/pipeline.ts";
import { readString } from "../parse/read.ts";
import { didYouMean, quote, type Report, slipOf } from "../parse/report.ts";
import type { Settings } from "../settings/types.ts";
import { dagEntry, readEntry } from "./dag.ts";
import { expandForEach } from "./for-each.ts";
import { paramNodes, readInterface, readInterfaceParams, type Wiring } from "./interface.ts";
import { interpolateBody } from "./interpolate.ts";
import type { Group, Sourced } from "./pipeline.ts";
import { readPresets, type UsedPreset } from "./presets.ts";
import type { Reach } from "./reach.ts";
import { resolveTask, type TaskFacts } from "./task.ts";

/** A task whose operator is a pipeline; the tasks of that pipeline stand for it. */
export interface Use {
  readonly facts: TaskFacts;
  readonly wiring: Wiring;
  /** Of the pipeline. */
  readonly file: string;
}

export interface Expansion {
  readonly groups: Group[];
  /** Those inside of uses too. */
  readonly tasks: TaskFacts[];
  readonly uses: Map<string, Use>;
  readonly families: Map<string, readonly string[]>;
  readonly defaults: Body[];
  readonly presets: UsedPreset[];
  /** Files of the pipelines that are used. */
  readonly files: Set<string>;
  /** The task that was one too many. */
  tooMany?: Span;
}

/** Deeper ones nobody could follow. */
const deepest = 10;

/** Where a walk is: the pipeline around it, and how it came there. */
interface Place {
  readonly document: PipelineDocument;
  /** Id of the task that uses the pipeline; empty for the one that is compiled. */
  readonly scope: string;
  readonly settings: Settings;
  readonly base: Sourced<string> | undefined;
  /** Files of the pipelines around it. */
  readonly chain: readonly string[];
  readonly report: Report;
}

export function expandPipeline(document: PipelineDocument, base: Sourced<string> | undefined, reach: Reach, report: Report): Expansion {
  const expansion: Expansion = {
    groups: [],
    tasks: [],
    uses: new Map(),
    families: new Map(),
    defaults: [],
    presets: [],
    files: new Set(),
  };
  const params = paramNodes(document, () => undefined);
  const settings = document.interface ? scoped(reach.settings, params) : reach.settings;
  const known = document.interface ? readInterfaceParams(document, document.file, report) : new Map<string, never>();
  for (const { name, required, span } of known.values()) {
    if (required) report("missing-parameter", span, `the pipeline is compiled by itself, but \`${name}\` of its interface has no default`);
  }
  expandInto(expansion, { document, scope: "", settings, base, chain: [document.file], report }, reach);
  if (document.interface) readInterface(document, document.file, known, (id) => taskIn(expansion, "", id), report);
  return expansion;
}

function scoped(settings: Settings, own: Parameters<Settings["variables"]["within"]>[0]): Settings {
  return { ...settings, variables: settings.variables.within(own) };
}

function taskIn({ tasks, uses }: Expansion, scope: string, id: string): TaskFacts | undefined {
  const whole = scope === "" ? id : `${scope}.${id}`;
  return uses.get(whole)?.facts ?? tasks.find((task) => task.id === whole && task.scope === scope);
}

function expandInto(expansion: Expansion, at: Place, reach: Reach): void {
  const { document, scope, settings, report } = at;
  const dagPresets = readPresets(dagEntry(document, "presets", settings, report), reach.presets, settings, report);
  expansion.presets.push(...dagPresets.used);
  const idOf = (id: string) => (scope === "" ? id : id === "" ? scope : `${scope}.${id}`);
  const walk = (group: GroupNode, above: readonly Body[]) => {
    const own = group.defaults.map((body) => interpolateBody(body, settings, report));
    expansion.defaults.push(...own);
    const bodies = [...above, ...own];
    const around = { defaults: bodies, dagPresets, base: at.base };
    const taken = new Map(group.children.map((child) => [idOf(child.id), child.nameSpan]));
    for (const child of group.children) {
      const id = idOf(child.id);
      if (child.kind === "group") {
        const description = child.description && settings.variables.interpolate(child.description.value, report);
        const text = description?.kind === "scalar" && typeof description.value === "string" ? { description: description.value } : {};
        expansion.groups.push({ id, nameSpan: child.nameSpan, ...text });
        walk(child, bodies);
        continue;
      }
      const node = { ...child, id };
      const instances = isFamily(child) ? expandForEach(node, settings, taken, report) : [{ node, settings }];
      const ids = instances.map((instance) => instance.node.id);
      if (isFamily(child)) expansion.families.set(id, ids);
      for (const instance of instances) {
        if (expansion.tasks.length >= mostTasks) {
          expansion.tooMany ??= child.nameSpan;
          break;
        }
        const local = { ...reach, settings: instance.settings };
        const used = findUsed(instance.node, local, at, expansion.files);
        if (used) refuseKeys(instance.node, used, report);
        const found = used && { ...used, params: readInterfaceParams(used.document, used.name, noting(report, used)) };
        const { task, presets } = resolveTask(
          instance.node,
          { group: idOf(group.id), scope },
          around,
          local,
          report,
          found && asOperator(found),
        );
        expansion.presets.push(...presets);
        if (found) expandUse(expansion, task, found, at, reach);
        else expansion.tasks.push(task);
      }
    }
  };
  walk(document.root, [reach.settings.defaults]);
}

function isFamily({ keys }: TaskNode): boolean {
  const said = keys.get("for_each");
  return said !== undefined && !isNull(said.value);
}

interface Used {
  readonly document: PipelineDocument;
  /** `pipelines/<name>`. */
  readonly name: string;
  /** Of the name, where it is used. */
  readonly span: Span;
}

/** The pipeline that the task's operator is; undefined, perhaps with a diagnostic, when it is none. */
function findUsed(node: TaskNode, { settings, pipelines }: Reach, { chain, report }: Place, files: Set<string>): Used | undefined {
  const entry = node.keys.get("operator_type");
  const named = entry && readEntry({ ...entry, value: settings.variables.interpolate(entry.value, () => {}) }, "", readString, () => {});
  const [, short] = /^pipelines\/(.*)$/.exec(named?.value ?? "") ?? [];
  if (named === undefined || short === undefined) return undefined;
  const { value: name, span } = named;
  const there = pipelines.get(short);
  const document = there?.document.value;
  if (there) files.add(there.path);
  if (there === undefined) {
    const names = [...pipelines.keys()].map((one) => `pipelines/${one}`);
    const message = `task \`${node.id}\` is of the pipeline ${quote(name)}, which does not exist${didYouMean(nearest(name, names))}`;
    report("unknown-operator", span, message, slipOf(name, names, span));
  } else if (document === undefined) return undefined;
  else if (document.interface === undefined) {
    const notes = [{ message: "the pipeline", span: document.dagSpan }];
    report(
      "unknown-operator",
      span,
      `${quote(name)} has no \`interface\`, which would say what it takes and gives; \`interface: {}\` will do`,
      { notes },
    );
  } else if (chain.includes(document.file) || chain.length > deepest) {
    const files = [...chain.slice(Math.max(0, chain.indexOf(document.file))), document.file].map((file) => `\`${file}\``);
    const what = chain.includes(document.file) ? "a pipeline would hold itself" : `pipelines are nested more than ${deepest} deep`;
    report("recursive-pipeline", span, `${what}: ${files.join(" uses ")}`);
  } else return { document, name, span };
  return undefined;
}

/** What is said of one task's run cannot be said of a whole pipeline. */
const usableKeys = ["operator_type", "description", "needs", "inputs", "presets", "enabled", "for_each"];

function refuseKeys({ id, keys }: TaskNode, { name, document }: Used, report: Report): void {
  for (const { key, keySpan } of keys.values()) {
    if (usableKeys.includes(key)) continue;
    const message = `\`${key}\` of task \`${id}\` has no meaning, since \`${name}\` is a pipeline; give it to the tasks inside, or under \`defaults\` there`;
    report("unknown-key", keySpan, message, { notes: [{ message: "the pipeline", span: document.dagSpan }] });
  }
}

/** With its parameters alone: its ports are known when its tasks are. */
function asOperator({ document, name, params }: Used & { readonly params: Manifest["params"] }): Operator {
  return { kind: "manifest", name, file: document.file, folder: "pipelines", params, inputs: new Map(), outputs: new Map(), broken: false };
}

/** What is said about the inside says where it is used. */
function noting(report: Report, { name, span }: Used): Report {
  return (code, place, message, more = {}) => {
    report(code, place, message, { ...more, notes: [...(more.notes ?? []), { message: `\`${name}\` is used here`, span }] });
  };
}

function expandUse(
  expansion: Expansion,
  facts: TaskFacts,
  used: Used & { readonly params: Manifest["params"] },
  at: Place,
  reach: Reach,
): void {
  const { document, name, params } = used;
  const report = noting(at.report, used);
  const { id, nameSpan, description } = facts;
  expansion.groups.push({ id, nameSpan, ...(description ? { description: description.value } : {}) });
  const settings = scoped(
    reach.settings,
    paramNodes(document, (param) => facts.params.get(param)?.node),
  );
  const base = readEntry(dagEntry(document, "base_resource", settings, report), "`base_resource`", readString, report) ?? at.base;
  const first = expansion.tasks.length;
  expandInto(expansion, { document, scope: id, settings, base, chain: [...at.chain, document.file], report }, reach);
  if (!facts.enabled) {
    for (const [index, task] of expansion.tasks.entries()) if (index >= first) expansion.tasks[index] = { ...task, enabled: false };
    for (const [inner, use] of expansion.uses) {
      if (inner.startsWith(`${id}.`)) expansion.uses.set(inner, { ...use, facts: { ...use.facts, enabled: false } });
    }
  }
  const quiet = facts.enabled ? report : () => {};
  const { manifest, wiring } = readInterface(document, name, params, (inner) => taskIn(expansion, id, inner), quiet);
  const operator = { name, span: used.span, found: manifest };
  expansion.uses.set(id, { facts: { ...facts, operator }, wiring, file: document.file });
}
