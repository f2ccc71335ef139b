/** `interface:` of a pipeline: what it takes and gives when it is used as an operator. */
import type { Span } from "../../protocol/diagnostic.ts";
import { type InputPort, type Manifest, type OutputPort, readParameters } from "../catalog/manifest.ts";
import { aboutInterface, readKeys } from "../parse/keys.ts";
import { childOf, describe, type Entry, isNull, type Node } from "../parse/node.ts";
import type { GroupNode, PipelineDocument, TaskNode } from "../parse/pipeline.ts";
import { readMap } from "../parse/read.ts";
import { quote, type Report } from "../parse/report.ts";
import type { TaskFacts } from "./task.ts";

/** A port of a task inside, by the task's id in the pipeline that is compiled. */
export interface InnerPort {
  readonly task: string;
  readonly port: string;
}

/** Where the ports of the interface lead. */
export interface Wiring {
  readonly inputs: ReadonlyMap<string, readonly InnerPort[]>;
  readonly outputs: ReadonlyMap<string, InnerPort>;
}

const interfaceKeys = Object.keys(aboutInterface);

/** The values that `${params.x}` has inside: those that are given, and the defaults; undefined where there is neither. */
export function paramNodes(document: PipelineDocument, given: (name: string) => Node | undefined): ReadonlyMap<string, Node | undefined> {
  const params = childOf(document.interface?.value, "params");
  const entries = params?.kind === "map" ? params.entries : [];
  return new Map(entries.map(({ key, value }) => [`params.${key}`, given(key) ?? childOf(value, "default")]));
}

/** True when nothing must be given to it, or it has a schedule and so is meant to run by itself. */
export function standsAlone(document: PipelineDocument): boolean {
  if (document.interface === undefined) return true;
  if (document.dag.size === 0) return false;
  const schedule = document.dag.get("schedule");
  if (schedule && !isNull(schedule.value)) return true;
  const inputs = childOf(document.interface.value, "inputs");
  const bound = (inputs?.kind === "map" ? inputs.entries : []).every(({ value }) => {
    return textsOf(value).every((text) => {
      const [task = "", port = ""] = text.split(":");
      return childOf(findTask(document.root, task)?.keys.get("inputs")?.value, port) !== undefined;
    });
  });
  return bound && [...paramNodes(document, () => undefined).values()].every((node) => node !== undefined);
}

function findTask(group: GroupNode, id: string): TaskNode | undefined {
  for (const child of group.children) {
    const found = child.kind === "task" ? (child.id === id ? child : undefined) : findTask(child, id);
    if (found) return found;
  }
  return undefined;
}

function textsOf(node: Node): readonly string[] {
  const items = node.kind === "list" ? node.items : [node];
  return items.flatMap((item) => (item.kind === "scalar" && typeof item.value === "string" ? [item.value] : []));
}

/** The parameters alone, which are known before anything inside is. */
export function readInterfaceParams(document: PipelineDocument, name: string, report: Report): Manifest["params"] {
  const keys = interfaceEntries(document, report);
  return readParameters(keys.get("params"), undefined, `\`${name}\``, report);
}

function interfaceEntries({ interface: said }: PipelineDocument, report: Report): ReadonlyMap<string, Entry> {
  const map = said && !isNull(said.value) ? readMap(said.value, "`interface`", report) : undefined;
  return map ? readKeys(map, interfaceKeys, "`interface`", report) : new Map();
}

/** The pipeline as an operator. `inside` finds a task by its id there; the ports have the types of those that they lead to. */
export function readInterface(
  document: PipelineDocument,
  name: string,
  params: Manifest["params"],
  inside: (id: string) => TaskFacts | undefined,
  report: Report,
): { readonly manifest: Manifest; readonly wiring: Wiring } {
  const keys = interfaceEntries(document, () => {});
  const entriesOf = (key: string) => {
    const entry = keys.get(key);
    const map = entry && !isNull(entry.value) ? readMap(entry.value, `\`interface.${key}\``, report) : undefined;
    return map?.entries ?? [];
  };
  const inputs = new Map<string, InputPort>();
  const outputs = new Map<string, OutputPort>();
  const inputWires = new Map<string, readonly InnerPort[]>();
  const outputWires = new Map<string, InnerPort>();
  for (const { key, keySpan, value } of entriesOf("inputs")) {
    const ends = findEnds(value, `\`interface.inputs.${key}\``, inside, report).flatMap(({ task, port, span }) => {
      const found = operatorOf(task)?.inputs.get(port);
      if (found === undefined && operatorOf(task)) reportPort(task, port, "input", span, report);
      return found ? [{ task, found }] : [];
    });
    inputWires.set(
      key,
      ends.map(({ task, found }) => ({ task: task.id, port: found.name })),
    );
    const [first] = ends;
    const optional = ends.every(({ task, found }) => found.optional || childOf(task.inputsNode, found.name) !== undefined);
    const types = first?.found.types ?? ["any"];
    inputs.set(key, {
      name: key,
      types,
      optional,
      many: ends.length > 0 && ends.every(({ found }) => found.many),
      span: keySpan,
      typeSpan: value.span,
    });
  }
  for (const { key, keySpan, value } of entriesOf("outputs")) {
    const [end, ...more] = findEnds(value, `\`interface.outputs.${key}\``, inside, report);
    if (more.length > 0) report("wrong-type", value.span, `\`interface.outputs.${key}\` is one task's output, but here are several`);
    const found = end && operatorOf(end.task)?.outputs.get(end.port);
    if (end && !found && operatorOf(end.task)) reportPort(end.task, end.port, "output", end.span, report);
    if (end && !end.task.enabled)
      report("disabled-input", end.span, `\`interface.outputs.${key}\` comes from \`${end.task.id}\`, which is not enabled`);
    if (end && found) outputWires.set(key, { task: end.task.id, port: end.port });
    if (end && found) outputs.set(key, { name: key, type: found.type, span: keySpan, typeSpan: value.span });
  }
  const manifest: Manifest = { kind: "manifest", name, file: document.file, folder: "pipelines", params, inputs, outputs, broken: false };
  return { manifest, wiring: { inputs: inputWires, outputs: outputWires } };
}

function operatorOf({ operator }: TaskFacts): Manifest | undefined {
  return operator?.found?.kind === "manifest" && !operator.found.broken ? operator.found : undefined;
}

interface End {
  readonly task: TaskFacts;
  readonly port: string;
  readonly span: Span;
}

function findEnds(node: Node, what: string, inside: (id: string) => TaskFacts | undefined, report: Report): readonly End[] {
  return (node.kind === "list" ? node.items : [node]).flatMap((item) => {
    const text = item.kind === "scalar" && typeof item.value === "string" ? item.value : undefined;
    const [id = "", port] = text?.split(":") ?? [];
    if (text === undefined || port === undefined) {
      const here = text === undefined ? describe(item) : quote(text);
      report("wrong-type", item.span, `${what} is a port of a task inside, such as \`score:data\`, but here is ${here}`);
      return [];
    }
    const task = inside(id);
    if (task === undefined) report("unknown-task", item.span, `${what} names the task ${quote(id)}, which does not exist in this pipeline`);
    return task ? [{ task, port, span: item.span }] : [];
  });
}

function reportPort(task: TaskFacts, port: string, kind: "input" | "output", span: Span, report: Report): void {
  const names = [...(operatorOf(task)?.[`${kind}s`].keys() ?? [])];
  const has = names.length === 0 ? `it has no ${kind}s` : `it has ${names.join(", ")}`;
  report("unknown-port", span, `task \`${task.name}\` has no ${kind} ${quote(port)}; ${has}`);
}
