/**
 * Operators of the Python files in an `operators` folder (design §4), read without running them. A class with ports, or with
 * `execute(inputs, outputs)`, becomes a manifest like any other, whose job is the runner in python/. A subclass of Airflow's
 * BaseOperator stays Airflow's.
 */
import type { Diagnostic } from "../../../protocol/diagnostic.ts";
import type { Json } from "../../../protocol/json.ts";
import type { Effects } from "../../../protocol/plan.ts";
import type { JsonSchema } from "../../../protocol/schema.ts";
import { nearest } from "../../../protocol/suggest.ts";
import type { Entry, MapNode, Node } from "../../parse/node.ts";
import { didYouMean, type Report, reportTo } from "../../parse/report.ts";
import type { File } from "../../parse/workspace.ts";
import type { AirflowIndex } from "../../sources.ts";
import type { AirflowClass } from "../airflow.ts";
import { findIndexed } from "../airflow-index.ts";
import { namesConnection } from "../connection-name.ts";
import type { Manifest, Parameter } from "../manifest.ts";
import { paramSchema } from "./annotation.ts";
import { evaluate } from "./constant.ts";
import { type Doc, readDoc } from "./docstring.ts";
import type { Expression } from "./expression.ts";
import { type Ancestor, type OutsideBase, PythonFiles, type PythonText } from "./files.ts";
import { type Constructor, flatten } from "./flatten.ts";
import type { Module, PythonClass } from "./module.ts";
import { readInputs, readOutputs, spanOf } from "./ports.ts";
import { type ConstructorParam, pathOf } from "./signature.ts";

export interface PythonFolder {
  /** `operators` or `projects/<project>/operators`. */
  readonly path: string;
  readonly files: readonly File[];
  /** There is a requirements.txt beside the files. */
  readonly requirements: boolean;
}

export interface PythonOperator {
  /** Name of the class. */
  readonly name: string;
  /** `file.Class`, for when two files have a class of one name. */
  readonly qualified: string;
  readonly operator: Manifest | AirflowClass;
}

export interface PythonOperators {
  /** In the order of the files and of their classes. */
  readonly operators: readonly PythonOperator[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Characters; as for every other text. */
const largest = 1_000_000;

/** Changes when the runner begins to call a class in another way, so that the cache does not give out what the old one made. */
const runnerVersion = "1";

export function readPythonOperators(folder: PythonFolder, index: () => AirflowIndex | undefined): PythonOperators {
  const diagnostics: Diagnostic[] = [];
  const report = reportTo(diagnostics);
  const texts = new Map<string, PythonText>();
  for (const { path, text } of folder.files) {
    const start = { file: path, start: 0, end: 0 };
    if (typeof text !== "string") report("unreadable-file", start, `${path} ${text.problem}`);
    else if (text.length > largest)
      report("file-too-large", start, `${path} has more than a million characters, and is not read as operators`);
    else texts.set(moduleName(path), { module: moduleName(path), file: path, text });
  }
  // The runner gives the folder both names: `from base import X`, `from .base import X` and `from operators.base import X` are one.
  const plain = (module: string) => module.replace(/^operators\./, "");
  const files = new PythonFiles({
    read: (module) => texts.get(plain(module)),
    has: (module) => module === "operators" || texts.has(plain(module)),
  });
  const operators: PythonOperator[] = [];
  const inherited = ancestorsIn(files, [...texts.keys()]);
  for (const name of texts.keys()) {
    const module = files.module(name);
    if (module === undefined) continue;
    if (module.fault !== undefined) {
      const at = { file: module.file, start: module.fault, end: module.fault };
      report("python-syntax", at, `Python cannot read ${module.file} from here on; what it holds is not known for sure`);
    }
    for (const found of module.classes.values()) {
      // What others are made of need not run by itself.
      const partial = inherited.has(found) && executeOf(files.order(found)) === undefined;
      if (found.name.startsWith("_") || partial) continue;
      // What is said of a broken file would mostly be of what the fault hides.
      const silent: Report = () => {};
      const operator = readOperator(found, { folder, files, index, report: module.fault === undefined ? report : silent });
      if (operator) operators.push({ name: found.name, qualified: `${module.name}.${found.name}`, operator });
    }
  }
  return { operators, diagnostics };
}

/** The classes that others in the files inherit from. */
function ancestorsIn(files: PythonFiles, modules: readonly string[]): ReadonlySet<PythonClass> {
  const classes = modules.flatMap((name) => [...(files.module(name)?.classes.values() ?? [])]);
  return new Set(
    classes.flatMap((found) =>
      files
        .order(found)
        .slice(1)
        .flatMap((ancestor) => (ancestor.kind === "class" ? ancestor.found : [])),
    ),
  );
}

function moduleName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1, -".py".length);
}

interface Scope {
  readonly folder: PythonFolder;
  readonly files: PythonFiles;
  readonly index: () => AirflowIndex | undefined;
  readonly report: Report;
}

function readOperator(found: PythonClass, scope: Scope): Manifest | AirflowClass | undefined {
  const order = scope.files.order(found);
  if (isAbstract(found, order, scope.files)) return undefined;
  const base = order.find((ancestor): ancestor is OutsideBase => ancestor.kind === "outside" && isAirflow(ancestor.path));
  const ported = ["INPUTS", "OUTPUTS"].some((name) => scope.files.attribute(found, name) !== undefined);
  if (base) {
    if (ported) {
      const message = `class \`${found.name}\` is one of Airflow's operators, which have no ports; take ${base.path} away, or INPUTS and OUTPUTS`;
      scope.report("python-operator", spanOf(found, found.module), message);
    }
    return readAirflow(found, order, scope);
  }
  if (!ported && !takesPorts(order)) return undefined;
  return readPlain(found, order, scope);
}

/** Of airflow or of a company's own package: what is called an operator or a sensor is one. */
function isAirflow(path: string): boolean {
  return /(^|\.)\w*(Operator|Sensor|Transfer)(Async)?$/.test(path) && path.includes(".");
}

function isAbstract(found: PythonClass, order: readonly Ancestor[], files: PythonFiles): boolean {
  const seen = new Set<string>();
  for (const ancestor of order) {
    if (ancestor.kind !== "class") continue;
    for (const [name, method] of ancestor.found.methods) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (method.decorators.some((one) => /^(abc\.)?abstract\w+$/.test(pathOf(one, ancestor.found.module, files) ?? ""))) return true;
    }
  }
  return found.bases.some((base) => /^(abc\.ABC|typing\.Protocol)$/.test(pathOf(base, found.module, files) ?? ""));
}

function executeOf(order: readonly Ancestor[]) {
  return order.flatMap((ancestor) => (ancestor.kind === "class" ? (ancestor.found.methods.get("execute") ?? []) : []))[0];
}

function takesPorts(order: readonly Ancestor[]): boolean {
  const names = executeOf(order)?.params.map(({ name }) => name) ?? [];
  return names[1] === "inputs" && names[2] === "outputs";
}

function readPlain(found: PythonClass, order: readonly Ancestor[], scope: Scope): Manifest {
  const { files, folder, report } = scope;
  const { module } = found;
  const made = flatten(order, files);
  const inputs = readInputs(found, files, report);
  const outputs = readOutputs(found, files, report);
  const sound = [checkBases(found, order, made, report), checkExecute(found, order, report), checkConstructor(made, found, report)];
  const docs = docsOf(order, made);
  const description = docs[0]?.summary;
  const group = textOf(found, "GROUP", scope);
  const effects = effectsOf(found, scope);
  return {
    kind: "manifest",
    name: found.name,
    ...(description === undefined ? {} : { description }),
    ...(group === undefined ? {} : { group }),
    file: module.file,
    folder: folder.path,
    version: `python-${runnerVersion}`,
    params: readParams(made.params, docs, scope, `class \`${found.name}\``),
    inputs: inputs ?? new Map(),
    outputs: outputs ?? new Map(),
    job: jobOf(found, scope),
    ...(effects === undefined ? {} : { effects }),
    broken: inputs === undefined || outputs === undefined || sound.includes(false) || module.fault !== undefined,
  };
}

/** A base that is not here matters only when what it takes or does is asked for. */
function checkBases(found: PythonClass, order: readonly Ancestor[], { outside }: Constructor, report: Report): boolean {
  const missing = order.find(
    (ancestor): ancestor is OutsideBase =>
      ancestor.kind === "outside" &&
      (!ancestor.named || ancestor === outside || (executeOf(order) === undefined && !isKnown(ancestor.path))),
  );
  if (missing === undefined || (missing === outside && isKnown(missing.path))) return true;
  const what = missing.path === "" ? "a base" : `the base \`${missing.path}\``;
  const message = `${what} of class \`${found.name}\` is not in this folder, so what it takes cannot be read; put its file beside this one, or write \`__init__\` and \`execute\` here`;
  report("python-operator", { file: missing.file, start: missing.from, end: missing.to }, message);
  return false;
}

/** Bases outside that bring neither parameters nor `execute`. */
function isKnown(path: string): boolean {
  return /^(pydantic\.|pydantic_settings\.|abc\.ABC$|typing\.|typing_extensions\.|object$|ABC$|Generic$|Protocol$)/.test(path);
}

function checkExecute(found: PythonClass, order: readonly Ancestor[], report: Report): boolean {
  const execute = executeOf(order);
  if (execute === undefined) {
    if (order.some((ancestor) => ancestor.kind === "outside" && !isKnown(ancestor.path))) return true;
    const message = `class \`${found.name}\` has no method \`execute(self, inputs, outputs)\`, which is what runs`;
    report("python-operator", spanOf(found, found.module), message);
    return false;
  }
  const own = execute.params.slice(1).filter(({ kind }) => kind === "positional" || kind === "positional-only");
  const open = execute.params.some(({ kind }) => kind === "list");
  const needed = execute.params.slice(1).filter(({ kind, value }) => kind !== "list" && kind !== "map" && value === undefined);
  if ((own.length >= 2 || open) && needed.length <= 2 && needed.every((param) => own.indexOf(param) < 2)) return true;
  const owner = order.find((ancestor) => ancestor.kind === "class" && ancestor.found.methods.get("execute") === execute);
  const { module } = owner?.kind === "class" ? owner.found : found;
  report(
    "python-operator",
    spanOf(execute, module),
    `\`execute\` of class \`${found.name}\` is called with two arguments: \`execute(self, inputs, outputs)\``,
  );
  return false;
}

function checkConstructor(made: Constructor, found: PythonClass, report: Report): boolean {
  const bad = made.params.find(({ kind }) => kind === "positional-only");
  if (bad) {
    const message = `parameter \`${bad.name}\` of class \`${found.name}\` can be given by position only, and parameters are given by name; take the \`/\` away`;
    report("python-operator", spanOf(bad, bad.owner.module), message);
  }
  return bad === undefined;
}

/** The class's own docstring first, then those of its constructors and ancestors. */
function docsOf(order: readonly Ancestor[], made: Constructor): readonly Doc[] {
  const own = order.flatMap((ancestor) => (ancestor.kind === "class" ? (ancestor.found.doc ?? []) : []));
  return [...own, ...made.methods.flatMap(({ doc }) => doc ?? [])].map(readDoc);
}

function readParams(
  params: readonly ConstructorParam[],
  docs: readonly Doc[],
  { files, report }: Scope,
  what: string,
): ReadonlyMap<string, Parameter> {
  return new Map(
    params.map((param): [string, Parameter] => {
      const { name, required, owner } = param;
      const span = spanOf(param, owner.module);
      const { schema, unknown } = paramSchema(param, files);
      if (unknown && required) {
        const type = param.annotation ? owner.module.text.slice(param.annotation.from, param.annotation.to) : "";
        const message = `parameter \`${name}\` of ${what} is a \`${type}\`, which no value of YAML is; make it an input, or give it a default`;
        report("python-type", span, message);
      }
      const said = docs.map((doc) => doc.params.get(name) ?? doc.params.get(param.attribute ?? name)).find((text) => text !== undefined);
      const described: JsonSchema = schema.description === undefined && said !== undefined ? { ...schema, description: said } : schema;
      const written = param.given ? { defaultSpan: spanOf(param.given, owner.module) } : {};
      return [name, { name, schema: connection(name, described), required, span, ...written }];
    }),
  );
}

function connection(name: string, schema: JsonSchema): JsonSchema {
  if (!namesConnection(name) || !(schema.type === undefined || schema.type === "string") || schema.enum || schema.anyOf) return schema;
  return { ...schema, type: "connection" };
}

function textOf(found: PythonClass, attribute: string, { files }: Scope): string | undefined {
  const given = files.attribute(found, attribute);
  const value = given && evaluate(given.value, given.module, files);
  return typeof value === "string" ? value : undefined;
}

function effectsOf(found: PythonClass, scope: Scope): Effects | undefined {
  const given = scope.files.attribute(found, "EFFECTS");
  if (given === undefined) return undefined;
  const text = textOf(found, "EFFECTS", scope);
  const known = (["none", "reads", "writes"] as const).find((effects) => effects === text);
  if (known !== undefined) return known;
  const near = didYouMean(text === undefined ? undefined : nearest(text, ["none", "reads", "writes"]));
  scope.report(
    "python-operator",
    spanOf(given.value, given.module),
    `\`EFFECTS\` of class \`${found.name}\` is "none", "reads" or "writes"${near}`,
  );
  return undefined;
}

/** The runner's command, the folder's code, and what `JOB = {"docker_image": …}` says. */
function jobOf(found: PythonClass, scope: Scope): MapNode {
  const { module } = found;
  const span = spanOf(found, module);
  const scalar = (text: string): Node => ({ kind: "scalar", value: text, text, span });
  const entries: Entry[] = [
    { key: "execution_script", keySpan: span, value: scalar(`exec python3 "$TRADEWIND_RUNNER" ${module.name}:${found.name}`) },
    { key: "code", keySpan: span, value: scalar("*") },
  ];
  if (scope.folder.requirements) entries.push({ key: "requirements", keySpan: span, value: scalar("requirements.txt") });
  const given = scope.files.attribute(found, "JOB");
  const said = given && toNode(given.value, given.module, scope.files);
  if (said?.kind === "map") {
    const names = new Set(said.entries.map(({ key }) => key));
    return { kind: "map", entries: [...entries.filter(({ key }) => !names.has(key)), ...said.entries], span };
  }
  if (given) {
    const message = `\`JOB\` of class \`${found.name}\` is a dict of literal values, such as \`JOB = {"resource_flavor": "cpu-2gb"}\``;
    scope.report("python-operator", spanOf(given.value, given.module), message);
  }
  return { kind: "map", entries, span };
}

/** A literal as if it stood in YAML. */
function toNode(expression: Expression, module: Module, files: PythonFiles): Node | undefined {
  const span = spanOf(expression, module);
  if (expression.kind === "dict") {
    const entries = expression.entries.map(({ key, value }): Entry | undefined => {
      const name = key && evaluate(key, module, files);
      const node = toNode(value, module, files);
      return typeof name === "string" && key && node ? { key: name, keySpan: spanOf(key, module), value: node } : undefined;
    });
    return entries.every((entry) => entry !== undefined) ? { kind: "map", entries, span } : undefined;
  }
  const value = evaluate(expression, module, files);
  return value === undefined ? undefined : jsonNode(value, span);
}

function jsonNode(value: Json, span: Node["span"]): Node {
  if (Array.isArray(value)) return { kind: "list", items: value.map((item) => jsonNode(item, span)), span };
  if (typeof value === "object" && value !== null) {
    return {
      kind: "map",
      entries: Object.entries(value).map(([key, item]) => ({ key, keySpan: span, value: jsonNode(item, span) })),
      span,
    };
  }
  return { kind: "scalar", value, text: value === null ? "" : String(value), span };
}

function readAirflow(found: PythonClass, order: readonly Ancestor[], scope: Scope): AirflowClass {
  const { files, folder, index } = scope;
  const made = flatten(order, files);
  const docs = docsOf(order, made);
  const own = readParams(made.params, docs, scope, `class \`${found.name}\``);
  const { outside } = made;
  const known = outside && index();
  const above = outside && known && findIndexed(known, outside.path);
  const params = new Map<string, Parameter>();
  for (const param of [...own.values(), ...(above?.params.values() ?? [])]) {
    if (!params.has(param.name) && (own.has(param.name) || !made.given.has(param.name))) params.set(param.name, param);
  }
  const fields = files.attribute(found, "template_fields");
  const written = fields && evaluate(fields.value, fields.module, files);
  const templates =
    fields === undefined
      ? outside
        ? above?.templateFields
        : []
      : Array.isArray(written)
        ? written.filter((name) => typeof name === "string")
        : undefined;
  const description = docs[0]?.summary;
  return {
    kind: "airflow",
    classPath: `operators.${found.module.name}.${found.name}`,
    own: { file: found.module.file, folder: folder.path, module: found.module.name, name: found.name, span: spanOf(found, found.module) },
    known: {
      ...(description === undefined ? {} : { description }),
      params,
      open: made.open || (outside !== undefined && (above === undefined || above.open)),
      ...(templates === undefined ? {} : { templateFields: templates }),
    },
  };
}
