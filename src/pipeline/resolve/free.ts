/** The interface of an operator that declares none: what its task gives is what it takes (`operator_type: job`, a job's file). */
import { nearestSlip } from "../../protocol/suggest.ts";
import { namesConnection } from "../catalog/connection-name.ts";
import { checkInnerName, effectKinds, type InputPort, type Manifest, type Parameter, readOutputs } from "../catalog/manifest.ts";
import { jobKeys, misspelled, taskKeys } from "../parse/keys.ts";
import { type Entry, isNull, type Node } from "../parse/node.ts";
import type { Body } from "../parse/pipeline.ts";
import { oneOf } from "../parse/read.ts";
import { quote, type Report, renameTo } from "../parse/report.ts";
import type { UsedPreset } from "./presets.ts";

/** Keys of such a task besides those of all tasks. */
export const aboutFree = {
  outputs: "Ports that its script writes, by name: a type such as csv, or a map with `type`.",
  effects: "none: same inputs, same outputs; reads: looks at the outside world; writes: changes it. The cache goes by it.",
};
const ownKeys = Object.keys(aboutFree);

export interface Filled {
  readonly manifest: Manifest;
  /** What the task gives under `inputs`, without the ports that are only named. */
  readonly inputs: Node | undefined;
  /** Names of its parameters. */
  readonly params: ReadonlySet<string>;
}

/**
 * `own` and `presets` give parameters; `inputs` names ports, each of any type: one without a value is bound by `needs`, or by the
 * interface of the pipeline around it.
 */
export function fillInterface(
  manifest: Manifest,
  task: string,
  own: Body,
  presets: readonly UsedPreset[],
  inputs: Entry | undefined,
  report: Report,
): Filled {
  const said = (key: string) => (own.explicit.has(key) ? undefined : own.params.get(key));
  const is = (part: "params" | "inputs" | "outputs") => manifest.free?.includes(part) ?? false;
  const outputs = is("outputs") ? said("outputs") : undefined;
  const effects = manifest.effects === undefined ? said("effects") : undefined;
  const params = is("params") ? readParams(own, presets, report) : manifest.params;
  const map = inputs?.value;
  const kind = effects && !isNull(effects.value) ? oneOf(effectKinds)(effects.value, "`effects`", report) : undefined;
  return {
    manifest: {
      ...manifest,
      params,
      inputs: is("inputs") ? readInputs(map, report) : manifest.inputs,
      outputs: is("outputs") ? readOutputs(outputs, `task \`${task}\``, report) : manifest.outputs,
      ...(kind === undefined ? {} : { effects: kind }),
    },
    inputs: map?.kind === "map" && is("inputs") ? { ...map, entries: map.entries.filter(({ value }) => !isNull(value)) } : map,
    params: new Set(params.keys()),
  };
}

function readParams(own: Body, presets: readonly UsedPreset[], report: Report): ReadonlyMap<string, Parameter> {
  const params = new Map<string, Parameter>();
  for (const body of [...presets.map((preset) => preset.body), own]) {
    for (const { key, keySpan } of body.params.values()) {
      const explicit = body.explicit.has(key);
      if (!explicit && (ownKeys.includes(key) || (body === own && refuseSlip(key, keySpan, report)))) continue;
      checkInnerName(key, keySpan, "parameter", report);
      params.set(key, { name: key, schema: namesConnection(key) ? { type: "connection" } : {}, required: false, span: keySpan });
    }
  }
  return params;
}

/** Any key may be a parameter, so that a slip would be one too: what is nearly a key of a task, or belongs under `job:`, is refused. */
function refuseSlip(key: string, keySpan: Entry["keySpan"], report: Report): boolean {
  const inJob = jobKeys.includes(key) || Object.hasOwn(misspelled, key);
  const near = nearestSlip(key, [...taskKeys, ...ownKeys]);
  if (!inJob && near === undefined) return false;
  const hint = inJob ? `it belongs under \`job:\` as \`job: { ${key}: … }\`` : `did you mean \`${near}\`?`;
  const notes = [{ message: `a parameter of that name stands under \`params:\`, as \`params: { ${key}: … }\`` }];
  const fix = near === undefined || inJob ? {} : renameTo(near, key, keySpan);
  report("unknown-parameter", keySpan, `${quote(key)} would be a parameter; ${hint}`, { notes, ...fix });
  return true;
}

function readInputs(node: Node | undefined, report: Report): ReadonlyMap<string, InputPort> {
  const ports = new Map<string, InputPort>();
  for (const { key, keySpan, value } of node?.kind === "map" ? node.entries : []) {
    checkInnerName(key, keySpan, "port", report);
    ports.set(key, { name: key, types: ["any"], optional: false, many: value.kind === "list", span: keySpan, typeSpan: value.span });
  }
  return ports;
}
