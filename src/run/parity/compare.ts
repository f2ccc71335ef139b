/** Two runs of one Plan, side by side: every difference, in the order in which the tasks come, so that the first is the nearest to the cause. */
import { canonicalJson, type Json } from "../../protocol/json.ts";
import type { Plan } from "../../protocol/plan.ts";
import type { Artifact } from "../../protocol/result.ts";
import type { Outcome, TaskOutcome } from "./outcome.ts";

export type Difference =
  | { readonly kind: "state"; readonly task: string; readonly here: string; readonly there: string }
  /** A parameter after rendering; absent on one side means that it was not given there. */
  | { readonly kind: "parameter"; readonly task: string; readonly name: string; readonly here?: Json; readonly there?: Json }
  /** Digest or rows; absent on one side means that it was not made there. */
  | { readonly kind: "artifact"; readonly task: string; readonly port: string; readonly here?: Artifact; readonly there?: Artifact }
  | { readonly kind: "run"; readonly here: string; readonly there: string };

export interface Comparison {
  readonly differences: readonly Difference[];
  /** How many of each were looked at. */
  readonly compared: { readonly tasks: number; readonly parameters: number; readonly artifacts: number };
  /** Tasks that only Airflow can run. */
  readonly left_out: readonly string[];
}

export function compareOutcomes(plan: Plan, here: Outcome, there: Outcome): Comparison {
  const differences: Difference[] = [];
  const left_out: string[] = [];
  const compared = { tasks: 0, parameters: 0, artifacts: 0 };
  for (const { id: task } of plan.tasks) {
    const [a, b] = [here.tasks[task], there.tasks[task]];
    if (a === undefined || b === undefined) continue;
    if (a.state === "not_run_here") {
      left_out.push(task);
      continue;
    }
    compared.tasks += 1;
    if (a.request !== undefined && b.request !== undefined) {
      const [mine, theirs] = [paramsOf(a, here), paramsOf(b, there)];
      for (const name of union(mine, theirs)) {
        compared.parameters += 1;
        const [left, right] = [mine[name], theirs[name]];
        // Null is a value; not given is none.
        if ((left === undefined) === (right === undefined) && canonicalJson(left) === canonicalJson(right)) continue;
        differences.push({ kind: "parameter", task, name, ...given(left, right) });
      }
    }
    if (a.state !== b.state) {
      // What a task that failed did not make says nothing new.
      differences.push({ kind: "state", task, here: a.state, there: b.state });
      continue;
    }
    const [mine, theirs] = [a.result?.outputs ?? {}, b.result?.outputs ?? {}];
    for (const port of union(mine, theirs)) {
      compared.artifacts += 1;
      const [left, right] = [mine[port], theirs[port]];
      if (left?.sha256 === right?.sha256 && left?.rows === right?.rows) continue;
      differences.push({ kind: "artifact", task, port, ...given(left, right) });
    }
  }
  if (differences.length === 0 && here.state !== there.state) differences.push({ kind: "run", here: here.state, there: there.state });
  return { differences, compared, left_out };
}

/** The run's own id is another one in every run, so it stands as `<run_id>`. */
function paramsOf({ request }: TaskOutcome, { run_id }: Outcome): { readonly [name: string]: Json } {
  const params = Object.entries(request?.params ?? {}).map(([name, { value }]) => [name, value]);
  const text = JSON.stringify(Object.fromEntries(params));
  return JSON.parse(text.replaceAll(JSON.stringify(run_id).slice(1, -1), "<run_id>"));
}

function union(one: object, other: object): readonly string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}

function given<T>(here: T | undefined, there: T | undefined): { readonly here?: T; readonly there?: T } {
  return { ...(here !== undefined && { here }), ...(there !== undefined && { there }) };
}
