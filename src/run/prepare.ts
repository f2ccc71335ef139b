/** Everything that can be known before a run starts, so that what is wrong is said before anything runs. */
import { createHash } from "node:crypto";
import type { RunDates } from "../pipeline/timetable.ts";
import { checkValue } from "../protocol/check-value.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import { makeRequest } from "../protocol/make-request.ts";
import type { AirflowTaskPlan, JobPlan, JobTaskPlan, Plan, TaskPlan } from "../protocol/plan.ts";
import { readParam } from "../protocol/read-param.ts";
import type { Request } from "../protocol/request.ts";
import { isTemplate } from "../protocol/request-env.ts";
import type { StoreAddress } from "../protocol/store-address.ts";
import { didYouMean } from "../protocol/suggest.ts";
import { withOwnOperators } from "./own-operators.ts";
import { type Selection, type SelectOptions, selectTasks } from "./select.ts";

export interface RunOptions {
  readonly select: SelectOptions;
  /** `--param name=text`. */
  readonly params: { readonly [name: string]: string };
  /** False: `--no-cache`. */
  readonly cache: boolean;
  readonly dates: RunDates;
  /** Connections (AIRFLOW_CONN_…) and variables (AIRFLOW_VAR_…) come from here. */
  readonly env: NodeJS.ProcessEnv;
  /** Its folders are absolute. */
  readonly store: StoreAddress;
  /** What runs the jobs here, whatever the Plan says of Airflow; `process` when missing. */
  readonly engine?: LocalEngine;
}

export type LocalEngine = "process" | "docker";

export interface PreparedRun {
  readonly plan: Plan;
  readonly selection: Selection;
  readonly options: RunOptions;
  /** The dag's run parameters: defaults, and what --param gave. */
  readonly params: JsonObject;
  /** Loaded when a parameter is a template. */
  readonly templates: typeof import("./templates.ts") | undefined;
}

/** A run ready to start, or all that is in its way. */
export async function prepareRun(given: Plan, options: RunOptions): Promise<PreparedRun | { readonly problems: readonly string[] }> {
  const plan = await withOwnOperators(byEngine(given, options.engine ?? "process"), options.env);
  const selection = selectTasks(plan, options.select);
  if ("problem" in selection) return { problems: [selection.problem] };
  const { params, problems } = readParams(plan, options.params);
  const tasks = plan.tasks.filter((task) => selection.selected.has(task.id));
  const templates = tasks.some(holdsTemplate) ? await import("./templates.ts") : undefined;
  const run: PreparedRun = { plan, selection, options, params, templates };
  const faults = [...problems, ...missingConnections(tasks, options.env), ...missingImages(tasks)];
  if (problems.length === 0) {
    for (const task of tasks) {
      const job = jobOf(task);
      const request = job && requestOf(run, job, "local", 1);
      if (request && "problem" in request) faults.push(request.problem);
    }
  }
  return faults.length > 0 ? { problems: faults } : run;
}

/** The Plan with all jobs on the engine of this run. */
function byEngine(plan: Plan, engine: LocalEngine): Plan {
  const image = plan.engines.docker?.image ?? plan.engines.kubernetes?.image;
  const withImage = (job: JobPlan): JobPlan => (job.image === undefined && image !== undefined ? { ...job, image } : job);
  return {
    ...plan,
    tasks: plan.tasks.map((task) =>
      task.kind === "job" ? { ...task, engine, job: engine === "docker" ? withImage(task.job) : task.job } : task,
    ),
  };
}

function missingImages(tasks: readonly TaskPlan[]): string[] {
  const without = tasks.filter((task) => task.kind === "job" && task.engine === "docker" && task.job.image === undefined);
  if (without.length === 0) return [];
  const ids = without.map(({ id }) => id).join(", ");
  const hint =
    "give its job a `docker_image` with a full reference, or all such jobs one by `engines: { docker: { image: … } }` in the settings";
  return [`no image to run ${ids} in: ${hint}`];
}

/** What the launcher runs for a task; undefined for one of Airflow's operators without a `local:` script. */
export function jobOf(task: TaskPlan): JobTaskPlan | undefined {
  if (task.kind === "job") return task;
  return task.local === undefined ? undefined : localStandIn(task, task.local);
}

/** A `local:` script stands for what the operator does to the outside world, so it is never a cache hit. */
function localStandIn(task: AirflowTaskPlan, script: string): JobTaskPlan {
  const { class_path, arguments: _, local: __, kind: ___, ...common } = task;
  return {
    ...common,
    kind: "job",
    engine: "process",
    job: { script, env: {}, stage_time: 600, grace: 10, digest: createHash("sha256").update(`${class_path}\n${script}`).digest("hex") },
    params: {},
    inputs: {},
    outputs: {},
    connections: [],
    effects: "writes",
  };
}

/** The request of one try, its templates rendered; or one sentence that names the task. */
export function requestOf(run: PreparedRun, task: JobTaskPlan, run_id: string, try_number: number): Request | { readonly problem: string } {
  const { plan, options, params, selection, templates } = run;
  const render = templates?.rendererOf({
    dag_id: plan.dag.dag_id,
    run_id,
    task_id: task.id,
    timezone: plan.dag.timezone,
    ...options.dates,
    params,
    variables: airflowVariables(options.env),
    try_number,
  });
  const facts = {
    run_id,
    logical_date: options.dates.logical_date,
    store: options.store,
    cache: {
      read: options.cache,
      fresh: selection.fresh.has(task.id),
      reads: true,
      ...(plan.store.keep !== undefined && { keep: plan.store.keep }),
      // What a process made is no proof that the image can do it.
      ...(task.engine === "docker" && { salt: `image ${task.job.image}` }),
    },
    try_number,
    max_tries: task.retries,
  };
  try {
    const request = makeRequest(plan, task, facts, render ?? ((text) => text));
    return "problem" in request ? { problem: `task ${task.id}: ${request.problem}` } : request;
  } catch (error) {
    if (templates && error instanceof templates.TemplateProblem) return { problem: `task ${task.id}: ${error.message}` };
    throw error;
  }
}

/** True when a parameter may hold a template; what is looked at is a little more than what Airflow renders. */
function holdsTemplate(task: TaskPlan): boolean {
  return task.kind === "job" && Object.values(task.params).some((param) => param.template && isTemplate(JSON.stringify(param.value)));
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function readParams(plan: Plan, given: RunOptions["params"]): { readonly params: JsonObject; readonly problems: readonly string[] } {
  const params: Record<string, Json> = {};
  const problems: string[] = [];
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(plan.dag.params, name)) {
      const known = Object.keys(plan.dag.params);
      const hint = known.length === 0 ? "; it has none" : didYouMean(name, known) || `; it has ${known.join(", ")}`;
      problems.push(`pipeline ${plan.dag.name} has no run parameter "${name}"${hint}`);
    }
  }
  for (const [name, schema] of Object.entries(plan.dag.params)) {
    const text = Object.hasOwn(given, name) ? given[name] : undefined;
    if (text === undefined) {
      if (schema.default === undefined) problems.push(`run parameter ${name} has no default: give it by --param ${name}=VALUE`);
      else params[name] = schema.default;
      continue;
    }
    const read = readParam(text, schema);
    const faults = "value" in read ? checkValue(read.value, schema).map((fault) => fault.message) : [read.problem];
    if ("value" in read) params[name] = read.value;
    problems.push(...faults.map((fault) => `--param ${name}=${shorten(text)}: ${fault}`));
  }
  return { params, problems };
}

function missingConnections(tasks: readonly TaskPlan[], env: NodeJS.ProcessEnv): string[] {
  const users = new Map<string, string[]>();
  for (const task of tasks) {
    const job = jobOf(task);
    for (const id of [...(job?.connections ?? []), ...(job?.launcher_connections ?? [])]) {
      const others = users.get(id);
      if (others) others.push(task.id);
      else users.set(id, [task.id]);
    }
  }
  return [...users]
    .filter(([id]) => !env[`AIRFLOW_CONN_${id.toUpperCase()}`])
    .map(([id, tasks]) => {
      const variable = `AIRFLOW_CONN_${id.toUpperCase()}`;
      return `connection "${id}" (${tasks.join(", ")}) is not there: set ${variable} in the environment or in .env, as a URI like postgresql://user:password@host:5432/database`;
    });
}

/** AIRFLOW_VAR_<NAME> by lower-case name: Airflow looks a variable up by the upper case of its name. */
function airflowVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const prefix = "AIRFLOW_VAR_";
  const entries = Object.entries(env).flatMap(([name, value]): [string, string][] =>
    name.startsWith(prefix) && value !== undefined ? [[name.slice(prefix.length).toLowerCase(), value]] : [],
  );
  return Object.fromEntries(entries);
}
