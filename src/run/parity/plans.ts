/** The Plan of a pipeline as the two sides of a comparison run it. */
import type { RunDates } from "../../pipeline/timetable.ts";
import type { Plan, TaskPlan } from "../../protocol/plan.ts";

/** Ids of tasks that change the outside world, or may: Airflow's own operators do not say. */
export function writersOf(plan: Plan): readonly string[] {
  return plan.tasks.filter((task) => task.kind === "airflow" || task.effects === "writes").map(({ id }) => id);
}

/** Without the tasks that write, and those that come after them. */
export function withoutWriters(plan: Plan): Plan {
  const gone = new Set(writersOf(plan));
  for (const { id, upstream } of plan.tasks) if (upstream.some((other) => gone.has(other))) gone.add(id);
  return { ...plan, tasks: plan.tasks.filter(({ id }) => !gone.has(id)) };
}

/** In a store of its own, so that nothing is found in a cache that the other side has filled. */
export function inStore(plan: Plan, folder: string): Plan {
  const { keep } = plan.store;
  return { ...plan, store: { url: folder, ...(keep !== undefined && { keep }) } };
}

/**
 * For an Airflow on this machine: every job is a process of this program here, whatever the environment has for it there; pools, queues and
 * dates before the DAG's first do not hold it up, and nobody waits longer between two tries than in a local run.
 */
export function forLocalAirflow(plan: Plan, { logical_date }: RunDates): Plan {
  const { end_date: _, ...dag } = plan.dag;
  const early = Date.parse(logical_date) < Date.parse(`${dag.start_date}Z`) + 86_400_000;
  return {
    ...plan,
    dag: early ? { ...dag, start_date: "1970-01-01T00:00:00" } : dag,
    launcher: { kind: "command", command: "tradewind" },
    engines: {},
    tasks: plan.tasks.map(asProcess),
  };
}

const longestDelay = 5;

function asProcess(task: TaskPlan): TaskPlan {
  const { pool: _, queue: __, ...rest } = task;
  const retry_delay = Math.min(task.retry_delay, longestDelay);
  return rest.kind === "job" ? { ...rest, retry_delay, engine: "process" } : { ...rest, retry_delay };
}
