/** How a parameter's value is read from the text that a template gave. */
import type { Json } from "./json.ts";
import type { JsonSchema, JsonType } from "./schema.ts";

/** A value read from text by its schema, or a sentence that names what was expected. */
export type ParamReading = { readonly value: Json } | { readonly problem: string };

/**
 * Reads what a template gave. A string (or a connection's id) is taken as it is; numbers, booleans, lists and maps are JSON,
 * with Python's True, False and None besides. Of several types the string comes last. Limits (minimum, enum…) are not checked here.
 */
export function readParam(text: string, schema: JsonSchema): ParamReading {
  const types = possibleTypes(schema);
  // Nothing is guessed: without any type the text stays text.
  if (types.length === 0) return { value: text };
  const bare = types.includes("string") ? text : text.trim();
  for (const type of readingOrder) {
    if (!types.includes(type)) continue;
    const value = readType(bare, type);
    if (value !== undefined) return { value: value.read };
  }
  return { problem: `expected ${types.map(describeType).join(" or ")}, got ${quoteText(text)}${readingHint(types, bare)}` };
}

const readingOrder = ["null", "boolean", "integer", "number", "array", "object", "string"] as const;

/** All types that the schema lets in; empty when it says nothing about types. */
export function possibleTypes(schema: JsonSchema): readonly JsonType[] {
  if (schema.type === "connection") return ["string"];
  if (schema.type !== undefined) return typeof schema.type === "string" ? [schema.type] : schema.type;
  if (schema.const !== undefined) return [typeOf(schema.const)];
  if (schema.enum !== undefined) return [...new Set(schema.enum.map(typeOf))];
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return [...new Set(branches.flatMap(possibleTypes))];
  for (const part of schema.allOf ?? []) {
    const types = possibleTypes(part);
    if (types.length > 0) return types;
  }
  return [];
}

function typeOf(value: Json): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonType;
}

function readType(text: string, type: JsonType): { readonly read: Json } | undefined {
  switch (type) {
    case "string":
      return { read: text };
    case "null":
      return text === "null" || text === "None" ? { read: null } : undefined;
    case "boolean":
      if (text === "true" || text === "True") return { read: true };
      return text === "false" || text === "False" ? { read: false } : undefined;
    case "integer":
    case "number":
      return readNumber(text, type);
    case "array":
    case "object": {
      const value = parseJson(text);
      return value !== undefined && typeOf(value) === type ? { read: value } : undefined;
    }
  }
}

/** JSON's own grammar: no leading zeros or signs that might carry meaning; an integer must be printed again as it is. */
function readNumber(text: string, type: "integer" | "number"): { readonly read: number } | undefined {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  if (type === "number") return { read: value };
  if (!Number.isInteger(value)) return undefined;
  return /^-?\d+$/.test(text) && BigInt(text) !== BigInt(value) && String(value) !== text ? undefined : { read: value };
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeType(type: JsonType): string {
  const words: { readonly [type in JsonType]: string } = {
    string: "text",
    number: "a number",
    integer: "an integer",
    boolean: "true or false",
    array: "a JSON list",
    object: "a JSON map",
    null: "null",
  };
  return words[type];
}

function readingHint(types: readonly JsonType[], text: string): string {
  if ((types.includes("array") || types.includes("object")) && /^\s*[[{(]/.test(text)) return "; end the template with `| tojson`";
  if (/^-?\d{16,}$/.test(text)) return "; it does not fit a 64-bit float, declare the parameter as a string";
  if (/^[+-]?0\d+$/.test(text)) return "; convert it with `| int`, or declare the parameter as a string";
  return text === "" ? "; the template gave nothing" : "";
}

/** Text as a message shows it: quoted, cut at 60 characters. */
export function quoteText(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
