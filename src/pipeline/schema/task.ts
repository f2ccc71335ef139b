/** A task: its own keys, and the parameters and ports of the operator that it names. */
import { type AirflowClass, ownArguments } from "../catalog/airflow.ts";
import type { Operator } from "../catalog/catalog.ts";
import { effectKinds, type InputPort, type Manifest, type Parameter } from "../catalog/manifest.ts";
import { aboutTask, isLater, jobKeys, misspelled, ownKeys, type TaskKey, taskKeys } from "../parse/keys.ts";
import { aboutFree } from "../resolve/free.ts";
import { triggerRules } from "../resolve/task.ts";
import { engineNames } from "../settings/engines.ts";
import { jobSchema } from "./job.ts";
import { parameterSchema } from "./parameter.ts";
import { outputsSchema } from "./ports.ts";
import {
  anything,
  duration,
  flag,
  freeMap,
  holdsSetting,
  integer,
  matching,
  name,
  namedBy,
  oneOf,
  orNull,
  plainText,
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
function taskValues(words: Words): { readonly [key in TaskKey]?: Schema } {
  const values: { readonly [key in TaskKey]: Schema } = {
    operator_type: { $ref: "#/definitions/operator_type" },
    description: settable(text),
    needs: settable({ ...reference, type: ["string", "array"], items: unless(holdsSetting, reference) }),
    inputs: settable({ type: "object", additionalProperties: orNull(unless(holdsSetting, source)) }),
    params: settable(freeMap),
    presets: presetNames(words),
    enabled: settable(flag),
    partition: anything,
    for_each: settable(forEach),
    checks: anything,
    deliver: anything,
    job: settable(jobSchema(words, settable, orNull(text))),
    engine: settable(oneOf(engineNames)),
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

/** One name with its items: a list, or a map whose keys name the tasks. */
const forEach: Schema = {
  ...namedBy(
    `^${name}$`,
    "the name of a setting: letters, digits, _ and -, no digit first",
    unless(holdsSetting, {
      type: ["array", "object"],
      items: plainText,
      minItems: 1,
      minProperties: 1,
      errorMessage: "It is a list of texts and numbers, or a map.",
    }),
  ),
  minProperties: 1,
  maxProperties: 1,
};

/** One name, or a list of them. */
export function presetNames({ presets }: Words): Schema {
  const one = oneOf(presets);
  return settable(when({ type: "array" }, { items: unless(holdsSetting, one), examples: presets }, one));
}

/** `task:port` inside of a pipeline that is used as an operator. */
export const innerPort = matching(`^${name}(\\.${name})*:${name}$`, "a port of a task inside, such as score:data");

const address = matching(
  String.raw`^(\./|/|(data|models)/|[A-Za-z][A-Za-z0-9+.-]*://|${name}(\.${name})*(:${name})?$)`,
  "task, task:port, or a file as ./path or /path",
);
const source: Schema = { ...address, type: ["string", "array"], items: unless(holdsSetting, address) };

/** Any other name is refused; a class of Airflow is known by its form. */
export function operatorTypeSchema({ operators, reusable }: Words): Schema {
  const names = [...operators.keys(), ...reusable];
  const about = [
    ...[...operators.values()].map(([first]) => (first === undefined ? "" : describeOperator(first))),
    ...reusable.map((pipeline) => `the tasks of ${pipeline}.yaml, as a group`),
  ];
  // The branch that anything fits is there for what the other one offers: names, each with what it is.
  const offered = { anyOf: [oneOf(names, about), {}] };
  const errorMessage = "There is no such operator; tradewind operators lists them, and tradewind check makes new ones known here.";
  return { ...when({ type: "string", pattern: `${holdsSetting}|${classPath}` }, anything, { ...oneOf(names), errorMessage }), ...offered };
}

function describeOperator(operator: Operator): string {
  if (operator.kind === "airflow") return [operator.known?.description?.trim() ?? "", "", operator.classPath].join("\n").trim();
  const { description, inputs, outputs, params, folder, file } = operator;
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
      ...[...words.operators].map(([type, operators]) => whenOperator({ const: type }, operatorSchema(operators, words))),
      // A class that nothing is known of takes anything but what follows from where its task stands.
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

function operatorSchema(operators: readonly Operator[], words: Words): Schema {
  const [first, ...others] = operators.map((one) => (one.kind === "manifest" ? manifestSchema(one, words) : classSchema(one, words)));
  if (first === undefined) return anything;
  return others.length === 0 ? first : { anyOf: [first, ...others] };
}

/** Of an operator that could not be read whole nothing is refused. */
function manifestSchema(manifest: Manifest, words: Words): Schema {
  if (manifest.broken) return anything;
  if (manifest.free) return freeSchema(words);
  const ports = Object.fromEntries([...manifest.inputs.values()].map((port) => [port.name, portSchema(port)]));
  const inputs = unless(holdsSetting, { type: ["object", "null"], properties: ports, additionalProperties: false });
  return closed(manifest.params, { inputs, local: onlyForAirflow }, words);
}

/** Of a task with a script of its own: any key but those that are meant for `job:` is a parameter, and any port may be named. */
function freeSchema(words: Words): Schema {
  const misplaced = [...jobKeys, ...Object.keys(misspelled)].map((key) => [
    key,
    { not: {}, errorMessage: `It belongs under job: as job: { ${key}: … }.`, doNotSuggest: true },
  ]);
  return {
    properties: {
      ...Object.fromEntries(misplaced),
      inputs: unless(holdsSetting, { type: ["object", "null"], additionalProperties: orNull(unless(holdsSetting, source)) }),
      ...properties(aboutFree, { outputs: outputsSchema(words), effects: settable(oneOf(effectKinds)) }),
      local: onlyForAirflow,
    },
  };
}

const onlyForAirflow: Schema = { type: "null", errorMessage: "Only an operator of Airflow has a local script.", doNotSuggest: true };

/** What is known of Airflow's own classes comes from one version of them, and refuses nothing. */
function classSchema({ known, own }: AirflowClass, words: Words): Schema {
  if (known === undefined) return anything;
  if (own && !known.open) return closed(known.params, forbidden, words);
  const params = [...known.params.values()].filter(({ name: param }) => !taskKeys.includes(param));
  const shown = params.map(({ name: param, schema }) => [param, { description: schema.description ?? "" }]);
  return { properties: Object.fromEntries(shown) };
}

/** The keys of a task, these parameters, and nothing else. */
function closed(params: ReadonlyMap<string, Parameter>, more: Schema, words: Words): Schema {
  const all = Object.fromEntries([...params.values()].map((one) => [one.name, parameterSchema(one, words.connections)]));
  const beside = Object.fromEntries(Object.entries(all).filter(([key]) => !taskKeys.includes(key)));
  const required = [...params.values()]
    .filter((one) => one.required && !words.defaults.has(one.name))
    .map((one) => one.name)
    .filter((param) => Object.hasOwn(beside, param) && !Object.hasOwn(ownArguments, param));
  return {
    properties: {
      ...beside,
      params: unless(holdsSetting, { type: ["object", "null"], properties: all, additionalProperties: false }),
      ...more,
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
  return { description: facts, ...unless(holdsSetting, source) };
}

/** A `defaults` map: what many tasks may share, and parameters of any operator. */
export function defaultsSchema(words: Words, leftOut: readonly string[] = []): Schema {
  const shared = Object.entries(taskValues(words)).filter(([key]) => !ownKeys.includes(key) && !leftOut.includes(key));
  const params = new Map<string, Schema[]>();
  const manifests = [...new Set([...words.operators.values()].flat())].filter((one) => one.kind === "manifest");
  for (const manifest of manifests)
    for (const one of manifest.params.values()) {
      if (taskKeys.includes(one.name)) continue;
      const schema = parameterSchema({ ...one, required: false }, words.connections);
      params.set(one.name, [...(params.get(one.name) ?? []), schema]);
    }
  const broken = manifests.some((manifest) => manifest.broken);
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
