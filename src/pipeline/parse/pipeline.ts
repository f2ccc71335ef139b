/** A pipeline's file as groups and tasks, before any setting is looked at: one shape for all environments. */

import type { Span } from "../../protocol/diagnostic.ts";
import { nearest } from "../../protocol/suggest.ts";
import { acceptKey, dagKeys, ownKeys, pipelineKeys, readKeys, refuseLater, reportUnknownKey, taskKeys } from "./keys.ts";
import { childOf, describe, type Entry, isNull, type MapNode, type Node } from "./node.ts";
import { readMap } from "./read.ts";
import { didYouMean, quote, type Report } from "./report.ts";

export interface PipelineDocument {
  readonly file: string;
  readonly project?: string;
  /** Of the whole document. */
  readonly span: Span;
  readonly dag: ReadonlyMap<string, Entry>;
  readonly dagSpan: Span;
  /** What it takes and gives when it is used as an operator. */
  readonly interface?: Entry;
  readonly root: GroupNode;
}

/** What a task says, or a `defaults` map says for many: task keys, and parameters. */
export interface Body {
  readonly keys: ReadonlyMap<string, Entry>;
  readonly params: ReadonlyMap<string, Entry>;
  /** Those of the parameters that stand under `params`, and so are nothing else. */
  readonly explicit: ReadonlySet<string>;
}

export interface GroupNode {
  readonly kind: "group";
  /** Dotted path; empty for the root. */
  readonly id: string;
  readonly name: string;
  readonly nameSpan: Span;
  readonly description?: Entry;
  readonly defaults: readonly Body[];
  readonly children: readonly (GroupNode | TaskNode)[];
}

export interface TaskNode extends Body {
  readonly kind: "task";
  readonly id: string;
  readonly name: string;
  readonly nameSpan: Span;
}

export const namePattern = /^[A-Za-z_][A-Za-z0-9_-]*$/;
/** More would bring Airflow's scheduler to a halt, and nobody could read them. */
export const mostTasks = 2000;
/** Airflow's own limit on ids. */
const longestId = 250;

export function parsePipeline(file: string, project: string | undefined, root: Node, report: Report): PipelineDocument | undefined {
  const map = readMap(root, "a pipeline", report);
  if (map === undefined) return undefined;
  const keys = readKeys(map, pipelineKeys, "a pipeline", report);
  const dag = keys.get("dag");
  const tasks = keys.get("tasks");
  const start = { file, start: map.span.start, end: map.span.start };
  const face = keys.get("interface");
  const flat = map.entries.some(({ key }) => dagKeys.includes(key)); // each is told where it belongs
  if (dag === undefined && face === undefined && !flat) report("missing-key", start, "a pipeline needs `dag:` with at least a `name`");
  const dagMap = dag && readMap(dag.value, "`dag`", report);
  const dagEntries = dagMap ? readKeys(dagMap, dagKeys, "`dag`", report) : new Map<string, Entry>();
  if (dagMap && !dagEntries.has("name")) report("missing-key", dag.keySpan, "`dag` needs a `name`");
  const nameSpan = tasks?.keySpan ?? start;
  const parsed = tasks === undefined || isNull(tasks.value) ? undefined : readTasks(tasks.value, report);
  const misnamed =
    tasks === undefined &&
    nearest(
      "tasks",
      map.entries.map(({ key }) => key),
    ) !== undefined;
  const group = parsed ? parseGroup({ key: "", keySpan: nameSpan, value: parsed }, parsed, "", report) : emptyRoot(nameSpan);
  if (
    group.children.length === 0 &&
    !misnamed &&
    !(parsed && isFlatTask(parsed)) &&
    (tasks === undefined || isNull(tasks.value) || parsed)
  ) {
    report("empty-pipeline", nameSpan, "a pipeline needs at least one task under `tasks:`");
  }
  const count = countTasks(group);
  if (count > mostTasks) {
    report("too-many-tasks", nameSpan, `the pipeline has ${count} tasks; one of more than ${mostTasks} is better several`);
    return undefined;
  }
  const outer = keys.get("defaults");
  const defaults = outer ? parseDefaults(outer, "`defaults`", report) : undefined;
  return {
    file,
    ...(project === undefined ? {} : { project }),
    span: map.span,
    dag: dagEntries,
    dagSpan: dag?.keySpan ?? start,
    ...(face ? { interface: face } : {}),
    root: defaults ? { ...group, defaults: [defaults, ...group.defaults] } : group,
  };
}

function readTasks(node: Node, report: Report): MapNode | undefined {
  if (node.kind !== "list") return readMap(node, "`tasks`", report);
  report("wrong-type", node.span, "`tasks` is a map, but here is a list; each task stands under its name: `extract: { operator_type: … }`");
  return undefined;
}

/** What belongs to a task stands beside its name instead of below it. */
function isFlatTask(map: MapNode): boolean {
  return map.entries.some(({ key, value }) => key === "operator_type" && value.kind === "scalar");
}

function countTasks(group: GroupNode): number {
  return group.children.reduce((sum, child) => sum + (child.kind === "task" ? 1 : countTasks(child)), 0);
}

function emptyRoot(nameSpan: Span): GroupNode {
  return { kind: "group", id: "", name: "", nameSpan, defaults: [], children: [] };
}

function parseGroup(entry: Entry, map: MapNode, id: string, report: Report): GroupNode {
  const defaults: Body[] = [];
  const children: (GroupNode | TaskNode)[] = [];
  let description: Entry | undefined;
  if (id === "" && isFlatTask(map)) {
    const at = map.entries.findIndex(({ key }) => key === "operator_type");
    const name = map.entries.slice(0, at).findLast(({ value }) => isNull(value))?.key;
    const place = name === undefined ? "below the name of a task" : `below \`${name}\`, indented further than it`;
    report(
      "wrong-type",
      map.entries[at]?.keySpan ?? entry.keySpan,
      `\`operator_type\` stands among the names of tasks; it belongs ${place}`,
    );
    return { kind: "group", id, name: entry.key, nameSpan: entry.keySpan, defaults, children };
  }
  for (const child of map.entries) {
    if (child.key === "defaults") {
      const body = parseDefaults(child, id === "" ? "`tasks.defaults`" : `\`${id}.defaults\``, report);
      if (body) defaults.push(body);
    } else if (child.key === "description" && child.value.kind === "scalar" && id !== "") description = child;
    else {
      const parsed = parseChild(child, id, report);
      if (parsed) children.push(parsed);
    }
  }
  const name = entry.key;
  if (children.length === 0 && id !== "")
    report("empty-group", entry.keySpan, `group \`${id}\` has no tasks; add one or take the group away`);
  return { kind: "group", id, name, nameSpan: entry.keySpan, ...(description ? { description } : {}), defaults, children };
}

function parseChild(entry: Entry, above: string, report: Report): GroupNode | TaskNode | undefined {
  const id = above === "" ? entry.key : `${above}.${entry.key}`;
  checkName(entry, id, report);
  const { value } = entry;
  if (value.kind !== "map") {
    if (isNull(value)) report("empty-group", entry.keySpan, `\`${id}\` is empty; give it an \`operator_type\`, or tasks of its own`);
    else report("wrong-type", value.span, `\`${id}\` is a task or a group, and so a map, but here is ${describe(value)}`);
    return undefined;
  }
  const named = value.entries.find(({ key }) => key === "operator_type");
  if (named && isNull(named.value)) report("missing-operator-type", named.keySpan, `the \`operator_type\` of task \`${id}\` is empty`);
  if (named) return parseTask(entry, value, id, report);
  if (isGroup(value)) return parseGroup(entry, value, id, report);
  const keys = value.entries.map(({ key }) => key);
  const near = nearest("operator_type", keys) ?? keys.find((key) => key === "operator" || key === "type");
  const script = childOf(childOf(value, "job"), "execution_script");
  const missing = near ? `; is \`${near}\` meant to be it?` : script ? "; one with a script of its own is of `operator_type: job`" : "";
  report("missing-operator-type", entry.keySpan, `task \`${id}\` has no \`operator_type\`${missing}`);
  return parseTask(entry, value, id, report);
}

/** A mapping is a group when all in it are mappings, or empty beside a mapping; its description may be a text. */
function isGroup(map: MapNode): boolean {
  const inner = map.entries.filter(({ key, value }) => key !== "description" || value.kind !== "scalar");
  if (inner.length === 0) return map.entries.length === 0;
  const maps = inner.filter(({ value }) => value.kind === "map");
  if (!inner.every(({ value }) => value.kind === "map" || isNull(value)) || maps.length === 0) return false;
  return !inner.every(({ key }) => taskKeys.includes(key)) || maps.some(({ value }) => holdsTask(value));
}

function holdsTask(node: Node): boolean {
  return node.kind === "map" && node.entries.some(({ key, value }) => key === "operator_type" || holdsTask(value));
}

function parseTask(entry: Entry, map: MapNode, id: string, report: Report): TaskNode {
  return { kind: "task", id, name: entry.key, nameSpan: entry.keySpan, ...parseBody(map, `task \`${id}\``, report) };
}

function parseDefaults(entry: Entry, what: string, report: Report): Body | undefined {
  if (isNull(entry.value)) return undefined;
  const map = readMap(entry.value, what, report);
  return map && parseDefaultsBody(map, what, report);
}

/** The body of a `defaults` map, in a pipeline or in settings, or of a preset; `more` keys have no place in it. */
export function parseDefaultsBody(map: MapNode, what: string, report: Report, more: readonly string[] = []): Body {
  const refused = [...ownKeys, ...more];
  const body = parseBody(map, what, report);
  const keys = new Map(body.keys);
  for (const entry of body.keys.values()) {
    if (!refused.includes(entry.key)) continue;
    keys.delete(entry.key);
    const allowed = taskKeys.filter((key) => !refused.includes(key));
    reportUnknownKey(entry, allowed, what, report);
  }
  return { ...body, keys };
}

function parseBody(map: MapNode, what: string, report: Report): Body {
  const keys = new Map<string, Entry>();
  const params = new Map<string, Entry>();
  const explicit = new Set<string>();
  const add = (entry: Entry) => {
    const first = params.get(entry.key);
    if (first === undefined) params.set(entry.key, entry);
    else {
      const notes = [{ message: "it stands here already", span: first.keySpan }];
      report("duplicate-key", entry.keySpan, `the parameter ${quote(entry.key)} stands twice in ${what}`, { notes });
    }
  };
  for (const given of map.entries) {
    const entry = acceptKey(given, taskKeys, report);
    if (!taskKeys.includes(entry.key)) add(entry);
    else if (refuseLater(entry, report)) continue;
    else if (entry.key !== "params") keys.set(entry.key, entry);
    else if (!isNull(entry.value))
      for (const param of readMap(entry.value, "`params`", report)?.entries ?? []) {
        explicit.add(param.key);
        add(param);
      }
  }
  return { keys, params, explicit };
}

function checkName(entry: Entry, id: string, report: Report): void {
  if (!namePattern.test(entry.key)) {
    const near = entry.key.replace(/[^A-Za-z0-9_-]+/g, "_").replace(/^([^A-Za-z_])/, "_$1");
    const letters = /[^\p{ASCII}]/u.test(entry.key);
    const suggestion = letters ? "; Airflow takes Latin letters only" : didYouMean(namePattern.test(near) ? near : undefined);
    const message = `${quote(entry.key)} is no name of a task or group: letters, digits, \`_\` and \`-\`, and no digit first${suggestion}`;
    report("invalid-name", entry.keySpan, message);
  } else if (id.length > longestId) {
    report("invalid-name", entry.keySpan, `the id \`${id.slice(0, 40)}…\` has ${id.length} characters; Airflow takes ${longestId}`);
  }
}
