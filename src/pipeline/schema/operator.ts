/** operator.yaml. */
import { aboutInput, aboutJobFile, aboutManifest, effectKinds } from "../catalog/manifest.ts";
import { aboutKeywords, keywordShapes, valueTypes } from "../catalog/schema.ts";
import { jobSchema } from "./job.ts";
import { ref } from "./pipeline.ts";
import { columns, names, outputsSchema, port } from "./ports.ts";
import { anything, flag, oneOf, orNull, plainText, record, type Schema, text, texts, unless, when } from "./values.ts";
import type { Words } from "./words.ts";

export function operatorSchema(words: Words): Schema {
  const values = { operator: text, ...jobFileValues(words) };
  return { title: "Tradewind operator", ...record(aboutManifest, values), definitions: { parameter: parameterKeywords } };
}

/** A job's file: an operator without a name. */
export function jobFileSchema(words: Words): Schema {
  const schema = record(aboutJobFile, jobFileValues(words));
  return { title: "Tradewind job", ...schema, required: ["job"], definitions: { parameter: parameterKeywords } };
}

function jobFileValues(words: Words): { readonly [key in keyof typeof aboutJobFile]: Schema } {
  // Of several types each may be any, with spaces between; which there are is known for a single one.
  const inputType = unless(String.raw`\|`, oneOf([...words.types, "any"]));
  return {
    version: plainText,
    description: text,
    params: orNull(names("parameter", ref("parameter"))),
    required: texts,
    inputs: orNull(
      names("port", port(inputType, record(aboutInput, { type: inputType, optional: flag, many: flag, description: text, columns }))),
    ),
    outputs: outputsSchema(words),
    job: orNull(jobSchema(words, (schema) => schema, text)),
    effects: oneOf(effectKinds),
  };
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
