/** One task: what the layers of precedence say about it, strongest last (design §3). */
import type { TriggerRule } from "../../protocol/plan.ts";
import { type Catalog, findOperator, type Operator } from "../catalog/catalog.ts";
import { type Entry, isNull, type Node } from "../parse/node.ts";
import type { Body, TaskNode } from "../parse/pipeline.ts";
import { integerFrom, oneOf, type Reader, readBoolean, readDuration, readString } from "../parse/read.ts";
import type { Report } from "../parse/report.ts";
import { chooseEngine } from "../settings/engines.ts";
import type { Settings } from "../settings/types.ts";
import { readEntry } from "./dag.ts";
import { fillInterface } from "./free.ts";
import { interpolateBody } from "./interpolate.ts";
import { resolveJob } from "./job.ts";
import type { GivenParam, NamedOperator, Sourced, Task } from "./pipeline.ts";
import { type Presets, readPresets, type UsedPreset } from "./presets.ts";

export const triggerRules: readonly TriggerRule[] = [
  "all_success",
  "all_failed",
  "all_done",
  "all_done_min_one_success",
  "all_done_setup_success",
  "all_skipped",
  "always",
  "one_done",
  "one_failed",
  "one_success",
  "none_failed",
  "none_failed_min_one_success",
  "none_skipped",
];

/** A task before its references are followed. */
export interface TaskFacts extends Omit<Task, "needs" | "inputs" | "bound" | "upstream"> {
  readonly needsNode?: Node;
  readonly inputsNode?: Node;
}

/** What is said for many tasks, with `${…}` already replaced. */
export interface Around {
  /** Of the settings, the pipeline and the groups around the task, weakest first. */
  readonly defaults: readonly Body[];
  readonly dagPresets: { readonly used: readonly UsedPreset[]; readonly complete: boolean };
  /** `dag.base_resource`. */
  readonly base: Sourced<string> | undefined;
}

/** Gives the presets that the task names, too. `pipeline` is the one that is its operator. */
export function resolveTask(
  node: TaskNode,
  { group, scope }: Pick<Task, "group" | "scope">,
  around: Around,
  { settings, catalog, presets }: { readonly settings: Settings; readonly catalog: Catalog; readonly presets: Presets },
  report: Report,
  pipeline?: Operator,
): { readonly task: TaskFacts; readonly presets: readonly UsedPreset[] } {
  const own = interpolateBody(node, settings, report);
  const { used, complete } = readPresets(entryIn([...around.defaults, own], "presets"), presets, settings, report);
  const bodies = [...around.defaults, ...around.dagPresets.used.map(({ body }) => body), ...used.map(({ body }) => body), own];
  const entryOf = (key: string) => entryIn(bodies, key);
  const read = <K extends string, T>(name: K, key: string, reader: Reader<T>) => {
    const found = readEntry(entryOf(key), `\`${key}\``, reader, report);
    return found === undefined ? {} : ({ [name]: found } as { [key in K]: Sourced<T> });
  };
  const named = readOperator(entryOf("operator_type"), pipeline, catalog, report);
  const inputs = entryOf("inputs");
  const filled =
    named?.found?.kind === "manifest" && named.found.free ? fillInterface(named.found, node.id, own, used, inputs, report) : undefined;
  const operator = named && filled ? { ...named, found: filled.manifest } : named;
  const found = operator?.found;
  const needs = entryOf("needs");
  const inputsNode = filled ? filled.inputs : inputs?.value;
  const engine = chooseEngine(entryOf("engine"), "`engine`", report);
  const jobs = bodies.flatMap(({ keys }) => keys.get("job") ?? []).filter(({ value }) => !isNull(value));
  const job =
    found?.kind === "manifest" && pipeline === undefined
      ? resolveJob(found, jobs, { flavor: around.base, engine }, settings, report)
      : undefined;
  const task = {
    id: node.id,
    name: node.name,
    nameSpan: node.nameSpan,
    group,
    scope,
    enabled: readEntry(entryOf("enabled"), "`enabled`", readBoolean, report)?.value ?? true,
    ...(operator ? { operator } : {}),
    ...read("description", "description", readString),
    ...(needs ? { needsNode: needs.value } : {}),
    ...(inputsNode ? { inputsNode } : {}),
    complete: complete && around.dagPresets.complete,
    params: readParams(bodies, own, own.keys.has("presets") ? used : [], operator, filled?.params),
    ...(job ? { job } : {}),
    ...read("triggerRule", "trigger_rule", oneOf(triggerRules)),
    ...read("retries", "retries", integerFrom(0, 1000)),
    ...read("retryDelay", "retry_delay", readDuration),
    ...read("executionTimeout", "execution_timeout", readDuration),
    ...read("pool", "pool", readString),
    ...read("queue", "queue", readString),
    ...read("priorityWeight", "priority_weight", integerFrom(-2_147_483_648, 2_147_483_647)),
    ...read("local", "local", readString),
  };
  return { task, presets: used };
}

/** What the strongest of the bodies says; null takes away what a weaker one said. */
function entryIn(bodies: readonly Body[], key: string): Entry | undefined {
  let found: Entry | undefined;
  for (const { keys } of bodies) found = keys.get(key) ?? found;
  return found === undefined || isNull(found.value) ? undefined : found;
}

function readOperator(
  entry: Entry | undefined,
  pipeline: Operator | undefined,
  catalog: Catalog,
  report: Report,
): NamedOperator | undefined {
  const named = readEntry(entry, "`operator_type`", readString, report);
  if (named === undefined) return undefined;
  const found = pipeline ?? findOperator(catalog, named.value);
  return { name: named.value, span: named.span, ...(found ? { found } : {}) };
}

/**
 * A default, or a preset of the dag, that the operator does not know is meant for other tasks; not so what the task itself
 * names. `free` are the parameters of an operator that takes any.
 */
function readParams(
  bodies: readonly Body[],
  own: Body,
  presets: readonly UsedPreset[],
  operator: NamedOperator | undefined,
  free: ReadonlySet<string> | undefined,
): ReadonlyMap<string, GivenParam> {
  const params = new Map<string, GivenParam>();
  const found = operator?.found;
  for (const body of bodies) {
    const preset = presets.find((used) => used.body === body);
    for (const { key, keySpan, value } of body.params.values()) {
      if (free && !free.has(key)) continue;
      if (body !== own && !preset && !(found?.kind === "manifest" && found.params.has(key))) continue;
      params.set(key, { name: key, keySpan, node: value, ...(preset ? { preset } : {}) });
    }
  }
  return params;
}
