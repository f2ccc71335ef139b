/** Pipeline → Plan. The pipeline has passed every check, so what is missing here is only a digest that nobody made yet. */
import type { Json, JsonObject } from "../../protocol/json.ts";
import { canonicalJson } from "../../protocol/json.ts";
import type {
  DagPlan,
  Effects,
  EnginesPlan,
  InputPlan,
  InputSource,
  JobTaskPlan,
  OutputPlan,
  OwnOperatorPlan,
  PackageIndexPlan,
  ParamPlan,
  Plan,
  PublishItem,
  TaskPlan,
} from "../../protocol/plan.ts";
import { installsPackages } from "../../protocol/request-env.ts";
import { sha256 } from "../../protocol/sha256.ts";
import type { AirflowClass, OwnClass } from "../catalog/airflow.ts";
import type { Manifest } from "../catalog/manifest.ts";
import { toJson } from "../parse/node.ts";
import { orderTasks } from "../resolve/order.ts";
import type { Job, Pipeline, Task } from "../resolve/pipeline.ts";
import type { FileType, Settings } from "../settings/types.ts";
import { parseDate } from "../timetable.ts";
import type { Inventory } from "./inventory.ts";
import { planJob } from "./job.ts";

/** Airflow's own default, in seconds. */
const usualRetryDelay = 300;
/** Seconds that Airflow waits beyond the launcher's own limits: it is a backstop, and must never come first. */
const timeoutMargin = 60;
/** Of the tasks of a critical pipeline that name none; Airflow's default is 1. */
const criticalWeight = 10;
/** For a pipeline that says nothing: no run before it is wanted, since `catchup` is then false. */
const usualStart = "2020-01-01T00:00:00";

/** Undefined when a digest is still lacking; the inventory then knows which. */
export function planPipeline(pipeline: Pipeline, overrides: ReadonlyMap<string, string>, inventory: Inventory): Plan | undefined {
  const { settings, dag } = pipeline;
  const enabled = pipeline.tasks.filter((task) => task.enabled);
  const byId = new Map(enabled.map((task) => [task.id, task]));
  const order = orderTasks([...byId.keys()], (id) => byId.get(id)?.upstream.keys() ?? []);
  const place = new Map(order.map((id, index) => [id, index]));
  const ordered = order.flatMap((id) => byId.get(id) ?? []);
  const publish = new Map<string, PublishItem>();
  const planned = ordered.map((task) => planTask(task, pipeline, place, inventory, publish));
  const tasks = planned.filter((task) => task !== undefined).map((task) => withIndexConnection(task, settings.packageIndex));
  if (tasks.length < planned.length) return undefined;
  const used = new Set(tasks.flatMap(({ id }) => outerGroups(id)));
  return {
    version: 1,
    source: {
      file: pipeline.file,
      ...(settings.project === undefined ? {} : { project: settings.project }),
      digest: digestSources(pipeline, overrides, [...publish.values()], inventory),
    },
    env: settings.env,
    dag: planDag(dag, dag.dagId ?? ""),
    groups: pipeline.groups
      .filter(({ id }) => used.has(id))
      .map(({ id, description }) => ({ id, ...(description === undefined ? {} : { description }) })),
    tasks,
    store: settings.store,
    launcher: settings.launcher,
    ...(settings.packageIndex && { package_index: settings.packageIndex }),
    engines: planEngines(settings),
    publish: [...publish.values()],
  };
}

/** The login of the package index, for who installs packages from it. */
function withIndexConnection(task: TaskPlan, index: PackageIndexPlan | undefined): TaskPlan {
  if (index?.connection === undefined || task.kind !== "job" || !installsPackages(task)) return task;
  return { ...task, launcher_connections: [index.connection] };
}

function planEngines({ engines, engineImages, images }: Settings): EnginesPlan {
  const withImage = (engine: "docker" | "kubernetes") => {
    const named = engineImages.get(engine)?.value;
    const found = named === undefined ? undefined : images.get(named);
    const image = found ? found.image : named;
    return engines[engine] && { [engine]: { ...engines[engine], ...(image === undefined ? {} : { image }) } };
  };
  return { ...engines, ...withImage("docker"), ...withImage("kubernetes") };
}

function outerGroups(id: string): string[] {
  const parts = id.split(".").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("."));
}

function planDag(dag: Pipeline["dag"], dagId: string): DagPlan {
  const schedule = dag.schedule;
  return {
    dag_id: dagId,
    name: dag.name?.value ?? "",
    ...(dag.description ? { description: dag.description.value } : {}),
    schedule: schedule ? { cron: schedule.value, interval: dag.interval } : null,
    timezone: dag.timezone?.value ?? "UTC",
    start_date: (dag.startDate && parseDate(dag.startDate.value)) ?? usualStart,
    ...(dag.endDate ? { end_date: parseDate(dag.endDate.value) ?? dag.endDate.value } : {}),
    catchup: dag.catchup,
    ...(dag.maxActiveRuns ? { max_active_runs: dag.maxActiveRuns.value } : {}),
    ...(dag.owner ? { owner: dag.owner.value } : {}),
    tags: dag.tags.map(({ value }) => value),
    critical: dag.critical,
    params: dag.params,
  };
}

function planTask(
  task: Task,
  pipeline: Pipeline,
  place: ReadonlyMap<string, number>,
  inventory: Inventory,
  publish: Map<string, PublishItem>,
): TaskPlan | undefined {
  const operator = task.operator?.found;
  if (operator === undefined) return undefined;
  const weight = task.priorityWeight?.value ?? (pipeline.dag.critical ? criticalWeight : undefined);
  const queue = task.queue?.value ?? task.job?.flavor?.found?.queue;
  const timeout = task.executionTimeout?.value;
  const facts = {
    id: task.id,
    group: task.group === "" ? null : task.group,
    operator: task.operator?.name ?? "",
    ...(task.description ? { description: task.description.value } : {}),
    upstream: [...task.upstream.keys()].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0)),
    trigger_rule: task.triggerRule?.value ?? "all_success",
    retries: task.retries?.value ?? 0,
    retry_delay: task.retryDelay?.value ?? usualRetryDelay,
    ...(task.pool ? { pool: task.pool.value } : {}),
    ...(queue === undefined ? {} : { queue }),
    ...(weight === undefined ? {} : { priority_weight: weight }),
  } as const;
  if (operator.kind === "airflow") {
    const own = operator.own && planOwn(task, operator, operator.own, inventory, publish);
    if (operator.own && own === undefined) return undefined;
    const { own: written } = operator;
    return {
      kind: "airflow",
      ...facts,
      ...(timeout === undefined ? {} : { execution_timeout: timeout }),
      class_path: written ? `${pipeline.settings.operators}.${written.module}.${written.name}` : operator.classPath,
      arguments: Object.fromEntries([...task.params.values()].map(({ name, node }) => [name, toJson(node)])) as JsonObject,
      ...(task.local ? { local: task.local.value } : {}),
      ...(own ? { own } : {}),
    };
  }
  return planJobTask(task, operator, task.job ?? { packages: [], env: [] }, facts, pipeline.settings.types, inventory, publish);
}

function planOwn(
  task: Task,
  { known }: AirflowClass,
  { folder, module, name }: OwnClass,
  inventory: Inventory,
  publish: Map<string, PublishItem>,
): OwnOperatorPlan | undefined {
  const path = `${folder}/*`;
  const code = inventory.folder(path);
  if (code === undefined) return undefined;
  publish.set(`code/${code}`, { kind: "code", sha256: code, folder: path });
  const connections = [...(known?.params.values() ?? [])].flatMap((param) => {
    const given = task.params.get(param.name);
    const value = given === undefined ? param.schema.default : toJson(given.node);
    return param.schema.type === "connection" && typeof value === "string" ? [value] : [];
  });
  return {
    folder,
    target: `${module}:${name}`,
    code,
    ...(known?.templateFields === undefined ? {} : { templates: known.templateFields }),
    connections: [...new Set(connections)].sort(),
  };
}

type Facts = Omit<JobTaskPlan, "kind" | "engine" | "job" | "params" | "inputs" | "outputs" | "connections" | "effects">;

function planJobTask(
  task: Task,
  operator: Manifest,
  given: Job,
  facts: Facts,
  types: ReadonlyMap<string, FileType>,
  inventory: Inventory,
  publish: Map<string, PublishItem>,
): JobTaskPlan | undefined {
  const outputs = planOutputs(operator, types);
  const params = planParams(task, operator);
  const inputs = planInputs(task, operator, inventory, publish);
  const job = planJob(operator, given, outputs, inventory);
  if (job === undefined || inputs === undefined) return undefined;
  if (job.code !== undefined && given.code) publish.set(`code/${job.code}`, { kind: "code", sha256: job.code, folder: given.code.value });
  const limit = job.execution_time === undefined ? undefined : job.execution_time + job.stage_time + timeoutMargin;
  const timeout = task.executionTimeout?.value ?? limit;
  const connections = Object.values(params).flatMap(({ value, schema }) =>
    schema.type === "connection" && typeof value === "string" ? [value] : [],
  );
  return {
    kind: "job",
    ...facts,
    ...(timeout === undefined ? {} : { execution_timeout: timeout }),
    engine: given.engine?.value ?? "process",
    job,
    params,
    inputs,
    outputs,
    connections: [...new Set(connections)].sort(),
    effects: operator.effects ?? usualEffects(operator),
  };
}

/** No output: it is there for what it does elsewhere. No input, or a connection: it looks at the outside world. */
function usualEffects(operator: Manifest): Effects {
  if (operator.outputs.size === 0) return "writes";
  const connected = [...operator.params.values()].some(({ schema }) => schema.type === "connection");
  return connected || operator.inputs.size === 0 ? "reads" : "none";
}

function planParams(task: Task, operator: Manifest): { readonly [name: string]: ParamPlan } {
  return Object.fromEntries(
    [...operator.params.values()].flatMap(({ name, schema }): [string, ParamPlan][] => {
      const given = task.params.get(name);
      const value: Json | undefined = given === undefined ? schema.default : toJson(given.node);
      if (value === undefined || value === null) return [];
      return [[name, { value, schema, template: schema.template !== false && schema.type !== "connection" }]];
    }),
  );
}

function planOutputs(operator: Manifest, types: ReadonlyMap<string, FileType>): { readonly [port: string]: OutputPlan } {
  return Object.fromEntries(
    [...operator.outputs.values()].map(({ name, type }) => {
      const { extension, dir } = types.get(type) ?? { extension: "", dir: false };
      return [name, { type, extension, dir }];
    }),
  );
}

function planInputs(
  task: Task,
  operator: Manifest,
  inventory: Inventory,
  publish: Map<string, PublishItem>,
): { readonly [port: string]: InputPlan } | undefined {
  let complete = true;
  const inputs = [...operator.inputs.values()].map(({ name, types, optional, many }): [string, InputPlan] => {
    const sources = (task.bound.get(name)?.sources ?? []).flatMap((source): InputSource[] => {
      if (source.kind === "output") return [{ kind: "task", task: source.task, port: source.port }];
      if (source.kind === "path") return [{ kind: "path", path: source.path }];
      if (source.kind === "none") return [];
      const digest = inventory.blob(source.path);
      if (digest === undefined) {
        complete = false;
        return [];
      }
      const file = { kind: "file", sha256: digest, name: source.path.slice(source.path.lastIndexOf("/") + 1) } as const;
      publish.set(`files/${digest}/${file.name}`, { ...file, path: source.path });
      return [file];
    });
    return [name, { types, optional, many, sources }];
  });
  return complete ? Object.fromEntries(inputs) : undefined;
}

/** Over everything that this plan was made from, so that an unchanged digest means an unchanged plan. */
function digestSources(
  pipeline: Pipeline,
  overrides: ReadonlyMap<string, string>,
  publish: readonly PublishItem[],
  inventory: Inventory,
): string {
  const presets = pipeline.presets.map(({ preset }) => preset.span.file);
  const files = new Set([pipeline.file, ...pipeline.files, ...presets, ...pipeline.settings.layers.map(({ file }) => file)]);
  const builtin: string[] = [];
  for (const task of pipeline.tasks) {
    const found = task.operator?.found;
    if (found?.kind === "manifest") {
      if (found.folder === undefined) builtin.push(`${found.name}@${found.version ?? ""}`);
      else files.add(found.file);
    }
    if (task.job?.requirements) files.add(task.job.requirements.value);
  }
  return sha256(
    canonicalJson({
      env: pipeline.settings.env,
      files: [...files].sort().map((file) => [file, inventory.digest(file)]),
      builtin: [...new Set(builtin)].sort(),
      overrides: [...overrides].sort(([a], [b]) => (a < b ? -1 : 1)),
      published: publish.map(({ sha256: digest }) => digest).sort(),
    }),
  );
}
