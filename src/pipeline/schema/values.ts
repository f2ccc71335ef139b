/** Pieces of JSON Schema (draft-07) that the editors' schemas are made of. */
import { longestDuration } from "../../protocol/duration.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";

/** A schema as it is written; `false` refuses everything. */
export type Schema = JsonObject;

/** `${name}` stands for a setting of any type, wherever the compiler puts settings in. */
export const holdsSetting = String.raw`\$\{`;
/** What Airflow renders. */
export const holdsTemplate = String.raw`\{\{|\{%|\{#`;

export const name = "[A-Za-z_][A-Za-z0-9_-]*";

export const anything: Schema = {};
export const text: Schema = { type: "string" };
export const flag: Schema = { type: "boolean" };
/** A text that may look like a number or a boolean, such as a version or a variable. */
export const plainText: Schema = { type: ["string", "number", "boolean"] };
export const texts: Schema = { type: ["string", "array"], items: text };
export const freeMap: Schema = { type: "object" };

export function integer(minimum: number, maximum?: number): Schema {
  return { type: "integer", minimum, ...(maximum === undefined ? {} : { maximum }) };
}

export function matching(pattern: string, what: string): Schema {
  return { type: "string", pattern, patternErrorMessage: `It is ${what}.` };
}

const amount = String.raw`\d+(\.\d+)?`;
const unit = ["[wdhms]", "weeks?", "days?", "hrs?", "hours?", "mins?", "minutes?", "secs?", "seconds?"].map(anyCase).join("|");

/** What parseDuration (src/protocol/duration.ts) takes. */
export const duration: Schema = {
  type: ["string", "integer"],
  minimum: 0,
  maximum: longestDuration,
  pattern: String.raw`^\s*(\d+|P[0-9.WDTHMS]+|(${amount}\s*(${unit})\s*)+)\s*$`,
  patternErrorMessage: "It is a duration such as 60 minutes, 90s or PT1H.",
};

/** What parseSize (src/protocol/size.ts) takes. */
export const size: Schema = {
  type: ["string", "integer"],
  minimum: 0,
  pattern: String.raw`^\s*${amount}\s*(B|bytes?|[kKMGTP]i?B?|[kmgtp]i?b)?\s*$`,
  patternErrorMessage: "It is a size such as 2 GB or 512Mi.",
};

/** A schema's patterns have no flag for letters of any case. */
function anyCase(word: string): string {
  return word.startsWith("[") ? word : word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

/** One of the names that there are; any text when there are none, since then nothing can be said. */
export function oneOf(names: readonly string[], about: readonly string[] = []): Schema {
  if (names.length === 0) return text;
  return { type: "string", enum: names, ...(about.length === 0 ? {} : { enumDescriptions: about }) };
}

/** The value, or nothing, which the compiler takes as if the key were not there. */
export function orNull(schema: Schema): Schema {
  if (schema.anyOf ?? schema.oneOf ?? schema.allOf ?? schema.if ?? schema.not ?? schema.const) return { anyOf: [schema, { type: "null" }] };
  const { type, enum: values } = schema;
  return {
    ...schema,
    ...(type === undefined ? {} : { type: [...new Set([...(Array.isArray(type) ? type : [type]), "null"])] as Json }),
    ...(Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {}),
  };
}

/** The value, or a text that `pattern` says is something else in the end. What an editor shows and offers stays outside. */
export function unless(pattern: string, schema: Schema): Schema {
  const { description, default: usual, examples = offered(schema), ...rest } = schema;
  if (Object.keys(rest).length === 0) return schema;
  return {
    ...(description === undefined ? {} : { description }),
    ...(usual === undefined ? {} : { default: usual }),
    ...(examples === undefined ? {} : { examples }),
    ...when({ type: "string", pattern }, anything, rest),
  };
}

/** Where no value stands yet, an editor looks into no condition. */
function offered({ enum: values, type, const: only }: Schema): Json | undefined {
  if (Array.isArray(values)) return values.filter((value) => value !== null);
  if (only !== undefined) return [only];
  return type === "boolean" || (Array.isArray(type) && type.includes("boolean") && !type.includes("string")) ? [true, false] : undefined;
}

/** What fits `condition` is held against `then`, the rest against `otherwise`. */
export function when(condition: Schema, then: Schema, otherwise?: Schema): Schema {
  return { if: condition, then, ...(otherwise === undefined ? {} : { else: otherwise }) };
}

/** How a place takes its values: with `${…}`, or only with null. */
export type Take = (schema: Schema) => Schema;
export const settable: Take = (schema) => unless(holdsSetting, orNull(schema));

/** A map with these keys and no others. Every key has its description and its value; a key that is left out is not read yet. */
export function record<K extends string>(
  about: { readonly [key in K]: string },
  values: { readonly [key in K]?: Schema },
  misspelled: { readonly [key: string]: string } = {},
): Schema {
  return { type: "object", properties: { ...properties(about, values), ...mistakes(values, misspelled) }, additionalProperties: false };
}

export function properties<K extends string>(
  about: { readonly [key in K]: string },
  values: { readonly [key in K]?: Schema },
): { readonly [key: string]: Schema } {
  const entries = Object.entries<Schema | undefined>(values).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, { description: about[key as K], ...value }] as const],
  );
  return Object.fromEntries(entries);
}

/** What old files say: read, never offered. */
function mistakes(values: { readonly [key: string]: unknown }, misspelled: { readonly [key: string]: string }): Schema {
  const accepted = Object.entries(misspelled).filter(([, right]) => Object.hasOwn(values, right));
  return Object.fromEntries(
    accepted.map(([wrong, right]) => [wrong, { deprecationMessage: `It is read as ${right}; write it so.`, doNotSuggest: true }]),
  );
}

/** A map of values by name. */
export function namedBy(pattern: string, what: string, value: Schema): Schema {
  return { type: "object", propertyNames: matching(pattern, what), additionalProperties: value };
}
