/** What one run came to, wherever it ran: the states of its tasks, what they were asked to do, and what they made. */
import { pointerKey, readResult } from "../../launch/results.ts";
import { attemptKey, taskKey } from "../../protocol/layout.ts";
import type { Plan } from "../../protocol/plan.ts";
import type { Request } from "../../protocol/request.ts";
import type { Result } from "../../protocol/result.ts";
import type { Store } from "../../storage/store.ts";

export interface Outcome {
  /** Where it ran, for people: `here`, `Airflow 3.3.2`. */
  readonly place: string;
  readonly run_id: string;
  readonly state: string;
  /** ISO 8601 instant; absent for a run of Airflow 3 that has none. */
  readonly logical_date?: string;
  readonly store: Store;
  readonly tasks: { readonly [task: string]: TaskOutcome };
  /** What was said about a task where its launcher left no log; the last lines. */
  readonly said: (task: string) => Promise<readonly string[]>;
}

export interface TaskOutcome {
  /** Airflow's word for it, `none` when it never came so far; or `not_run_here`. */
  readonly state: string;
  /** Of the newest attempt, its secrets masked. */
  readonly request?: Request;
  readonly result?: Result;
}

export interface RunStates {
  readonly run_id: string;
  readonly state: string;
  readonly logical_date?: string;
  readonly tasks: { readonly [task: string]: string };
}

/** Reads from the store what belongs to the states. */
export async function readOutcome(
  plan: Plan,
  place: string,
  run: RunStates,
  store: Store,
  said: Outcome["said"] = async () => [],
): Promise<Outcome> {
  const tasks = await Promise.all(
    plan.tasks.map(async ({ id, kind }): Promise<[string, TaskOutcome]> => {
      const state = run.tasks[id] ?? "none";
      if (kind !== "job") return [id, { state }];
      const result = await readResult(store, pointerKey(plan.dag.dag_id, run.run_id, id));
      const attempt = result?.attempt ?? (await newestAttempt(plan.dag.dag_id, run.run_id, id, store));
      const request = attempt === undefined ? undefined : await readRequest(plan.dag.dag_id, run.run_id, id, attempt, store);
      return [id, { state, ...(request && { request }), ...(result && { result }) }];
    }),
  );
  const { run_id, state, logical_date } = run;
  return { place, run_id, state, ...(logical_date !== undefined && { logical_date }), store, tasks: Object.fromEntries(tasks), said };
}

async function newestAttempt(dagId: string, runId: string, task: string, store: Store): Promise<number | undefined> {
  const names = await store.folders(taskKey(dagId, runId, task));
  const numbers = names.flatMap((name) => (/^attempt-\d+$/.test(name) ? [Number(name.slice("attempt-".length))] : []));
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

async function readRequest(dagId: string, runId: string, task: string, attempt: number, store: Store): Promise<Request | undefined> {
  const bytes = await store.get(`${attemptKey(dagId, runId, task, attempt)}/request.json`);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null && "params" in value ? (value as Request) : undefined;
  } catch {
    return undefined; // not whole: its launcher died while it wrote
  }
}
