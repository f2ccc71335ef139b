/**
 * The workspace's own subclasses of Airflow's BaseOperator: where the Python on PATH has Airflow, the runner makes an instance and
 * calls its `execute`, as a job like any other; elsewhere they are not run here.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import type { Json } from "../protocol/json.ts";
import type { AirflowTaskPlan, JobTaskPlan, OwnOperatorPlan, ParamPlan, Plan, TaskPlan } from "../protocol/plan.ts";
import type { JsonSchema } from "../protocol/schema.ts";

/** The Plan with such tasks as jobs, when they can run here. */
export async function withOwnOperators(plan: Plan, env: NodeJS.ProcessEnv): Promise<Plan> {
  if (!plan.tasks.some(runsAsOwn) || !(await hasAirflow(env))) return plan;
  return { ...plan, tasks: plan.tasks.map((task) => (runsAsOwn(task) ? asJob(task, task.own) : task)) };
}

/** A `local:` script was written to stand in for it. */
function runsAsOwn(task: TaskPlan): task is AirflowTaskPlan & { readonly own: OwnOperatorPlan } {
  return task.kind === "airflow" && task.own !== undefined && task.local === undefined;
}

/** Looked for without importing it, which takes seconds. */
async function hasAirflow(env: NodeJS.ProcessEnv): Promise<boolean> {
  const look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('airflow') is None)";
  const options = { env: { PATH: env.PATH ?? "/usr/local/bin:/usr/bin:/bin" }, timeout: 20_000 };
  return promisify(execFile)("python3", ["-c", look], options).then(
    () => true,
    () => false,
  );
}

function asJob(task: AirflowTaskPlan, own: OwnOperatorPlan): JobTaskPlan {
  const { kind: _, class_path, arguments: given, own: __, ...common } = task;
  const script = `exec python3 "$TRADEWIND_RUNNER" --airflow ${own.target}`;
  const digest = createHash("sha256")
    .update(JSON.stringify([class_path, script, own.code]))
    .digest("hex");
  const params = Object.entries(given).map(([name, value]): [string, ParamPlan] => {
    const template = own.templates === undefined || own.templates.includes(name);
    return [name, { value, schema: schemaOf(value), template }];
  });
  return {
    ...common,
    kind: "job",
    engine: "process",
    job: { script, code: own.code, env: {}, stage_time: 600, grace: 10, digest },
    params: Object.fromEntries(params),
    inputs: {},
    outputs: {},
    connections: own.connections,
    effects: "writes",
  };
}

/** A text stays one when it is rendered, as in Airflow. */
function schemaOf(value: Json): JsonSchema {
  return typeof value === "string" ? { type: "string" } : {};
}
