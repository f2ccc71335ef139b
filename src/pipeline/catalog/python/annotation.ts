/** Annotations as JSON Schema: what a YAML value must be, to become what the class asks for. */
import type { Json } from "../../../protocol/json.ts";
import type { JsonSchema, JsonType } from "../../../protocol/schema.ts";
import { evaluate } from "./constant.ts";
import { dottedName, type Expression } from "./expression.ts";
import type { PythonFiles } from "./files.ts";
import { type Call, type Module, type PythonClass, readAnnotationText } from "./module.ts";
import { argument, type ConstructorParam, pathOf, signatureOf } from "./signature.ts";

/** Undefined: no YAML value is one, such as a DataFrame. `{}` takes any value. */
function schemaOf(annotation: Expression, module: Module, files: PythonFiles, depth = 0): JsonSchema | undefined {
  if (depth > 20) return {};
  const inner = (one: Expression, where = module) => schemaOf(one, where, files, depth + 1);
  switch (annotation.kind) {
    case "value":
      if (annotation.value === null) return { type: "null" };
      return typeof annotation.value === "string" ? inner(readAnnotationText(annotation.value)) : undefined;
    case "binary":
      return annotation.operator === "|" ? oneOf([inner(annotation.left), inner(annotation.right)]) : undefined;
    case "index":
      return generic(annotation, module, files, inner);
    case "call":
      return constrained(annotation, module, files);
    case "name":
    case "member": {
      const meaning = files.lookUp(annotation, module);
      if (meaning?.kind === "class") return classSchema(meaning.found, files, depth);
      if (meaning?.kind === "constant") return alias(meaning.value, meaning.module, files, inner);
      const path = meaning?.kind === "builtin" ? meaning.name : meaning?.kind === "outside" ? meaning.path : undefined;
      return path === undefined ? undefined : simple(path);
    }
    default:
      return undefined;
  }
}

/** The schema of a parameter: its annotation, narrowed by `Field(…)`. `unknown`: the annotation says nothing that YAML could hold. */
export function paramSchema(
  { annotation, details, owner, required, value }: ConstructorParam,
  files: PythonFiles,
): { readonly schema: JsonSchema; readonly unknown: boolean } {
  const { module } = owner;
  const found = annotation && schemaOf(annotation, module, files);
  const unknown = annotation !== undefined && found === undefined;
  let schema: JsonSchema = found ?? {};
  // A parameter that may be left out need not be null: YAML's null leaves it out.
  if (!required) schema = withoutNull(schema);
  const more = { ...metadata(annotation, module, files), ...(details ? constraints(details, module, files) : {}) };
  if (Object.keys(more).length > 0) schema = narrow(schema, more);
  if (value !== undefined && value !== null) schema = { ...schema, default: value };
  return { schema, unknown };
}

const simpleTypes: { readonly [path: string]: JsonSchema } = {
  str: { type: "string" },
  int: { type: "integer" },
  float: { type: "number" },
  bool: { type: "boolean" },
  dict: { type: "object" },
  list: { type: "array" },
  tuple: { type: "array" },
  set: { type: "array", uniqueItems: true },
  frozenset: { type: "array", uniqueItems: true },
  object: {},
  None: { type: "null" },
  "typing.Any": {},
  "typing.Text": { type: "string" },
  "typing.AnyStr": { type: "string" },
  "pathlib.Path": { type: "string" },
  "pathlib.PurePath": { type: "string" },
  "pathlib.PosixPath": { type: "string" },
  "os.PathLike": { type: "string" },
  "datetime.date": { type: "string", format: "date" },
  "datetime.datetime": { type: "string", format: "date-time" },
  "datetime.time": { type: "string" },
  "datetime.timedelta": { type: "number" },
  "decimal.Decimal": { type: "number" },
  "numbers.Number": { type: "number" },
  "uuid.UUID": { type: "string" },
  "pydantic.PositiveInt": { type: "integer", exclusiveMinimum: 0 },
  "pydantic.NonNegativeInt": { type: "integer", minimum: 0 },
  "pydantic.NegativeInt": { type: "integer", exclusiveMaximum: 0 },
  "pydantic.NonPositiveInt": { type: "integer", maximum: 0 },
  "pydantic.PositiveFloat": { type: "number", exclusiveMinimum: 0 },
  "pydantic.NonNegativeFloat": { type: "number", minimum: 0 },
  "pydantic.NegativeFloat": { type: "number", exclusiveMaximum: 0 },
  "pydantic.NonPositiveFloat": { type: "number", maximum: 0 },
  "pydantic.StrictStr": { type: "string" },
  "pydantic.StrictInt": { type: "integer" },
  "pydantic.StrictFloat": { type: "number" },
  "pydantic.StrictBool": { type: "boolean" },
  "pydantic.EmailStr": { type: "string" },
  "pydantic.SecretStr": { type: "string" },
  "pydantic.HttpUrl": { type: "string" },
  "pydantic.AnyUrl": { type: "string" },
  "pydantic.AnyHttpUrl": { type: "string" },
  "pydantic.FilePath": { type: "string" },
  "pydantic.DirectoryPath": { type: "string" },
};

const lists = /^(typing|collections\.abc)\.(List|Sequence|Iterable|Collection|MutableSequence|Tuple)$/;
const sets = /^(typing|collections\.abc)\.(Set|FrozenSet|AbstractSet|MutableSet)$/;
const maps = /^(typing|collections\.abc|collections)\.(Dict|Mapping|MutableMapping|OrderedDict|DefaultDict|defaultdict)$/;

function simple(path: string): JsonSchema | undefined {
  const plain = path.replace(/^typing_extensions\./, "typing.").replace(/^builtins\./, "");
  if (Object.hasOwn(simpleTypes, plain)) return simpleTypes[plain];
  if (lists.test(plain)) return { type: "array" };
  if (sets.test(plain)) return { type: "array", uniqueItems: true };
  return maps.test(plain) ? { type: "object" } : undefined;
}

type Inner = (one: Expression, where?: Module) => JsonSchema | undefined;

function generic(
  { object, items }: Extract<Expression, { kind: "index" }>,
  module: Module,
  files: PythonFiles,
  inner: Inner,
): JsonSchema | undefined {
  const [first, second] = items;
  const path = pathOf(object, module, files)?.replace(/^typing_extensions\./, "typing.");
  if (path === undefined || first === undefined) return inner(object);
  if (path === "typing.Optional") return oneOf([inner(first), { type: "null" }]);
  if (path === "typing.Union") return oneOf(items.map((item) => inner(item)));
  if (/^typing\.(Annotated|Final|Required|NotRequired|ReadOnly)$/.test(path)) return inner(first);
  if (path === "typing.Literal") return literals(items, module, files);
  const outer = simple(path);
  if (outer?.type === "object") {
    const values = second && inner(second);
    return values && Object.keys(values).length > 0 ? { type: "object", additionalProperties: values } : { type: "object" };
  }
  if (outer?.type !== "array") return outer;
  const isTuple = path === "tuple" || path === "typing.Tuple";
  const variadic = second?.kind === "other" && second.to - second.from === 3;
  if (isTuple && !variadic) {
    const each = oneOf(items.map((item) => inner(item)));
    return { type: "array", ...withItems(each), minItems: items.length, maxItems: items.length };
  }
  return { ...outer, ...withItems(inner(first)) };
}

function withItems(items: JsonSchema | undefined): JsonSchema {
  return items && Object.keys(items).length > 0 ? { items } : {};
}

function literals(items: readonly Expression[], module: Module, files: PythonFiles): JsonSchema | undefined {
  const values = items.map((item) => evaluate(item, module, files));
  return values.every((value) => value !== undefined) ? { enum: values } : undefined;
}

/** A union; texts, numbers and the like become one list of types. Undefined when no member is anything that YAML can hold. */
function oneOf(members: readonly (JsonSchema | undefined)[]): JsonSchema | undefined {
  const known = members.filter((member) => member !== undefined).flatMap((member) => member.anyOf ?? [member]);
  if (known.length === 0 || known.every((member) => member.type === "null")) return members.length === known.length ? known[0] : undefined;
  if (known.some((member) => Object.keys(member).length === 0)) return {};
  const different = [...new Map(known.map((member) => [JSON.stringify(member), member])).values()];
  const [first] = different;
  if (different.length === 1) return first;
  const plain = different.every((member) => Object.keys(member).length === 1 && member.type !== undefined);
  if (plain) return { type: [...new Set(different.flatMap(typesOf))] };
  const values = different.filter((member) => member.type !== "null");
  const [only] = values;
  if (values.length === 1 && only) return nullable(only);
  return { anyOf: different };
}

function typesOf({ type }: JsonSchema): readonly JsonType[] {
  if (type === undefined || type === "connection") return [];
  return typeof type === "string" ? [type] : type;
}

/** The same, or null. */
function nullable(schema: JsonSchema): JsonSchema {
  if (schema.enum) return { ...schema, enum: [...schema.enum, null] };
  if (schema.type === undefined || schema.type === "connection") return { anyOf: [schema, { type: "null" }] };
  return { ...schema, type: [...typesOf(schema), "null"] };
}

/** The same without null, where it is a list of types, of values or of branches. */
function withoutNull(schema: JsonSchema): JsonSchema {
  if (schema.enum && schema.enum.length > 1) return { ...schema, enum: schema.enum.filter((value) => value !== null) };
  if (Array.isArray(schema.type)) {
    const types = typesOf(schema).filter((type) => type !== "null");
    const [only] = types;
    return { ...schema, type: types.length === 1 && only ? only : types };
  }
  if (schema.anyOf === undefined) return schema;
  const branches = schema.anyOf.filter(({ type }) => type !== "null");
  const [only] = branches;
  return branches.length === 1 && only ? only : { ...schema, anyOf: branches };
}

/** Enums give their values; models and dataclasses, a map of their fields. */
function classSchema(found: PythonClass, files: PythonFiles, depth: number): JsonSchema | undefined {
  const order = files.order(found);
  const outside = order.flatMap((ancestor) => (ancestor.kind === "outside" ? [ancestor.path] : []));
  if (outside.some((path) => /^enum\.(Enum|IntEnum|StrEnum)$/.test(path))) {
    const values = [...found.fields.values()].flatMap(({ name, value }): Json[] => {
      const known = value && !name.startsWith("_") ? evaluate(value, found.module, files) : undefined;
      return known === undefined ? [] : [known];
    });
    return values.length > 0 ? { enum: values } : {};
  }
  if (outside.some((path) => /^(typing|typing_extensions)\.TypedDict$/.test(path))) return { type: "object" };
  const { kind, params } = signatureOf(order, files);
  if (kind !== "pydantic" && kind !== "dataclass") {
    const named = outside.map(simple).find((schema) => schema !== undefined);
    return named;
  }
  const properties = Object.fromEntries(
    params.map((param): [string, JsonSchema] => {
      const schema = (param.annotation && schemaOf(param.annotation, param.owner.module, files, depth + 1)) ?? {};
      const more = param.details ? constraints(param.details, param.owner.module, files) : {};
      return [param.name, narrow(schema, more)];
    }),
  );
  const required = params.filter((param) => param.required).map(({ name }) => name);
  return { type: "object", properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false };
}

/** `Mode = Literal["a", "b"]`, `Name = NewType("Name", str)`, a TypeVar with a bound. */
function alias(value: Expression, module: Module, files: PythonFiles, inner: Inner): JsonSchema | undefined {
  if (value.kind !== "call") return inner(value, module);
  const path = pathOf(value.callee, module, files)?.replace(/^typing_extensions\./, "typing.");
  if (path === "typing.NewType") return value.args[1] && inner(value.args[1].value, module);
  if (path === "typing.TypeVar") {
    const bound = argument(value, "bound");
    return bound ? inner(bound, module) : {};
  }
  return inner(value, module);
}

const constrainedTypes: { readonly [name: string]: JsonType } = {
  conint: "integer",
  confloat: "number",
  condecimal: "number",
  constr: "string",
  conlist: "array",
  conset: "array",
};

/** `conint(ge=1)`. */
function constrained(call: Call, module: Module, files: PythonFiles): JsonSchema | undefined {
  const name = /^pydantic\.(?:types\.)?(\w+)$/.exec(pathOf(call.callee, module, files) ?? "")?.[1] ?? "";
  const type = Object.hasOwn(constrainedTypes, name) ? constrainedTypes[name] : undefined;
  return type === undefined ? undefined : narrow({ type }, constraints(call, module, files));
}

const limits: { readonly [argument: string]: keyof JsonSchema } = {
  ge: "minimum",
  le: "maximum",
  gt: "exclusiveMinimum",
  lt: "exclusiveMaximum",
  multiple_of: "multipleOf",
  min_length: "minLength",
  max_length: "maxLength",
  min_items: "minItems",
  max_items: "maxItems",
  pattern: "pattern",
  regex: "pattern",
  description: "description",
  title: "title",
};

/** What `Field(ge=…)` says; of dataclasses, `field(metadata={"description": …})`. */
function constraints(call: Call, module: Module, files: PythonFiles): JsonSchema {
  const found: Record<string, Json> = {};
  for (const { name, value } of call.args) {
    const known = name === undefined ? undefined : evaluate(value, module, files);
    if (name === undefined || known === undefined || known === null) continue;
    const keyword = Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (keyword !== undefined) found[keyword] = known;
    if (name === "examples" && Array.isArray(known)) found.examples = known;
    if (name === "metadata" && typeof known === "object" && "description" in known) found.description = known.description ?? "";
  }
  return found as JsonSchema;
}

/** `Annotated[int, Field(ge=1), Gt(0), "text"]`. */
function metadata(annotation: Expression | undefined, module: Module, files: PythonFiles): JsonSchema {
  if (annotation?.kind !== "index" || !/(^|\.)Annotated$/.test(dottedName(annotation.object) ?? "")) return {};
  let found: JsonSchema = {};
  for (const item of annotation.items.slice(1)) {
    if (item.kind === "value" && typeof item.value === "string") found = { ...found, description: item.value };
    if (item.kind !== "call") continue;
    const name = dottedName(item.callee)?.split(".").at(-1) ?? "";
    if (name === "Field" || name === "StringConstraints") found = { ...found, ...constraints(item, module, files) };
    const keyword = limits[name.toLowerCase()];
    const value = item.args[0] && evaluate(item.args[0].value, module, files);
    if (/^(Ge|Le|Gt|Lt)$/.test(name) && keyword && typeof value === "number") found = { ...found, [keyword]: value };
    if (name === "Doc" && typeof value === "string") found = { ...found, description: value };
  }
  return found;
}

/** Lengths mean items where the value is a list, and entries of a map are not counted. */
function narrow(schema: JsonSchema, more: JsonSchema): JsonSchema {
  const { minLength, maxLength, ...rest } = more;
  const types = typesOf(schema);
  if (types.includes("object")) return { ...schema, ...rest };
  const list = types.includes("array");
  return {
    ...schema,
    ...rest,
    ...(minLength === undefined ? {} : { [list ? "minItems" : "minLength"]: minLength }),
    ...(maxLength === undefined ? {} : { [list ? "maxItems" : "maxLength"]: maxLength }),
  };
}
