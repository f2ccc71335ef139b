/** The tree of groups and tasks, in the order in which dag.py defines them. */
import type { GroupPlan, Plan, TaskPlan } from "../../protocol/plan.ts";

/** What a group, or the DAG itself, holds. */
export type Child = { readonly kind: "task"; readonly task: TaskPlan } | { readonly kind: "group"; readonly group: GroupPlan };

/** Tasks and groups directly in `parent`, in the order in which the Plan first comes to them; a group without tasks is left out. */
export function childrenOf(plan: Plan, parent: string | null): readonly Child[] {
  const found: Child[] = [];
  const seen = new Set<string>();
  for (const task of plan.tasks) {
    if (task.group === parent) {
      found.push({ kind: "task", task });
      continue;
    }
    const path = task.group === null ? [] : ancestors(task.group);
    const below = parent === null ? path[0] : path[path.indexOf(parent) + 1];
    if (below === undefined || seen.has(below) || (parent !== null && !path.includes(parent))) continue;
    seen.add(below);
    found.push({ kind: "group", group: plan.groups.find(({ id }) => id === below) ?? { id: below } });
  }
  return parent === null ? rootOrder(plan, found) : found;
}

/**
 * Airflow 2 compares the bare name of a nested group with all ids before it, so `right.left` must be defined before the group or task `left`.
 * A group in a group of the same name cannot be helped; `check` refuses it.
 */
function rootOrder(plan: Plan, children: readonly Child[]): readonly Child[] {
  const ordered = new Set<Child>();
  const place = (child: Child, waiting: readonly Child[]) => {
    if (ordered.has(child) || waiting.includes(child)) return;
    const { id } = child.kind === "group" ? child.group : child.task;
    for (const other of children) if (other.kind === "group" && holdsName(plan, other.group.id, id)) place(other, [...waiting, child]);
    ordered.add(child);
  };
  for (const child of children) place(child, []);
  return [...ordered];
}

/** True when a group below `root` is called `name`. */
function holdsName(plan: Plan, root: string, name: string): boolean {
  return plan.groups.some(({ id }) => id.startsWith(`${root}.`) && localName(id) === name);
}

/** `a.b.c` → c: what Airflow adds its groups' names to. */
export function localName(id: string): string {
  return id.slice(id.lastIndexOf(".") + 1);
}

/** `a.b.c` → a, a.b, a.b.c. */
function ancestors(group: string): readonly string[] {
  const names = group.split(".");
  return names.map((_, index) => names.slice(0, index + 1).join("."));
}
