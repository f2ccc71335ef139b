/** Does a value fit its schema? The subset of JSON Schema in schema.ts, told in words that a pipeline's author understands. */
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "./json.ts";
import { matchesPattern } from "./pattern.ts";
import type { JsonSchema, JsonType } from "./schema.ts";
import { didYouMean } from "./suggest.ts";

/** One fault. `pointer` is a JSON pointer (RFC 6901) to the faulty part, empty for the whole value. */
export interface ValueProblem {
  readonly pointer: string;
  /** `expected a number from 0 to 1, found 3`. */
  readonly message: string;
  /** `a number from 0 to 1`. */
  readonly expected?: string;
}

/** Deeper values are refused, so that no value can overflow the stack. */
const deepest = 200;

/** All faults of `value`, in the order of the value; none when it fits. */
export function checkValue(value: Json, schema: JsonSchema): ValueProblem[] {
  return check(value, schema, "", 0);
}

/** What a schema asks for: `a number from 0 to 1`, `one of "csv", "json"`, `a list of text`. */
export function describeSchema(schema: JsonSchema): string {
  if (schema.const !== undefined) return showValue(schema.const);
  if (schema.enum !== undefined) return oneOf(schema.enum.map(showValue));
  const types = typesOf(schema);
  if (types.length > 0) return oneOf(types.map((type) => describeType(type, schema)));
  const branches = schema.anyOf ?? schema.oneOf;
  return branches === undefined ? "a value" : oneOf(branches.map(describeSchema));
}

/** A value in a message: short, quoted when it is text. */
export function showValue(value: Json): string {
  if (typeof value === "string")
    return value.length > 60 ? `${JSON.stringify(value.slice(0, 57))}… (${value.length} characters)` : JSON.stringify(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (isJsonObject(value)) return Object.keys(value).length === 0 ? "an empty map" : "a map";
  return String(value);
}

function check(value: Json, schema: JsonSchema, pointer: string, depth: number): ValueProblem[] {
  if (depth > deepest) return [{ pointer, message: `is nested deeper than ${deepest} levels` }];
  const expected = describeSchema(schema);
  const wrong = (): ValueProblem[] => [{ pointer, expected, message: `expected ${expected}, found ${showValue(value)}` }];
  if (schema.const !== undefined && !sameJson(value, schema.const)) return wrong();
  if (schema.enum !== undefined && !schema.enum.some((item) => sameJson(value, item))) {
    const texts = schema.enum.filter((item) => typeof item === "string");
    const near = typeof value === "string" ? didYouMean(value, texts) : "";
    return wrong().map((problem) => ({ ...problem, message: problem.message + near }));
  }
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return wrong();

  const problems: ValueProblem[] = [];
  if (typeof value === "number") problems.push(...checkNumber(value, schema, pointer));
  if (typeof value === "string") problems.push(...checkText(value, schema, pointer));
  if (Array.isArray(value)) problems.push(...checkList(value, schema, pointer, depth));
  if (isJsonObject(value)) problems.push(...checkMap(value, schema, pointer, depth));
  problems.push(...checkBranches(value, schema, pointer, depth));
  return problems;
}

function checkNumber(value: number, schema: JsonSchema, pointer: string): ValueProblem[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const outside =
    (minimum !== undefined && value < minimum) ||
    (maximum !== undefined && value > maximum) ||
    (exclusiveMinimum !== undefined && value <= exclusiveMinimum) ||
    (exclusiveMaximum !== undefined && value >= exclusiveMaximum) ||
    (multipleOf !== undefined && multipleOf > 0 && !isMultiple(value, multipleOf));
  const expected = describeType(typesOf(schema).includes("integer") ? "integer" : "number", schema);
  return outside ? [{ pointer, expected, message: `expected ${expected}, found ${value}` }] : [];
}

function checkText(value: string, schema: JsonSchema, pointer: string): ValueProblem[] {
  const problems: ValueProblem[] = [];
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  const length = value.length > maxLength * 2 ? value.length : [...value].length;
  if (length < minLength || length > maxLength) {
    const expected = describeType("string", schema);
    problems.push({
      pointer,
      expected,
      message: `expected ${expected}, found ${length === 0 ? "an empty text" : counted(length, "character")}`,
    });
  }
  if (schema.pattern !== undefined) {
    const match = matchesPattern(schema.pattern, value);
    if (match === false) {
      const expected = `text that matches ${schema.pattern}`;
      problems.push({ pointer, expected, message: `expected ${expected}, found ${showValue(value)}` });
    } else if (match !== true) problems.push({ pointer, message: `cannot be checked: ${match.problem}` });
  }
  const format = schema.format === undefined || !Object.hasOwn(formats, schema.format) ? undefined : formats[schema.format];
  if (format !== undefined && !format.fits(value)) {
    problems.push({ pointer, expected: format.expected, message: `expected ${format.expected}, found ${showValue(value)}` });
  }
  return problems;
}

function checkList(value: readonly Json[], schema: JsonSchema, pointer: string, depth: number): ValueProblem[] {
  const problems: ValueProblem[] = [];
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (value.length < minItems || value.length > maxItems) {
    const expected = describeType("array", schema);
    problems.push({ pointer, expected, message: `expected ${expected}, found ${counted(value.length, "item")}` });
  }
  if (schema.uniqueItems === true) {
    const first = new Map<string, number>();
    for (const [index, item] of value.entries()) {
      const text = canonicalJson(item);
      const earlier = first.get(text);
      if (earlier === undefined) first.set(text, index);
      else
        problems.push({
          pointer: `${pointer}/${index}`,
          message: `${showValue(item)} is in the list twice (item ${earlier + 1} and item ${index + 1})`,
        });
    }
  }
  const { items } = schema;
  if (items !== undefined)
    for (const [index, item] of value.entries()) problems.push(...check(item, items, `${pointer}/${index}`, depth + 1));
  return problems;
}

function checkMap(value: JsonObject, schema: JsonSchema, pointer: string, depth: number): ValueProblem[] {
  const problems: ValueProblem[] = [];
  const properties = schema.properties ?? {};
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) problems.push({ pointer, message: `expected the key "${name}", which is missing` });
  }
  const rest = schema.additionalProperties ?? true;
  for (const [name, item] of Object.entries(value)) {
    const at = `${pointer}/${escapePointer(name)}`;
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property !== undefined) problems.push(...check(item, property, at, depth + 1));
    else if (rest === false) {
      const free = Object.keys(properties).filter((known) => !Object.hasOwn(value, known));
      problems.push({ pointer: at, message: `unknown key "${name}"${didYouMean(name, free)}` });
    } else if (rest !== true) problems.push(...check(item, rest, at, depth + 1));
  }
  return problems;
}

function checkBranches(value: Json, schema: JsonSchema, pointer: string, depth: number): ValueProblem[] {
  const problems = (schema.allOf ?? []).flatMap((branch) => check(value, branch, pointer, depth + 1));
  for (const branches of [schema.anyOf, schema.oneOf]) {
    if (branches === undefined) continue;
    const faults = branches.map((branch) => check(value, branch, pointer, depth + 1));
    const fitting = faults.filter((found) => found.length === 0).length;
    if (fitting === 0) problems.push(...closestBranch(value, branches, faults, pointer));
    else if (fitting > 1 && branches === schema.oneOf) {
      const expected = `exactly one of: ${branches.map(describeSchema).join(", ")}`;
      problems.push({ pointer, expected, message: `expected ${expected}; ${showValue(value)} fits ${fitting} of them` });
    }
  }
  if (schema.not !== undefined && check(value, schema.not, pointer, depth + 1).length === 0) {
    problems.push({ pointer, message: `must not be ${describeSchema(schema.not)}, found ${showValue(value)}` });
  }
  return problems;
}

/** When the value has the shape of a single branch, that branch's own faults say more than the list of branches. */
function closestBranch(value: Json, branches: readonly JsonSchema[], faults: readonly ValueProblem[][], pointer: string): ValueProblem[] {
  const shaped = faults.filter((_, index) => {
    const types = typesOf(branches[index] ?? {});
    return types.length > 0 && types.some((type) => isOfType(value, type));
  });
  if (shaped.length === 1) return shaped[0] ?? [];
  const expected = oneOf(branches.map(describeSchema));
  return [{ pointer, expected, message: `expected ${expected}, found ${showValue(value)}` }];
}

type CheckedType = JsonType | "connection";

function typesOf(schema: JsonSchema): readonly CheckedType[] {
  if (schema.type === undefined) return [];
  return typeof schema.type === "string" ? [schema.type] : schema.type;
}

function isOfType(value: Json, type: CheckedType): boolean {
  switch (type) {
    case "string":
    case "connection":
      return typeof value === "string";
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "integer":
      return typeof value === "number" && Number.isInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    case "null":
      return value === null;
  }
}

function describeType(type: CheckedType, schema: JsonSchema): string {
  switch (type) {
    case "string":
      return `text${range(schema.minLength, schema.maxLength, "character", " of ")}`;
    case "connection":
      return "the name of a connection";
    case "number":
      return `a number${bounds(schema)}`;
    case "integer":
      return `a whole number${bounds(schema)}`;
    case "boolean":
      return "true or false";
    case "array":
      return `a list${range(schema.minItems, schema.maxItems, "item", " of ")}`;
    case "object":
      return "a map";
    case "null":
      return "null";
  }
}

function bounds(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const steps = multipleOf === undefined ? "" : ` that is a multiple of ${multipleOf}`;
  if (minimum !== undefined && maximum !== undefined && exclusiveMinimum === undefined && exclusiveMaximum === undefined)
    return ` from ${minimum} to ${maximum}${steps}`;
  const limits = [
    minimum === undefined ? "" : `of at least ${minimum}`,
    exclusiveMinimum === undefined ? "" : `above ${exclusiveMinimum}`,
    maximum === undefined ? "" : `${minimum === undefined && exclusiveMinimum === undefined ? "of " : ""}at most ${maximum}`,
    exclusiveMaximum === undefined ? "" : `below ${exclusiveMaximum}`,
  ].filter((limit) => limit !== "");
  return limits.length === 0 ? steps : ` ${limits.join(" and ")}${steps}`;
}

function range(least: number | undefined, most: number | undefined, unit: string, before: string): string {
  if (least !== undefined && most !== undefined)
    return least === most ? `${before}${counted(least, unit)}` : `${before}${least} to ${counted(most, unit)}`;
  if (least !== undefined && least > 0) return `${before}at least ${counted(least, unit)}`;
  return most === undefined ? "" : `${before}at most ${counted(most, unit)}`;
}

function counted(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
}

function oneOf(items: readonly string[]): string {
  const different = [...new Set(items)];
  if (different.length === 1) return different[0] ?? "";
  const shown = different.length > 12 ? [...different.slice(0, 11), `${different.length - 11} more`] : different;
  return different.length === 2 ? shown.join(" or ") : `one of ${shown.join(", ")}`;
}

function sameJson(a: Json, b: Json): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}

/** Binary fractions are not exact: 0.3 counts as a multiple of 0.1. */
function isMultiple(value: number, step: number): boolean {
  const ratio = value / step;
  return Math.abs(ratio - Math.round(ratio)) <= 1e-9 * Math.max(1, Math.abs(ratio));
}

function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

interface Format {
  readonly expected: string;
  fits(text: string): boolean;
}

const time = "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)";
const timePattern = new RegExp(`^${time}$`);
const instantTail = new RegExp(`^[Tt ]${time}$`);

/** Formats that Airflow checks too; the rest are notes for a reader. */
const formats: Readonly<Record<string, Format>> = {
  date: { expected: "a date like 2026-01-31", fits: isDate },
  "date-time": {
    expected: "an instant like 2026-01-31T05:00:00+03:00",
    fits: (text) => isDate(text.slice(0, 10)) && instantTail.test(text.slice(10)),
  },
  time: { expected: "a time like 05:00:00Z", fits: (text) => timePattern.test(text) },
  email: { expected: "an e-mail address", fits: (text) => /^[^\s@]+@[^\s@]+$/.test(text) },
};

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined || year < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return month >= 1 && month <= 12 && day >= 1 && day <= (days[month - 1] ?? 0);
}
