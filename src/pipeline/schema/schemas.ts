/**
 * JSON Schemas by which any editor completes and checks a workspace's files. They hold what one file can show: names, keys, types. What
 * needs several files, or more than a schema can say, is for `tradewind check`; a schema refuses nothing that the compiler takes.
 */
import { jobFileSchema, operatorSchema, parameterKeywords } from "./operator.ts";
import { pipelineSchema } from "./pipeline.ts";
import { presetsSchema } from "./presets.ts";
import { settingsSchema } from "./settings.ts";
import type { Schema } from "./values.ts";
import type { Words } from "./words.ts";

export type SchemaName = "pipeline" | "settings" | "operator" | "presets" | "job";

/** Which files each schema is for, as a path or a glob relative to the workspace. */
export const schemaFiles: { readonly [name in SchemaName]: readonly string[] } = {
  pipeline: ["pipelines/*.yaml", "pipelines/*.yml", "projects/*/pipelines/*.yaml", "projects/*/pipelines/*.yml"],
  settings: [
    "tradewind.yaml",
    "env/*.yaml",
    "env/*.yml",
    "projects/*/project.yaml",
    "projects/*/project.yml",
    "projects/*/env/*.yaml",
    "projects/*/env/*.yml",
  ],
  operator: [
    "operators/*/operator.yaml",
    "operators/*/operator.yml",
    "projects/*/operators/*/operator.yaml",
    "projects/*/operators/*/operator.yml",
  ],
  presets: ["presets/*.yaml", "presets/*.yml", "projects/*/presets/*.yaml", "projects/*/presets/*.yml"],
  job: ["jobs/*.yaml", "jobs/*.yml", "projects/*/jobs/*.yaml", "projects/*/jobs/*.yml"],
};

/** Text of each schema. The same workspace gives the same texts. */
export function makeSchemas(words: Words): { readonly [name in SchemaName]: string } {
  return {
    pipeline: print(pipelineSchema(words, parameterKeywords)),
    settings: print(settingsSchema(words)),
    operator: print(operatorSchema(words)),
    presets: print(presetsSchema(words)),
    job: print(jobFileSchema(words)),
  };
}

function print(schema: Schema): string {
  const head = {
    $schema: "http://json-schema.org/draft-07/schema#",
    $comment: "Written by tradewind schema from the workspace; a change is lost.",
  };
  return `${JSON.stringify({ ...head, ...schema }, null, 1)}\n`;
}
