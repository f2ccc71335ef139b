/** operator.yaml. */
import { columnTypes, withoutColumns } from "../catalog/columns.ts";
import { aboutInput, aboutManifest, aboutOutput, effectKinds } from "../catalog/manifest.ts";
import { aboutKeywords, keywordShapes, valueTypes } from "../catalog/schema.ts";
import { jobSchema } from "./job.ts";
import { ref } from "./pipeline.ts";
import {
  anything,
  flag,
  matching,
  name,
  namedBy,
  oneOf,
  orNull,
  plainText,
  record,
  type Schema,
  text,
  texts,
  unless,
  when,
} from "./values.ts";
import type { Words } from "./words.ts";

const names = (what: string, value: Schema) =>
  namedBy(`^${name}$`, `the name of a ${what}: letters, digits, _ and -, no digit first`, value);

export function operatorSchema(words: Words): Schema {
  // Of several types each may be any, with spaces between; which there are is known for a single one.
  const inputType = unless(String.raw`\|`, oneOf([...words.types, "any"]));
  const outputType = oneOf(words.types);
  const values: { readonly [key in keyof typeof aboutManifest]: Schema } = {
    operator: text,
    version: plainText,
    description: text,
    params: orNull(names("parameter", ref("parameter"))),
    required: texts,
    inputs: orNull(
      names("port", port(inputType, record(aboutInput, { type: inputType, optional: flag, many: flag, description: text, columns }))),
    ),
    outputs: orNull(names("port", port(outputType, record(aboutOutput, { type: outputType, description: text, columns })))),
    job: orNull(jobSchema(words, (schema) => schema, text)),
    effects: oneOf(effectKinds),
  };
  return { title: "Tradewind operator", ...record(aboutManifest, values), definitions: { parameter: parameterKeywords } };
}

const columns = orNull({ type: "object", additionalProperties: oneOf(columnTypes) });
/** As the compiler reads it: columns that say nothing may stand at any port. */
const table = String.raw`^(?!(.*\|)?\s*(${withoutColumns.join("|")})\s*(\|.*)?$)`;
const withColumns: Schema = { required: ["columns"], properties: { columns: { type: "object", minProperties: 1 } } };

/** A type alone, or a map with more. */
function port(type: Schema, map: Schema): Schema {
  const tableOnly = when(withColumns, { properties: { type: matching(table, "a table, since it has columns: csv, tsv or parquet") } });
  return when({ type: "object" }, { ...map, ...tableOnly, required: ["type"] }, type);
}

const one = ref("parameter");
const many: Schema = { type: "array", items: one };
const type = oneOf(valueTypes);

/** Keywords that hold schemas or any value; the rest are told by the compiler's own table. */
const shapes: { readonly [keyword: string]: Schema } = {
  type: when({ type: "array" }, { items: type }, type),
  items: one,
  not: one,
  properties: { type: "object", additionalProperties: one },
  additionalProperties: when({ type: "object" }, one, flag),
  anyOf: many,
  oneOf: many,
  allOf: many,
};

/** A parameter's JSON Schema, as the compiler reads it. */
export const parameterKeywords: Schema = record(
  aboutKeywords,
  Object.fromEntries(
    Object.keys(aboutKeywords).map((keyword) => [keyword, shapes[keyword] ?? (keywordShapes[keyword] as Schema | undefined) ?? anything]),
  ),
);
