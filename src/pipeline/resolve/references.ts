/** Names of tasks and groups, and what stands in `needs` and `inputs`. */
import type { Span } from "../../protocol/diagnostic.ts";
import { describe, type Node } from "../parse/node.ts";
import { readMap } from "../parse/read.ts";
import type { Report } from "../parse/report.ts";
import { joinPath } from "./job.ts";
import type { GivenInput, Reference, Source, Unresolved } from "./pipeline.ts";
import type { TaskFacts } from "./task.ts";

/** All tasks and groups of a pipeline by id. */
export interface Names {
  readonly tasks: ReadonlyMap<string, TaskFacts>;
  /** Of each group the tasks in it, at any depth. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Those groups that are one task with `for_each`: what goes for it goes for each. */
  readonly families: ReadonlyMap<string, readonly string[]>;
  /** Those tasks whose operator is a pipeline. */
  readonly uses: ReadonlyMap<string, unknown>;
}

const name = "[A-Za-z_][A-Za-z0-9_-]*";
const form = new RegExp(`^(?<path>${name}(?:\\.${name})*)(?::(?<port>${name}))?$`);

/** Looked up from the own group outwards to the root of the own pipeline. */
function findName(text: string, { group, scope: root }: Inside, names: Names): Reference["target"] {
  for (let scope = group; ; scope = scope.slice(0, Math.max(0, scope.lastIndexOf(".")))) {
    const id = scope === "" ? text : `${scope}.${text}`;
    if (isHidden(id, root, names)) return undefined;
    if (names.tasks.has(id)) return { kind: "task", id };
    if (names.groups.has(id)) return { kind: "group", id };
    if (scope === root) return undefined;
  }
}

/** What is inside of a pipeline that is used as an operator is seen only there. */
function isHidden(id: string, root: string, { uses }: Names): boolean {
  if (uses.size === 0) return false;
  for (let end = id.lastIndexOf("."); end > root.length; end = id.lastIndexOf(".", end - 1)) if (uses.has(id.slice(0, end))) return true;
  return false;
}

type Inside = Pick<TaskFacts, "group" | "scope">;

export function readNeeds(node: Node | undefined, place: Inside, names: Names, report: Report): readonly Reference[] {
  if (node === undefined) return [];
  const items = node.kind === "list" ? node.items : [node];
  return items.flatMap((item) => {
    if (item.kind !== "scalar" || typeof item.value !== "string") {
      report("wrong-type", item.span, `\`needs\` lists names of tasks and groups, but here is ${describe(item)}`);
      return [];
    }
    const target = findName(item.value, place, names);
    return [{ text: item.value, span: item.span, ...(target ? { target } : {}) }];
  });
}

export function readInputs(node: Node | undefined, place: Inside, names: Names, report: Report): readonly GivenInput[] {
  const map = node && readMap(node, "`inputs`", report);
  return (map?.entries ?? []).map(({ key, keySpan, value }) => {
    const items = value.kind === "list" ? value.items : [value];
    const sources = items.flatMap((item) => {
      if (item.kind === "scalar" && typeof item.value === "string") return readSource(item.value, item.span, place, names);
      report("wrong-type", item.span, `input \`${key}\` is a task's output or a path, but here is ${describe(item)}`);
      return [];
    });
    return { port: key, keySpan, listed: value.kind === "list", sources };
  });
}

/** The outputs of a task's operator; undefined when nothing is known of them. */
export function outputsOf(task: TaskFacts): ReadonlyMap<string, { readonly type: string }> | undefined {
  const found = task.operator?.found;
  if (found === undefined || (found.kind === "manifest" && found.broken)) return undefined;
  return found.kind === "manifest" ? found.outputs : new Map();
}

/** Several when the name stands for a family. */
function readSource(text: string, span: Span, place: Inside, names: Names): readonly Source[] {
  const none = (why: Unresolved): readonly Source[] => [{ kind: "none", text, span, why }];
  if (text.startsWith("/")) return [{ kind: "path", text, span, path: text }];
  if (text.startsWith("./")) {
    const path = joinPath("", text);
    return path === undefined || path === "" ? none({ kind: "outside" }) : [{ kind: "file", text, span, path }];
  }
  if (/^(data|models)\//.test(text) || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return none({ kind: "later" });
  const match = form.exec(text);
  if (match === null) return none({ kind: "form" });
  const { path = "", port } = match.groups ?? {};
  const target = findName(path, place, names);
  if (target === undefined) return none({ kind: "unknown-task" });
  const family = names.families.get(target.id);
  if (family) return family.flatMap((id) => readOutput(id, port, text, span, names));
  if (target.kind === "group") return none({ kind: "group", id: target.id });
  return [readOutput(target.id, port, text, span, names)];
}

function readOutput(id: string, port: string | undefined, text: string, span: Span, names: Names): Source {
  const none = (why: Unresolved): Source => ({ kind: "none", text, span, why });
  const task = names.tasks.get(id);
  if (task === undefined) return none({ kind: "unknown-task" });
  if (!task.enabled) return none({ kind: "disabled", task: task.id });
  const outputs = outputsOf(task);
  if (outputs === undefined) return none({ kind: "silent" });
  if (port !== undefined) {
    const output = outputs.get(port);
    if (output === undefined) return none({ kind: "unknown-port", task: task.id, port, ports: [...outputs.keys()] });
    return { kind: "output", text, span, task: task.id, port, type: output.type };
  }
  const [only, ...others] = outputs;
  if (only === undefined) return none({ kind: "no-ports", task: task.id });
  if (others.length > 0) return none({ kind: "ambiguous", task: task.id, ports: [...outputs.keys()] });
  return { kind: "output", text, span, task: task.id, port: only[0], type: only[1].type };
}
