/** Where every value of a pipeline comes from: file, line and layer. The data behind `tradewind explain`. */
import type { Span } from "../protocol/diagnostic.ts";
import { formatDuration } from "../protocol/duration.ts";
import type { Json } from "../protocol/json.ts";
import type { Manifest } from "./catalog/manifest.ts";
import { childOf, type Node, toJson } from "./parse/node.ts";
import { referenceOf } from "./resolve/job.ts";
import type { BoundInput, Job, Pipeline, Source, Sourced, Task } from "./resolve/pipeline.ts";
import { isoInstant, runOn } from "./timetable.ts";

export interface ExplainedValue {
  /** `dag.schedule`, `load.to_dwh.table`, `load.to_dwh.job.execution_time`, `vars.limit`. */
  readonly path: string;
  readonly value: Json;
  /** `base`, `environment`, `project`, `project environment`, `pipeline`, `preset <name>`, `operator`, `built-in operator`, `--set` or `default`. */
  readonly layer: string;
  /** Where the value is written. */
  readonly span?: Span;
  /** What names it there, when it is a setting: the `${…}`. */
  readonly named?: Span;
  readonly note?: string;
}

export interface ExplainedSection {
  /** `dag`, a task's id, or `settings`. */
  readonly name: string;
  readonly values: readonly ExplainedValue[];
}

/** All values in the order of the file: the dag, each task, and the merged settings. `textAt` gives what is written at a place. */
export function explainPipeline(pipeline: Pipeline, textAt: (span: Span) => string): readonly ExplainedSection[] {
  const layers = layersOf(pipeline, textAt);
  const sections = [{ name: "dag", values: explainDag(pipeline, layers) }];
  for (const task of pipeline.tasks) sections.push({ name: task.id, values: explainTask(task, layers) });
  sections.push({ name: "settings", values: leaves(pipeline.settings.tree, "", layers) });
  return sections;
}

/** The values at a path, or below it. */
export function selectValues(sections: readonly ExplainedSection[], path: string): readonly ExplainedSection[] {
  return sections
    .map(({ name, values }) => ({
      name,
      values: name === path ? values : values.filter((value) => value.path === path || value.path.startsWith(`${path}.`)),
    }))
    .filter(({ values }) => values.length > 0);
}

type Layers = (span: Span) => string;

function layersOf(pipeline: Pipeline, textAt: (span: Span) => string): Layers {
  const names = new Map<string, string>(pipeline.settings.layers.map(({ file, name }) => [file, name]));
  for (const file of pipeline.files) names.set(file, `pipeline ${file}`);
  names.set(pipeline.file, "pipeline");
  names.set("", "--set");
  const presets = [...new Set(pipeline.presets.map(({ preset }) => preset))];
  return (span) => {
    if (span.file.startsWith("builtin/")) return "built-in operator";
    const preset = presets.find((one) => one.span.file === span.file && one.span.start <= span.start && span.end <= one.span.end);
    if (preset) return `preset ${preset.name}`;
    // A `${x}` that no file answers is answered by --set, or by the default that stands in it.
    const reference = span.file === "" ? null : /(?<!\$)\$\{([\w.-]+?)(?::-|\})/.exec(textAt(span));
    if (reference !== null && isGiven(pipeline, reference[1] ?? "")) return "--set";
    return names.get(span.file) ?? "operator";
  };
}

/** True when --set gave the variable: such a value has no place in a file. */
function isGiven({ settings }: Pipeline, path: string): boolean {
  const found = ["vars", ...path.split(".")].reduce<Node | undefined>(childOf, settings.tree);
  return found?.span.file === "";
}

function explain(
  path: string,
  value: Json,
  place: Pick<Sourced<unknown>, "span" | "via"> | undefined,
  layers: Layers,
  note?: string,
): ExplainedValue {
  const noted = note === undefined ? {} : { note };
  if (place === undefined) return { path, value, layer: "default", ...noted };
  const { span, via } = place;
  const written = via ?? span;
  const shownSpan = written.file === "" || written.file.startsWith("builtin/") ? {} : { span: written };
  return { path, value, layer: layers(written), ...shownSpan, ...(via === undefined ? {} : { named: span }), ...noted };
}

function explainDag({ dag, settings }: Pipeline, layers: Layers): ExplainedValue[] {
  const values: ExplainedValue[] = [];
  const add = (key: string, found: Sourced<Json> | undefined, note?: string) => {
    if (found !== undefined) values.push(explain(`dag.${key}`, found.value, found, layers, note));
  };
  const plain = (key: string, value: Json, note?: string) => values.push(explain(`dag.${key}`, value, undefined, layers, note));
  add("name", dag.name);
  if (dag.dagId !== undefined) plain("dag_id", dag.dagId, `by airflow.dag_id: ${settings.dagId}`);
  add("description", dag.description);
  if (dag.schedule) add("schedule", dag.schedule);
  else if (dag.schedule === null) plain("schedule", null, "runs only when somebody starts it");
  if (dag.schedule) plain("interval", dag.interval, intervalNote(dag));
  if (dag.timezone?.span === dag.span) plain("timezone", dag.timezone.value);
  else add("timezone", dag.timezone);
  add("start_date", dag.startDate);
  add("end_date", dag.endDate);
  if (dag.catchupSpan === undefined) plain("catchup", dag.catchup);
  else add("catchup", { value: dag.catchup, span: dag.catchupSpan });
  add("max_active_runs", dag.maxActiveRuns);
  add("owner", dag.owner);
  if (dag.criticalSpan !== undefined) add("critical", { value: dag.critical, span: dag.criticalSpan });
  add("base_resource", dag.baseResource);
  for (const tag of dag.tags) add("tags", tag);
  for (const entry of dag.paramEntries) add(`params.${entry.key}`, { value: toJson(entry.value), span: entry.keySpan });
  return values;
}

/** What `{{ ds }}` is, told by an example. */
function intervalNote(dag: Pipeline["dag"]): string | undefined {
  if (!dag.schedule || dag.timezone === undefined) return undefined;
  const run = runOn({ cron: dag.schedule.value, interval: dag.interval }, dag.timezone.value, { now: Date.parse("2026-01-15T12:00:00Z") });
  if ("problem" in run) return undefined;
  const minute = (iso: string) => `${isoInstant(Date.parse(iso)).slice(0, 16).replace("T", " ")} UTC`;
  return `the run that starts at ${minute(run.data_interval_end)} has ds = ${run.logical_date.slice(0, 10)}`;
}

function explainTask(task: Task, layers: Layers): ExplainedValue[] {
  const values: ExplainedValue[] = [];
  const add = (key: string, found: Sourced<Json> | undefined, note?: string) => {
    if (found !== undefined) values.push(explain(`${task.id}.${key}`, found.value, found, layers, note));
  };
  if (task.operator) add("operator_type", { value: task.operator.name, span: task.operator.span }, operatorNote(task.operator.found));
  if (!task.enabled) values.push(explain(`${task.id}.enabled`, false, undefined, layers, "it is not in the Plan"));
  for (const { text, span, target } of task.needs)
    add("needs", { value: text, span }, target?.kind === "group" ? "a group: all its tasks" : undefined);
  for (const [port, input] of task.bound) values.push(explainInput(task, port, input, layers));
  values.push(...explainParams(task, layers));
  values.push(...explainFree(task, layers));
  add("engine", task.job?.engine);
  if (task.job) values.push(...explainJob(task.job, `${task.id}.job`, layers));
  add("retries", task.retries);
  add("retry_delay", duration(task.retryDelay));
  add("execution_timeout", duration(task.executionTimeout));
  add("trigger_rule", task.triggerRule);
  add("pool", task.pool);
  add("queue", task.queue);
  add("priority_weight", task.priorityWeight);
  add("local", task.local);
  return values;
}

function operatorNote(found: NonNullable<Task["operator"]>["found"]): string {
  if (found === undefined) return "unknown";
  if (found.kind === "airflow") return "an Airflow class, passed through";
  return found.folder === undefined ? "built in" : found.file;
}

function explainInput(task: Task, port: string, input: BoundInput, layers: Layers): ExplainedValue {
  const names = input.sources.map(showSource);
  const value = names.length === 1 ? (names[0] ?? null) : names;
  const note = input.by === "needs" ? "bound because the task needs it and its type fits" : undefined;
  return explain(`${task.id}.inputs.${port}`, value, { span: input.span }, layers, note);
}

function showSource(source: Source): string {
  return source.kind === "output" ? `${source.task}:${source.port}` : source.kind === "none" ? source.text : source.path;
}

function explainParams(task: Task, layers: Layers): ExplainedValue[] {
  const found = task.operator?.found;
  const given = [...task.params.values()].map(({ name, node }) => explain(`${task.id}.${name}`, toJson(node), node, layers));
  const defaults = found?.kind === "manifest" ? defaultsOf(found, task) : [];
  return [
    ...given,
    ...defaults.map(({ name, value, span }) => explain(`${task.id}.${name}`, value, { span }, layers, "the operator's default")),
  ];
}

/** What an operator without an interface of its own was given as one. */
function explainFree({ id, operator }: Task, layers: Layers): ExplainedValue[] {
  const found = operator?.found;
  if (found?.kind !== "manifest" || !found.free?.includes("outputs")) return [];
  return [...found.outputs.values()].map(({ name, type, typeSpan }) => explain(`${id}.outputs.${name}`, type, { span: typeSpan }, layers));
}

function defaultsOf({ params }: Manifest, task: Task): { name: string; value: Json; span: Span }[] {
  return [...params.values()].flatMap(({ name, schema, span, defaultSpan }) =>
    task.params.has(name) || schema.default === undefined ? [] : [{ name, value: schema.default, span: defaultSpan ?? span }],
  );
}

function explainJob(job: Job, path: string, layers: Layers): ExplainedValue[] {
  const values: ExplainedValue[] = [];
  const add = (key: string, found: Sourced<Json> | undefined, note?: string) => {
    if (found !== undefined) values.push(explain(`${path}.${key}`, found.value, found, layers, note));
  };
  add("resource_flavor", job.flavor, job.flavor?.found && flavorNote(job.flavor.found));
  add("docker_image", job.image, imageNote(job));
  add("execution_time", duration(job.executionTime));
  add("stage_time", duration(job.stageTime));
  add("grace", duration(job.grace));
  add("execution_script", job.script);
  add("code", job.code);
  for (const item of job.packages) add("package", item);
  add("requirements", job.requirements);
  for (const { name, value, span } of job.env) add(`env.${name}`, { value, span });
  return values;
}

function imageNote({ image, engine }: Job): string | undefined {
  const reference = image?.found && referenceOf(image);
  if (image === undefined || (engine?.value ?? "process") !== "process") return reference;
  const python = image.found?.python;
  return python === undefined ? undefined : `a process takes its Python ${python} only`;
}

function flavorNote({ cpu, memory, memory_max, disk, gpu, queue }: NonNullable<NonNullable<Job["flavor"]>["found"]>): string {
  const parts = [
    cpu === undefined ? "" : `cpu ${cpu}`,
    memory === undefined ? "" : `memory ${memory} bytes`,
    memory_max === undefined ? "" : `memory_max ${memory_max} bytes`,
    disk === undefined ? "" : `disk ${disk} bytes`,
    gpu === undefined ? "" : `gpu ${gpu}`,
    queue === undefined ? "" : `queue ${queue}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function duration(found: Sourced<number> | undefined): Sourced<string> | undefined {
  return found && { ...found, value: formatDuration(found.value) };
}

/** Every scalar and list of the merged settings. */
function leaves(node: Node, path: string, layers: Layers): ExplainedValue[] {
  if (node.kind !== "map" || node.entries.length === 0) return path === "" ? [] : [explain(path, toJson(node), node, layers)];
  return node.entries.flatMap(({ key, value }) => leaves(value, path === "" ? key : `${path}.${key}`, layers));
}
