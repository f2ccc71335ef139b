/** The map under `job:`. */
import { aboutJob, type JobKey, misspelled } from "../parse/keys.ts";
import { duration, matching, oneOf, plainText, record, type Schema, type Take, text, texts, unless } from "./values.ts";
import type { Words } from "./words.ts";

const above0: Schema = { ...duration, minimum: 1 };

/** In operator.yaml nothing is put in; elsewhere `${name}` is, except into the script, and a null takes away what a weaker layer says. */
export function jobSchema(words: Words, take: Take, script: Schema): Schema {
  const values: { readonly [key in JobKey]: Schema } = {
    resource_flavor: take(oneOf(words.flavors)),
    docker_image: take(imageSchema(words)),
    execution_time: take(above0),
    stage_time: take(above0),
    grace: take(duration),
    execution_script: script,
    code: take(matching(String.raw`^[^/\\][^\\]*$`, "a folder of the workspace, such as . or src")),
    package: take(texts),
    requirements: take(matching(String.raw`\.txt$`, "a file beside the operator.yaml that ends with .txt")),
    env: take({ type: "object", additionalProperties: take(plainText) }),
  };
  return record(aboutJob, values, misspelled);
}

/** An alias, or a full reference: one with a `/` or a `:`. */
export function imageSchema({ images }: Words): Schema {
  return images.length === 0 ? text : unless("[/:]", oneOf(images));
}
