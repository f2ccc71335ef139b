/** The parameters that making an instance takes: of `__init__`, of a dataclass's fields or of a pydantic model's. */
import type { Json } from "../../../protocol/json.ts";
import { evaluate } from "./constant.ts";
import { dottedName, type Expression } from "./expression.ts";
import type { Ancestor, OutsideBase, PythonFiles } from "./files.ts";
import type { Call, Field, Method, Module, PythonClass } from "./module.ts";

export interface ConstructorParam {
  readonly name: string;
  readonly kind: "positional-only" | "positional" | "keyword" | "list" | "map";
  readonly required: boolean;
  /** Absent with `required: false`: a default that only Python can work out. */
  readonly value?: Json;
  /** What is written for it. */
  readonly given?: Expression;
  readonly annotation?: Expression;
  /** `Field(…)` of pydantic or `field(…)` of dataclasses, with what it says of the value. */
  readonly details?: Call;
  /** Class and module that write it. */
  readonly owner: PythonClass;
  /** Name of the attribute, where that is not the parameter's own. */
  readonly attribute?: string;
  readonly from: number;
  readonly to: number;
}

export interface Signature {
  readonly kind: "init" | "dataclass" | "pydantic" | "none";
  readonly params: readonly ConstructorParam[];
  /** The class whose `__init__` it is, and its place among the ancestors. */
  readonly method?: Method;
  readonly place: number;
  /** An ancestor outside that comes before anything was found: it may have an `__init__` of its own. */
  readonly outside?: OutsideBase;
}

const noInit = /^(abc\.ABC|typing\.(Generic|Protocol|ClassVar)|typing_extensions\.(Generic|Protocol)|ABC|Generic|Protocol|object)$/;
const pydanticModel = /^pydantic(_settings)?\.(.*\.)?(BaseModel|BaseSettings|RootModel|GenericModel)$/;

/** What `inspect.signature(class)` gives, from the ancestor at `start` on. */
export function signatureOf(order: readonly Ancestor[], files: PythonFiles, start = 0): Signature {
  for (const [index, ancestor] of order.entries()) {
    if (index < start) continue;
    if (ancestor.kind === "outside") {
      if (noInit.test(ancestor.path)) continue;
      if (pydanticModel.test(ancestor.path)) return { kind: "pydantic", params: pydanticParams(order, files), place: index };
      return { kind: "none", params: [], place: index, outside: ancestor };
    }
    const { found } = ancestor;
    const method = found.methods.get("__init__");
    if (method) return { kind: "init", params: initParams(method, found, files), method, place: index };
    const dataclass = dataclassOf(found, files);
    if (dataclass) return { kind: "dataclass", params: dataclassParams(order.slice(index), files), place: index };
    if (isPydantic(order, index)) return { kind: "pydantic", params: pydanticParams(order, files), place: index };
  }
  return { kind: "none", params: [], place: order.length };
}

function isPydantic(order: readonly Ancestor[], from: number): boolean {
  return order.slice(from).some((ancestor) => ancestor.kind === "outside" && pydanticModel.test(ancestor.path));
}

function initParams(method: Method, owner: PythonClass, files: PythonFiles): readonly ConstructorParam[] {
  return method.params.slice(1).map(({ name, kind, annotation, value, from, to }) => {
    const known = value && evaluate(value, owner.module, files);
    return {
      name,
      kind,
      required: value === undefined && kind !== "list" && kind !== "map",
      ...(known === undefined ? {} : { value: known }),
      ...(value === undefined ? {} : { given: value }),
      ...(annotation ? { annotation } : {}),
      owner,
      from,
      to,
    };
  });
}

/** The decorator's call, or true; undefined when the class is none. */
function dataclassOf(found: PythonClass, files: PythonFiles): Call | true | undefined {
  for (const decorator of found.decorators) {
    const callee = decorator.kind === "call" ? decorator.callee : decorator;
    const path = pathOf(callee, found.module, files);
    if (path !== "dataclasses.dataclass" && path !== "pydantic.dataclasses.dataclass") continue;
    if (decorator.kind !== "call") return true;
    const init = decorator.args.find(({ name }) => name === "init")?.value;
    return init?.kind === "value" && init.value === false ? undefined : decorator;
  }
  return undefined;
}

/** Dotted path of what a name means, when it is of a package that is not here. */
export function pathOf(expression: Expression, module: Module, files: PythonFiles): string | undefined {
  const meaning = files.lookUp(expression, module);
  if (meaning?.kind === "outside") return meaning.path;
  return meaning?.kind === "builtin" ? meaning.name : undefined;
}

/** Fields of the farthest ancestor first; one that is written again keeps its place. */
function dataclassParams(order: readonly Ancestor[], files: PythonFiles): readonly ConstructorParam[] {
  const fields = new Map<string, ConstructorParam>();
  for (const ancestor of order.toReversed()) {
    if (ancestor.kind !== "class") continue;
    const { found } = ancestor;
    const dataclass = dataclassOf(found, files);
    if (dataclass === undefined) continue;
    let keyword = dataclass !== true && isTrue(dataclass, "kw_only");
    for (const field of found.fields.values()) {
      if (field.annotation === undefined || isClassVar(field.annotation, found.module, files)) continue;
      if (pathOf(field.annotation, found.module, files) === "dataclasses.KW_ONLY") {
        keyword = true;
        continue;
      }
      const details = callOf(field, found.module, files, /^dataclasses\.field$|^pydantic\.(fields\.)?Field$/);
      if (details && isFalse(details, "init")) continue;
      const kind = keyword || (details && isTrue(details, "kw_only")) ? "keyword" : "positional";
      fields.set(field.name, fieldParam(field, kind, details, found, files));
    }
  }
  const params = [...fields.values()];
  return [...params.filter(({ kind }) => kind !== "keyword"), ...params.filter(({ kind }) => kind === "keyword")];
}

function pydanticParams(order: readonly Ancestor[], files: PythonFiles): readonly ConstructorParam[] {
  const fields = new Map<string, ConstructorParam>();
  for (const ancestor of order.toReversed()) {
    if (ancestor.kind !== "class") continue;
    const { found } = ancestor;
    for (const field of found.fields.values()) {
      if (field.annotation === undefined || field.name.startsWith("_") || field.name === "model_config") continue;
      if (isClassVar(field.annotation, found.module, files)) continue;
      const details =
        callOf(field, found.module, files, /^pydantic\.(fields\.)?(Field|PrivateAttr)$/) ?? annotated(field, found.module, files);
      if (details && pathOf(details.callee, found.module, files)?.endsWith("PrivateAttr")) continue;
      fields.set(field.name, fieldParam(field, "keyword", details, found, files));
    }
  }
  return [...fields.values()];
}

/** `Field(…)` inside of `Annotated[…]`. */
function annotated(field: Field, module: Module, files: PythonFiles): Call | undefined {
  const { annotation } = field;
  if (annotation?.kind !== "index" || !/\bAnnotated$/.test(dottedName(annotation.object) ?? "")) return undefined;
  const found = annotation.items
    .slice(1)
    .find((item) => item.kind === "call" && /^pydantic\.(fields\.)?Field$/.test(pathOf(item.callee, module, files) ?? ""));
  return found?.kind === "call" ? found : undefined;
}

function callOf(field: Field, module: Module, files: PythonFiles, pattern: RegExp): Call | undefined {
  const { value } = field;
  return value?.kind === "call" && pattern.test(pathOf(value.callee, module, files) ?? "") ? value : undefined;
}

function fieldParam(
  field: Field,
  kind: "positional" | "keyword",
  details: Call | undefined,
  owner: PythonClass,
  files: PythonFiles,
): ConstructorParam {
  const own = details === field.value ? undefined : field.value;
  const given = own ?? (details && defaultOf(details));
  const made = details && argument(details, "default_factory");
  const known = given ? evaluate(given, owner.module, files) : made && emptyOf(made);
  const alias = details && aliasOf(details);
  return {
    name: alias ?? field.name,
    ...(alias === undefined ? {} : { attribute: field.name }),
    kind,
    required: given === undefined && made === undefined,
    ...(known === undefined ? {} : { value: known }),
    ...(given === undefined ? {} : { given }),
    ...(field.annotation ? { annotation: field.annotation } : {}),
    ...(details ? { details } : {}),
    owner,
    from: field.from,
    to: field.to,
  };
}

/** `default=`, or pydantic's first argument; `...` says that there is none. */
function defaultOf(details: Call): Expression | undefined {
  const first = details.args.find(({ name, spread }) => name === undefined && spread === undefined)?.value;
  const given = argument(details, "default") ?? first;
  return given?.kind === "other" && given.to - given.from === 3 ? undefined : given;
}

/** `list` and `dict` make empty ones, `lambda` what only Python knows. */
function emptyOf(made: Expression): Json | undefined {
  if (made.kind !== "name") return undefined;
  if (made.name === "list" || made.name === "tuple") return [];
  if (made.name === "dict") return {};
  return made.name === "str" ? "" : undefined;
}

function aliasOf(details: Call): string | undefined {
  for (const name of ["validation_alias", "alias"]) {
    const value = argument(details, name);
    if (value?.kind === "value" && typeof value.value === "string") return value.value;
  }
  return undefined;
}

/** The keyword argument of a call. */
export function argument(call: Call, name: string): Expression | undefined {
  return call.args.find((arg) => arg.name === name)?.value;
}

function isTrue(call: Call, name: string): boolean {
  const value = argument(call, name);
  return value?.kind === "value" && value.value === true;
}

function isFalse(call: Call, name: string): boolean {
  const value = argument(call, name);
  return value?.kind === "value" && value.value === false;
}

function isClassVar(annotation: Expression, module: Module, files: PythonFiles): boolean {
  if (annotation.kind === "value") return typeof annotation.value === "string" && /^(typing\.)?ClassVar\b/.test(annotation.value);
  const path = pathOf(annotation.kind === "index" ? annotation.object : annotation, module, files);
  return path !== undefined && /^(typing|typing_extensions)\.ClassVar$|^ClassVar$/.test(path);
}
