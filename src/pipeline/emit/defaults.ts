/** What goes into the DAG's default_args: the value that most tasks have, so that a task says only what is its own. */
import type { Plan } from "../../protocol/plan.ts";

export interface Defaults {
  readonly retries: number;
  /** Seconds. */
  readonly retry_delay: number;
}

/** Nothing for a DAG without tasks. */
export function dagDefaults(plan: Plan): Defaults | undefined {
  if (plan.tasks.length === 0) return undefined;
  return { retries: commonest(plan.tasks.map((task) => task.retries)), retry_delay: commonest(plan.tasks.map((task) => task.retry_delay)) };
}

/** Of equally common values the first. */
function commonest(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0] ?? 0;
}
