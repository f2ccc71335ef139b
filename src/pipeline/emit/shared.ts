/** Which variables of the request stand in RUN, once for all tasks, and which in each task's own. */
import type { JobTaskPlan, Plan } from "../../protocol/plan.ts";
import { type EnvEntry, encodeRun, encodeTask } from "../../protocol/request-env.ts";

/** The variables of RUN. */
export function runEntries(plan: Plan): readonly EnvEntry[] {
  return encodeRun(plan).filter(({ connection }) => connection === undefined || !hasPods(plan));
}

/** The variables of one task: of those that are in RUN too, only the ones that mean something else there. */
export function taskEntries(plan: Plan, task: JobTaskPlan): readonly EnvEntry[] {
  const own = encodeTask(task);
  // A pod gets its connections from Kubernetes' secrets: written into its variables, everybody who may see the pod could read them.
  const moved = hasPods(plan) ? encodeRun(plan).filter(({ connection }) => connection !== undefined) : [];
  return [...own, ...moved.filter(({ name }) => !own.some((entry) => entry.name === name))];
}

function hasPods(plan: Plan): boolean {
  return plan.tasks.some((task) => task.kind === "job" && task.engine === "kubernetes");
}
