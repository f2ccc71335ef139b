/** What a Plan says that Airflow must have, in the shape of what Airflow says it has. */
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { JobTaskPlan, Plan, TaskPlan } from "../../src/protocol/plan.ts";
import { connectionVariable, encodeRequest, encodeTask } from "../../src/protocol/request-env.ts";
import { rendererOf, TemplateProblem } from "../../src/run/templates.ts";
import type { ContextFacts, DagFacts, TaskFacts } from "./airflow.ts";
import { actualContainer, expectedContainer } from "./expected-containers.ts";

/** Renders what the author wrote as a template; not called for our own expressions. */
export type Render = (text: string, task: TaskPlan) => string;

/** As a local run renders. Throws TemplateProblem. */
export function localRender(plan: Plan, facts: ContextFacts): Render {
  const { logical_date = "", data_interval_start = "", data_interval_end = "" } = facts;
  const params: JsonObject = Object.fromEntries(Object.entries(plan.dag.params).map(([name, schema]) => [name, schema.default ?? null]));
  const { dag_id, timezone } = plan.dag;
  const { run_id, try_number } = facts;
  const run = { dag_id, run_id, timezone, params, variables: {}, logical_date, data_interval_start, data_interval_end, try_number };
  return (text, task) => rendererOf({ ...run, task_id: task.id })(text);
}

/** True when a template of the Plan cannot be rendered here; then Airflow is asked only what it loaded. */
export function hasOddTemplate(plan: Plan, render: Render): boolean {
  try {
    for (const task of plan.tasks) {
      if (task.kind !== "job") continue;
      for (const { name, text, template } of encodeTask(task)) if (template && !name.startsWith("TRADEWIND_SECRET_")) render(text, task);
    }
    return false;
  } catch (error) {
    if (error instanceof TemplateProblem) return true;
    throw error;
  }
}

export interface Expectation {
  readonly facts: ContextFacts;
  /** Connection id to URI, as given to Airflow. */
  readonly connections: { readonly [id: string]: string };
  readonly render: Render;
}

const presets: { readonly [name: string]: string } = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@quarterly": "0 0 1 */3 *",
  "@yearly": "0 0 1 1 *",
};

/** All of the Plan that Airflow can show; compare with `actualDag`. */
export function expectedDag(plan: Plan, expectation: Expectation) {
  const { dag } = plan;
  const groups = plan.groups.filter(({ id }) => plan.tasks.some((task) => task.group === id || task.group?.startsWith(`${id}.`)));
  return {
    dag_id: dag.dag_id,
    description: dag.description ?? null,
    timezone: dag.timezone,
    start_date: dag.start_date,
    end_date: dag.end_date ?? null,
    catchup: dag.catchup,
    max_active_runs: dag.max_active_runs ?? 16,
    tags: [...new Set([...dag.tags, ...(dag.critical ? ["critical"] : [])])].sort(),
    timetable: expectedTimetable(plan),
    params: Object.fromEntries(Object.entries(dag.params).map(([name, schema]) => [name, schema.default])),
    schemas: Object.fromEntries(
      Object.entries(dag.params).map(([name, { default: _, description: __, template: ___, ...schema }]) => [name, schema]),
    ),
    groups: Object.fromEntries(groups.map(({ id, description }) => [id, { tooltip: description ?? "" }])),
    tasks: Object.fromEntries(plan.tasks.map((task) => [task.id, expectedTask(plan, task, expectation)])),
  };
}

function expectedTimetable({ dag }: Plan): unknown {
  if (dag.schedule === null) return { type: "NullTimetable" };
  const { cron, interval } = dag.schedule;
  if (cron === "@once") return { type: "OnceTimetable" };
  const type = interval === "data" ? "CronDataIntervalTimetable" : "CronTriggerTimetable";
  return { type, expression: presets[cron] ?? cron, timezone: dag.timezone };
}

function expectedTask(plan: Plan, task: TaskPlan, expectation: Expectation) {
  const override = task.kind === "job" ? (plan.engines[task.engine]?.arguments ?? {}) : {};
  const common = {
    class: classOf(plan, task),
    group: task.group,
    upstream: [...task.upstream].sort(),
    retries: task.retries,
    retry_delay: task.retry_delay,
    execution_timeout: task.execution_timeout ?? null,
    trigger_rule: task.trigger_rule,
    pool: task.pool ?? override.pool ?? "default_pool",
    queue: task.queue ?? (task.kind === "job" ? task.job.flavor?.queue : undefined) ?? "default",
    priority_weight: task.priority_weight ?? 1,
    owner: plan.dag.owner ?? "airflow",
    doc_md: task.description ?? null,
    error: null,
  };
  // What an author gives to Airflow's own operator is Airflow's to render, with macros that only their Airflow may have.
  if (task.kind === "airflow") return { ...common, error: undefined, raw: task.arguments };
  const env = expectedEnv(plan, task, expectation);
  if (task.engine !== "process") return { ...common, container: expectedContainer(plan, task, env) };
  return {
    ...common,
    do_xcom_push: false,
    append_env: override.append_env ?? true,
    skip_on_exit_code: [99],
    env: { ...((override.env as object) ?? {}), ...env, ...expectedLogin(plan, expectation) },
  };
}

const operators = { process: "BashOperator", docker: "DockerOperator", kubernetes: "KubernetesPodOperator" };

/** The class's own name: its module differs between versions, and both are the same operator. */
function classOf(plan: Plan, task: TaskPlan): string {
  const path = task.kind === "airflow" ? task.class_path : (plan.engines[task.engine]?.operator ?? operators[task.engine]);
  return path.slice(path.lastIndexOf(".") + 1);
}

/** The variables that the launcher must see, byte for byte. */
function expectedEnv(plan: Plan, task: JobTaskPlan, { facts, connections, render }: Expectation): { readonly [name: string]: string } {
  const ours: { readonly [name: string]: string | undefined } = {
    TRADEWIND_RUN_ID: facts.run_id,
    TRADEWIND_LOGICAL_DATE: facts.logical_date ?? "",
    TRADEWIND_TRY: String(facts.try_number),
    TRADEWIND_MAX_TRIES: String(facts.max_tries),
    ...Object.fromEntries(connectionsOf(plan, task).map((id) => [connectionVariable(id), connections[id]])),
  };
  return Object.fromEntries(
    encodeRequest(plan, task).map(({ name, text, template }) => [name, template ? (ours[name] ?? render(text, task)) : text]),
  );
}

/** What the command that installs the launcher needs beside the request: `user:password` of the package index, as the URI has it. */
function expectedLogin(plan: Plan, { connections }: Expectation): { readonly [name: string]: string } {
  const id = plan.launcher.kind === "pip" ? plan.package_index?.connection : undefined;
  if (id === undefined) return {};
  return { TRADEWIND_SECRET_INDEX_LOGIN: /:\/\/(.*)@/.exec(connections[id] ?? "")?.[1] ?? "" };
}

/** Ids of all connections in a task's environment: its own, and those of the store and the package index. */
export function connectionsOf({ store, package_index }: Plan, task: TaskPlan): readonly string[] {
  const own = task.kind === "job" ? task.connections : [];
  return [...own, ...[store.connection, package_index?.connection].filter((id) => id !== undefined)];
}

/** What Airflow said, cut to what `expectedDag` says. */
export function actualDag(dag: DagFacts, plan: Plan) {
  const { type, expression, timezone } = dag.timetable;
  const cron = expression === undefined ? {} : { expression, timezone };
  return {
    ...dag,
    tags: [...dag.tags].sort(),
    timetable: { type, ...cron },
    schemas: Object.fromEntries(Object.entries(dag.schemas).map(([name, { title: _, ...schema }]) => [name, schema])),
    tasks: Object.fromEntries(Object.entries(dag.tasks).map(([id, task]) => [id, actualTask(task, plan, id)])),
  };
}

function actualTask(task: TaskFacts, plan: Plan, id: string) {
  const { group, upstream, retries, retry_delay, execution_timeout, trigger_rule, pool, queue, priority_weight, owner, doc_md, error } =
    task;
  const common = {
    group,
    upstream,
    retries,
    retry_delay,
    execution_timeout,
    trigger_rule,
    pool,
    queue,
    priority_weight,
    owner,
    doc_md,
    error,
  };
  const { raw, rendered, do_xcom_push, append_env, skip_on_exit_code } = task;
  const planned = plan.tasks.find((other) => other.id === id);
  const own = { ...common, class: task.class.slice(task.class.lastIndexOf(".") + 1) };
  if (planned?.kind === "airflow") {
    const kept: { [field: string]: Json } = {};
    for (const [name, value] of Object.entries(planned.arguments)) kept[name] = name in raw ? (raw[name] ?? null) : value;
    return { ...own, error: undefined, raw: kept };
  }
  if (planned !== undefined && planned.engine !== "process") return { ...own, container: actualContainer(task) };
  return { ...own, do_xcom_push, append_env, skip_on_exit_code, env: rendered.env };
}
