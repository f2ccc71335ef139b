/** Which tasks of a Plan a run works on: --from, --to, --only, --fresh. */
import type { Plan, TaskPlan } from "../protocol/plan.ts";
import { didYouMean } from "../protocol/suggest.ts";

/** Ids of tasks or of groups, which stand for all tasks in them. */
export interface SelectOptions {
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly only?: readonly string[];
  readonly fresh?: readonly string[];
}

export interface Selection {
  /** Tasks that run; the others are taken as done. */
  readonly selected: ReadonlySet<string>;
  /** Tasks whose work is done again even if the cache has it. */
  readonly fresh: ReadonlySet<string>;
}

/** The selection, or one sentence about what is wrong with it. */
export function selectTasks(plan: Plan, options: SelectOptions): Selection | { readonly problem: string } {
  const { from = [], to = [], only = [], fresh = [] } = options;
  for (const name of [...from, ...to, ...only, ...fresh]) {
    if (tasksNamed(plan, name).length === 0) return { problem: unknownTask(plan, name) };
  }
  if (only.length > 0 && from.length + to.length > 0)
    return { problem: "--only names the tasks to run; --from and --to do not go with it" };

  const all = plan.tasks.map((task) => task.id);
  const named = (names: readonly string[]) => names.flatMap((name) => tasksNamed(plan, name));
  const below = from.length === 0 ? new Set(all) : reach(named(from), downstreamOf(plan.tasks));
  const above = to.length === 0 ? new Set(all) : reach(named(to), upstreamOf(plan.tasks));
  const selected = only.length > 0 ? new Set(named(only)) : new Set(all.filter((id) => below.has(id) && above.has(id)));
  if (selected.size === 0) return { problem: `no task lies between ${from.join(", ")} and ${to.join(", ")}` };
  return { selected, fresh: new Set(named(fresh)) };
}

/** Tasks that `name` stands for: the task itself, or all tasks of the group. */
function tasksNamed(plan: Plan, name: string): string[] {
  const ids = plan.tasks.map((task) => task.id);
  if (ids.includes(name)) return [name];
  return plan.groups.some((group) => group.id === name) ? ids.filter((id) => id.startsWith(`${name}.`)) : [];
}

function unknownTask(plan: Plan, name: string): string {
  const ids = plan.tasks.map((task) => task.id);
  const names = [...ids, ...plan.groups.map((group) => group.id)];
  const bySuffix = ids.filter((id) => id.split(".").at(-1) === name);
  const hint = bySuffix.length === 1 ? `; did you mean "${bySuffix[0]}"?` : didYouMean(name, names);
  const list = hint === "" && ids.length <= 12 ? `; its tasks: ${ids.join(", ")}` : "";
  return `pipeline ${plan.dag.name} has no task or group "${name}"${hint || list}`;
}

function upstreamOf(tasks: readonly TaskPlan[]): ReadonlyMap<string, readonly string[]> {
  return new Map(tasks.map((task) => [task.id, task.upstream]));
}

function downstreamOf(tasks: readonly TaskPlan[]): ReadonlyMap<string, readonly string[]> {
  const edges = new Map<string, string[]>(tasks.map((task) => [task.id, []]));
  for (const task of tasks) for (const id of task.upstream) edges.get(id)?.push(task.id);
  return edges;
}

function reach(start: readonly string[], edges: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set(start);
  for (const id of seen) for (const next of edges.get(id) ?? []) seen.add(next);
  return seen;
}
