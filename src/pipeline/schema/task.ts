/** A task: its own keys, and the parameters and ports of the operator that it names. */
import { ownArguments } from "../catalog/airflow.ts";
import type { InputPort, Manifest } from "../catalog/manifest.ts";
import { aboutTask, isLater, ownKeys, type TaskKey, taskKeys } from "../parse/keys.ts";
import { triggerRules } from "../resolve/task.ts";
import { jobSchema } from "./job.ts";
import { parameterSchema } from "./parameter.ts";
import {
  anything,
  duration,
  flag,
  freeMap,
  holdsSetting,
  integer,
  matching,
  name,
  oneOf,
  orNull,
  properties,
  type Schema,
  settable,
  text,
  unless,
  when,
} from "./values.ts";
import type { Words } from "./words.ts";

const classPath = String.raw`^([A-Za-z_]\w*\.)+[A-Z]\w*$`;
const reference = matching(String.raw`^${name}(\.${name})*$`, "the name of a task or a group");

/** `needs` and `inputs` get the names of the file's own tasks elsewhere: they differ by pipeline. */
export function taskValues(words: Words): { readonly [key in TaskKey]?: Schema } {
  const values: { readonly [key in TaskKey]: Schema } = {
    operator_type: { $ref: "#/definitions/operator_type" },
    description: settable(text),
    needs: settable({ ...reference, type: ["string", "array"], items: unless(holdsSetting, reference) }),
    inputs: settable({ type: "object", additionalProperties: settable(source) }),
    params: settable(freeMap),
    presets: settable({ type: ["string", "array"], items: text }),
    enabled: settable(flag),
    partition: anything,
    for_each: anything,
    checks: anything,
    deliver: anything,
    job: settable(jobSchema(words, settable)),
    engine: settable(oneOf(["process"])),
    retries: settable(integer(0, 1000)),
    retry_delay: settable(duration),
    execution_timeout: settable(duration),
    trigger_rule: settable(oneOf(triggerRules)),
    pool: settable(text),
    queue: settable(text),
    priority_weight: settable(integer(-2_147_483_648, 2_147_483_647)),
    local: orNull(text),
  };
  return Object.fromEntries(Object.entries(values).filter(([key]) => !isLater(key)));
}

const source: Schema = { type: ["string", "array"], items: text };

/** Any other name is refused; a class of Airflow is known by its form. */
export function operatorTypeSchema({ operators }: Words): Schema {
  const names = [...operators.keys()];
  const about = [...operators.values()].map(([first]) => (first === undefined ? "" : describeOperator(first)));
  // The branch that anything fits is there for what the other one offers: names, each with what it is.
  const offered = { anyOf: [oneOf(names, about), {}] };
  const errorMessage = "There is no such operator; tradewind operators lists them, and tradewind check makes new ones known here.";
  return { ...when({ type: "string", pattern: `${holdsSetting}|${classPath}` }, anything, { ...oneOf(names), errorMessage }), ...offered };
}

function describeOperator({ description, inputs, outputs, params, folder, file }: Manifest): string {
  const lines = [description?.trim() ?? "", ""];
  if (inputs.size > 0) lines.push(`inputs: ${[...inputs.values()].map((port) => `${port.name} (${port.types.join(" or ")})`).join(", ")}`);
  if (outputs.size > 0) lines.push(`outputs: ${[...outputs.values()].map((port) => `${port.name} (${port.type})`).join(", ")}`);
  if (params.size > 0) lines.push(`parameters: ${[...params.keys()].join(", ")}`);
  lines.push(folder === undefined ? "built in" : file);
  return lines.join("\n").trim();
}

/** A map that has `operator_type`. What else it may hold depends on that: one branch an operator. */
export function taskSchema(words: Words): Schema {
  return {
    properties: properties(aboutTask, taskValues(words)),
    allOf: [
      ...[...words.operators].map(([type, manifests]) => whenOperator({ const: type }, operatorSchema(manifests, words))),
      whenOperator({ pattern: classPath }, { properties: forbidden }),
    ],
  };
}

/** Arguments of Airflow's classes that follow from where the task stands. */
const forbidden = Object.fromEntries(
  Object.keys(ownArguments)
    .filter((argument) => !taskKeys.includes(argument))
    .map((argument) => [argument, false]),
);

function whenOperator(type: Schema, schema: Schema): Schema {
  return when({ properties: { operator_type: type }, required: ["operator_type"] }, schema);
}

function operatorSchema(manifests: readonly Manifest[], words: Words): Schema {
  const [first, ...others] = manifests.map((manifest) => manifestSchema(manifest, words));
  if (first === undefined) return anything;
  return others.length === 0 ? first : { anyOf: [first, ...others] };
}

/** Of an operator that could not be read whole nothing is refused. */
function manifestSchema(manifest: Manifest, words: Words): Schema {
  if (manifest.broken) return anything;
  const params = Object.fromEntries([...manifest.params.values()].map((one) => [one.name, parameterSchema(one, words.connections)]));
  const ports = Object.fromEntries([...manifest.inputs.values()].map((port) => [port.name, portSchema(port)]));
  const beside = Object.fromEntries(Object.entries(params).filter(([key]) => !taskKeys.includes(key)));
  const required = [...manifest.params.values()]
    .filter((one) => one.required && !words.defaults.has(one.name) && Object.hasOwn(beside, one.name))
    .map((one) => one.name);
  return {
    properties: {
      ...beside,
      params: unless(holdsSetting, { type: ["object", "null"], properties: params, additionalProperties: false }),
      inputs: unless(holdsSetting, { type: ["object", "null"], properties: ports, additionalProperties: false }),
    },
    patternProperties: { [`^(${taskKeys.filter((key) => !isLater(key)).join("|")})$`]: {} },
    additionalProperties: false,
    ...(required.length === 0 ? {} : whenComplete(required)),
  };
}

/** What a task must give itself, if nothing else can give it. */
function whenComplete(required: readonly string[]): Schema {
  const elsewhere = ["params", "presets", "enabled"].map((key) => ({ required: [key] }));
  return when({ not: { anyOf: elsewhere } }, { required });
}

function portSchema({ types, optional, many }: InputPort): Schema {
  const facts = `${types.join(" or ")}${many ? ", any number of them" : ""}${optional ? "; optional" : ""}`;
  return { description: facts, ...settable(source) };
}

/** A `defaults` map: what many tasks may share, and parameters of any operator. */
export function defaultsSchema(words: Words): Schema {
  const shared = Object.entries(taskValues(words)).filter(([key]) => !ownKeys.includes(key));
  const params = new Map<string, Schema[]>();
  for (const manifest of [...words.operators.values()].flat())
    for (const one of manifest.params.values()) {
      if (taskKeys.includes(one.name)) continue;
      const schema = parameterSchema({ ...one, required: false }, words.connections);
      params.set(one.name, [...(params.get(one.name) ?? []), schema]);
    }
  const broken = [...words.operators.values()].flat().some((manifest) => manifest.broken);
  // One that several operators have is what its task's operator says: only its description is sure.
  const given = [...params].map(([key, [first = anything, ...others]]) => [
    key,
    others.length === 0 ? first : { description: first.description ?? "" },
  ]);
  return {
    type: ["object", "null"],
    properties: { ...Object.fromEntries(given), ...properties(aboutTask, Object.fromEntries(shared)) },
    additionalProperties: broken,
  };
}
