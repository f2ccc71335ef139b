/** A pipeline's file. */
import { aboutDag, aboutInterface, aboutPipeline, aboutTask, type DagKey, isLater, misspelled, type PipelineKey } from "../parse/keys.ts";
import { defaultsSchema, innerPort, operatorTypeSchema, presetNames, taskSchema } from "./task.ts";
import { anything, flag, integer, matching, name, namedBy, oneOf, orNull, record, type Schema, settable, text, when } from "./values.ts";
import type { PipelineWords, Words } from "./words.ts";

const date = matching(
  String.raw`^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?$`,
  "a local date such as 2026-01-31, or one with a time: 2026-01-31T05:00:00",
);

/** `parameter` is the schema of a JSON Schema. */
export function pipelineSchema(words: Words, parameter: Schema): Schema {
  const keys: { readonly [key in PipelineKey]: Schema } = {
    dag: ref("dag"),
    tasks: { ...ref("tasks") },
    defaults: ref("defaults"),
    interface: orNull(record(aboutInterface, interfaceValues)),
  };
  return {
    title: "Tradewind pipeline",
    ...record(aboutPipeline, readNow(keys)),
    ...when({ required: ["interface"] }, { required: ["tasks"] }, { required: ["dag", "tasks"] }),
    allOf: words.pipelines.map(({ dag }) =>
      when(
        { properties: { dag: { type: "object", properties: { name: { const: dag } }, required: ["name"] } }, required: ["dag"] },
        { properties: { tasks: ref(`names in ${dag}`) } },
      ),
    ),
    definitions: {
      dag: { ...record(aboutDag, readNow(dagValues(words)), misspelled), required: ["name"] },
      tasks: { ...groupSchema(), type: "object" },
      group: { ...groupSchema(), properties: { defaults: ref("defaults"), description: groupDescription } },
      child: {
        type: "object",
        errorMessage: "A task is a map with operator_type, a group a map of tasks and groups.",
        // Offered in a map that is still empty, where it is not known yet what it will be.
        properties: { operator_type: { description: aboutTask.operator_type, ...ref("operator_type") } },
        ...when({ required: ["operator_type"] }, ref("task"), ref("group")),
      },
      task: taskSchema(words),
      operator_type: operatorTypeSchema(words),
      defaults: defaultsSchema(words),
      parameter,
      ...Object.fromEntries(words.pipelines.map((pipeline) => [`names in ${pipeline.dag}`, namesSchema(pipeline)])),
    },
  };
}

const parameters = namedBy("^[A-Za-z_]", "the name of a parameter", when({ type: "object" }, ref("parameter")));

const interfaceValues: { readonly [key in keyof typeof aboutInterface]: Schema } = {
  params: orNull(parameters),
  inputs: orNull({ type: "object", additionalProperties: { ...innerPort, type: ["string", "array"], items: innerPort } }),
  outputs: orNull({ type: "object", additionalProperties: innerPort }),
};

const groupDescription: Schema = { description: "What the group is for." };

function groupSchema(): Schema {
  return {
    properties: { defaults: ref("defaults") },
    propertyNames: matching(`^${name}$`, "the name of a task or a group: letters, digits, _ and -, no digit first"),
    additionalProperties: ref("child"),
  };
}

function dagValues(words: Words): { readonly [key in DagKey]: Schema } {
  return {
    name: { ...text, minLength: 1 },
    description: settable(text),
    schedule: settable({ ...text, examples: ["@hourly", "@daily", "@weekly", "@monthly", "0 3 * * *"] }),
    interval: settable(oneOf(["data", "trigger"])),
    timezone: settable({ ...text, examples: ["UTC"] }),
    start_date: settable(date),
    end_date: settable(date),
    catchup: settable(flag),
    base_resource: settable(oneOf(words.flavors)),
    critical: settable(flag),
    tags: settable({ type: ["string", "array"], items: settable({ ...text, minLength: 1, maxLength: 100 }) }),
    owner: settable({ ...text, minLength: 1, maxLength: 500 }),
    max_active_runs: settable(integer(1, 1_000_000)),
    params: settable(
      namedBy("^[A-Za-z_][A-Za-z0-9_]*$", "the name of a run parameter: letters, digits and _", when({ type: "object" }, ref("parameter"))),
    ),
    presets: presetNames(words),
    notify: anything,
  };
}

/** Names of the pipeline's own tasks are offered; none is refused, since a new task is not in here yet. */
function namesSchema({ dag, needs, outputs }: PipelineWords): Schema {
  const offer = (names: readonly string[]): Schema => ({ items: { examples: names }, examples: names });
  return {
    properties: {
      needs: { ...offer(needs), doNotSuggest: true },
      inputs: { doNotSuggest: true, additionalProperties: offer(outputs) },
    },
    additionalProperties: ref(`names in ${dag}`),
  };
}

function readNow<K extends string>(values: { readonly [key in K]: Schema }): { readonly [key in K]?: Schema } {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !isLater(key))) as { readonly [key in K]?: Schema };
}

export function ref(definition: string): Schema {
  return { $ref: `#/definitions/${encodeURIComponent(definition)}` };
}
