/** operator.yaml, read: the interface that checks and editors need, and the job that runs (design §4). */
import type { Span } from "../../protocol/diagnostic.ts";
import type { Effects } from "../../protocol/plan.ts";
import type { JsonSchema } from "../../protocol/schema.ts";
import { nearest } from "../../protocol/suggest.ts";
import { jobKeys, readKeys } from "../parse/keys.ts";
import { childOf, type Entry, isNull, type MapNode, type Node } from "../parse/node.ts";
import { namePattern } from "../parse/pipeline.ts";
import { oneOf, readBoolean, readMap, readString, readStrings, readText } from "../parse/read.ts";
import { didYouMean, quote, type Report } from "../parse/report.ts";
import { type Columns, readColumns } from "./columns.ts";
import { checkJobMap } from "./job.ts";
import { readSchema } from "./schema.ts";

export interface Manifest {
  readonly kind: "manifest";
  readonly name: string;
  readonly description?: string;
  /** Where an editor lists it: `GROUP` of a Python class. */
  readonly group?: string;
  /** Where `operator.yaml` lies; a built-in has no folder. */
  readonly file: string;
  readonly folder?: string;
  /** Of a built-in: what changes when it does something else to the same data. */
  readonly version?: string;
  readonly params: ReadonlyMap<string, Parameter>;
  readonly inputs: ReadonlyMap<string, InputPort>;
  readonly outputs: ReadonlyMap<string, OutputPort>;
  /** Merged under what the task says. */
  readonly job?: MapNode;
  readonly effects?: Effects;
  /** Parts of the interface that nobody declared: there it takes what its task gives. */
  readonly free?: readonly FreePart[];
  /** The manifest could not be read whole: nothing is said about what it may lack. */
  readonly broken: boolean;
}

export type FreePart = "params" | "inputs" | "outputs";

export interface Parameter {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  readonly span: Span;
  /** Where its default is written. */
  readonly defaultSpan?: Span;
}

export interface InputPort {
  readonly name: string;
  /** `any`, or the accepted types. */
  readonly types: readonly string[];
  readonly optional: boolean;
  readonly many: boolean;
  /** Those that it needs. */
  readonly columns?: Columns;
  readonly span: Span;
  readonly typeSpan: Span;
}

export interface OutputPort {
  readonly name: string;
  readonly type: string;
  /** All that it has, when it says so. */
  readonly columns?: Columns;
  readonly span: Span;
  readonly typeSpan: Span;
}

/** The keys of a job's file, with what an editor says of each. */
export const aboutJobFile = {
  version: "Changes when the operator does something else to the same data, so that the cache is not used.",
  description: "What it does, in a sentence.",
  params: "Parameters by name, each a JSON Schema.",
  required: "Parameters that must be given; without this list, all that have no default.",
  inputs: "Ports that take an artifact, by name: a type, or a map with `type`.",
  outputs: "Ports that give an artifact, by name: a type, or a map with `type`.",
  job: "How it runs, here and on the server.",
  effects: "none: same inputs, same outputs; reads: looks at the outside world; writes: changes it. The cache goes by it.",
};

/** The keys of operator.yaml. */
export const aboutManifest = { operator: "Name of the operator: that of its folder.", ...aboutJobFile };
const manifestKeys = Object.keys(aboutManifest);

export const aboutOutput = {
  type: "Kind of file, such as csv; an input may take several (csv|parquet) or any.",
  description: "What is in it.",
  columns: "Columns of a table, each with its type: an output has them, an input needs them.",
};

export const aboutInput = {
  ...aboutOutput,
  optional: "It may be left without an artifact.",
  many: "It takes a list of artifacts.",
};

export const effectKinds: readonly Effects[] = ["none", "reads", "writes"];
const later = ["checks"];

/** `operator_type: job`: a task that brings its own script. */
export const inlineJob: Manifest = {
  kind: "manifest",
  name: "job",
  description: "A script of the task's own, under `job:`; every key is a parameter, `inputs` names any ports, `outputs` those it writes.",
  file: "builtin/job/operator.yaml",
  params: new Map(),
  inputs: new Map(),
  outputs: new Map(),
  free: ["params", "inputs", "outputs"],
  broken: false,
};

/** A manifest of which only the name is known, since its text is broken. */
export function brokenManifest(name: string, file: string): Manifest {
  return { kind: "manifest", name, file, params: new Map(), inputs: new Map(), outputs: new Map(), broken: true };
}

/** `folder` is that of the file, or undefined for a built-in; `name` is the folder's own. */
export function readManifest(root: Node, name: string, file: string, folder: string | undefined, report: Report): Manifest {
  const map = readMap(root, "an operator", report);
  if (map === undefined) return brokenManifest(name, file);
  const what = `operator \`${name}\``;
  return readOperator(readKeys(map, manifestKeys, what, report), what, name, file, folder, report);
}

/** A job's file: an operator that has no name of its own, and may leave its interface to who launches it. */
export function readJobFile(root: Node, name: string, file: string, folder: string, report: Report): Manifest {
  const what = `\`${name}\``;
  const map = readMap(root, `the job's file ${what}`, report);
  if (map === undefined) return brokenManifest(name, file);
  const keys = readKeys(map, Object.keys(aboutJobFile), what, report);
  if (!keys.has("job") && !map.entries.some(({ key }) => jobKeys.includes(key))) {
    report(
      "missing-key",
      { file, start: map.span.start, end: map.span.start },
      `${what} has no \`job:\`, which holds its \`execution_script\``,
    );
  }
  if (!keys.has("job")) return brokenManifest(name, file);
  const free = (["params", "inputs", "outputs"] as const).filter((part) => !keys.has(part));
  return { ...readOperator(keys, what, name, file, folder, report), free };
}

function readOperator(
  keys: ReadonlyMap<string, Entry>,
  what: string,
  name: string,
  file: string,
  folder: string | undefined,
  report: Report,
): Manifest {
  const read = <T>(key: string, reader: (node: Node, what: string, report: Report) => T | undefined): T | undefined => {
    const entry = keys.get(key);
    return entry && reader(entry.value, `\`${key}\` of ${what}`, report);
  };
  const said = keys.get("operator");
  const text = read("operator", readString);
  if (said && text !== undefined && text !== name) {
    const notes = [{ message: "an operator is found by the name of its folder" }];
    report("invalid-name", said.value.span, `the operator in ${folder ?? file} is named \`${name}\`, not ${quote(text)}`, { notes });
  }
  const description = read("description", readString);
  const version = read("version", readText);
  const effects = read("effects", oneOf(effectKinds));
  const job = keys.get("job");
  const jobMap = job && !isNull(job.value) ? readMap(job.value, `\`job\` of ${what}`, report) : undefined;
  return {
    kind: "manifest",
    name,
    ...(description === undefined ? {} : { description }),
    file,
    ...(folder === undefined ? {} : { folder }),
    ...(version === undefined ? {} : { version }),
    params: readParameters(keys.get("params"), keys.get("required"), what, report),
    inputs: readPorts(keys.get("inputs"), "input", what, report, readInput),
    outputs: readOutputs(keys.get("outputs"), what, report),
    ...(jobMap ? { job: checkJobMap(jobMap, report) } : {}),
    ...(effects === undefined ? {} : { effects }),
    broken: false,
  };
}

/** Without `required`, every parameter that has no default is required; with it, those that it lists. */
export function readParameters(
  params: Entry | undefined,
  required: Entry | undefined,
  what: string,
  report: Report,
): ReadonlyMap<string, Parameter> {
  const map = params && !isNull(params.value) ? readMap(params.value, `\`params\` of ${what}`, report) : undefined;
  const listed = required && readStrings(required.value, `\`required\` of ${what}`, report);
  const names = map?.entries.map(({ key }) => key) ?? [];
  for (const name of listed ?? []) {
    if (names.includes(name) || required === undefined) continue;
    const message = `\`required\` of ${what} names the parameter ${quote(name)}, which it does not have${didYouMean(nearest(name, names))}`;
    report("unknown-parameter", required.value.span, message);
  }
  const read = (map?.entries ?? []).flatMap(({ key, keySpan, value }): [string, Parameter][] => {
    checkInnerName(key, keySpan, "parameter", report);
    const schema = readSchema(value, `parameter \`${key}\``, report);
    if (schema === undefined) return [];
    const needed = listed === undefined ? schema.default === undefined : listed.includes(key) && schema.default === undefined;
    const usual = childOf(value, "default");
    return [[key, { name: key, schema, required: needed, span: keySpan, ...(usual ? { defaultSpan: usual.span } : {}) }]];
  });
  return new Map(read);
}

/** What stands under `outputs`. */
export function readOutputs(entry: Entry | undefined, what: string, report: Report): ReadonlyMap<string, OutputPort> {
  return readPorts(entry, "output", what, report, readOutput);
}

function readPorts<T>(
  entry: Entry | undefined,
  kind: "input" | "output",
  what: string,
  report: Report,
  read: (entry: Entry, label: string, keys: ReadonlyMap<string, Entry>, type: string, typeSpan: Span, report: Report) => T,
): ReadonlyMap<string, T> {
  const map = entry && !isNull(entry.value) ? readMap(entry.value, `\`${kind}s\` of ${what}`, report) : undefined;
  const ports = new Map<string, T>();
  for (const port of map?.entries ?? []) {
    const label = `${kind} \`${port.key}\` of ${what}`;
    checkInnerName(port.key, port.keySpan, "port", report);
    if (port.value.kind === "scalar") {
      const type = readString(port.value, label, report);
      ports.set(port.key, read(port, label, new Map(), type ?? "any", port.value.span, report));
      continue;
    }
    const keys = readMap(port.value, label, report);
    if (keys === undefined) continue;
    const known = readPortKeys(keys, kind, label, report);
    const type = known.get("type");
    if (type === undefined) report("missing-key", port.keySpan, `${label} has no \`type\`; say which kind of file it is, such as csv`);
    const name = type && readString(type.value, `\`type\` of ${label}`, report);
    ports.set(port.key, read(port, label, known, name ?? "any", type?.value.span ?? port.keySpan, report));
  }
  return ports;
}

function readPortKeys(map: MapNode, kind: "input" | "output", label: string, report: Report): ReadonlyMap<string, Entry> {
  const allowed = Object.keys(kind === "input" ? aboutInput : aboutOutput);
  const refused = map.entries.filter(({ key }) => later.includes(key));
  for (const { key, keySpan } of refused) {
    report("not-yet", keySpan, `\`${key}\` of ${label} is not read yet: it comes with a later version of Tradewind`);
  }
  const rest = { ...map, entries: map.entries.filter((entry) => !refused.includes(entry)) };
  const keys = readKeys(rest, allowed, label, report);
  const description = keys.get("description");
  if (description) readString(description.value, `\`description\` of ${label}`, report);
  return keys;
}

function readInput(entry: Entry, label: string, keys: ReadonlyMap<string, Entry>, type: string, typeSpan: Span, report: Report): InputPort {
  const flag = (key: string) => {
    const found = keys.get(key);
    return (found && readBoolean(found.value, `\`${key}\` of ${label}`, report)) ?? false;
  };
  const types = type.split("|").map((one) => one.trim());
  return {
    name: entry.key,
    types: types.includes("any") ? ["any"] : types,
    optional: flag("optional"),
    many: flag("many"),
    ...columnsOf(keys, types, label, report),
    span: entry.keySpan,
    typeSpan,
  };
}

function readOutput(
  entry: Entry,
  label: string,
  keys: ReadonlyMap<string, Entry>,
  type: string,
  typeSpan: Span,
  report: Report,
): OutputPort {
  if (type === "any" || type.includes("|")) {
    report("invalid-value", typeSpan, `${label} has one type, such as csv; ${quote(type)} is for inputs`);
  }
  return { name: entry.key, type, ...columnsOf(keys, [type], label, report), span: entry.keySpan, typeSpan };
}

function columnsOf(keys: ReadonlyMap<string, Entry>, types: readonly string[], label: string, report: Report): { columns?: Columns } {
  const entry = keys.get("columns");
  const columns = entry && readColumns(entry, types, label, report);
  return columns === undefined ? {} : { columns };
}

export function checkInnerName(name: string, span: Span, what: string, report: Report): void {
  if (namePattern.test(name)) return;
  report("invalid-name", span, `${quote(name)} is no name of a ${what}: letters, digits, \`_\` and \`-\`, and no digit first`);
}
