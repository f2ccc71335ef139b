/** The run, task and attempt that a command is about. */
import { didYouMean } from "../protocol/suggest.ts";
import { type FoundRun, findRun } from "../run/find-run.ts";
import { type AttemptSummary, readAttempts } from "../run/list.ts";
import type { Store } from "../storage/store.ts";
import { Failure } from "./errors.ts";

export interface FoundAttempt extends FoundRun {
  readonly task: string;
  readonly attempt: AttemptSummary;
}

/** Attempt `number` of a task of a run, or its last. `name` is the task's, or the last part of it. */
export async function openAttempt(
  stores: readonly Store[],
  runName: string,
  name: string,
  number: number | undefined,
): Promise<FoundAttempt> {
  const { run, store } = await openRun(stores, runName);
  const task = chooseTask(Object.keys(run.tasks), name);
  const attempts = await readAttempts(run.dag_id, run.run_id, task, store);
  const last = attempts.at(-1);
  if (last === undefined) throw new Failure(`task ${task} was not started in run ${run.run_id}`);
  const attempt = number === undefined ? last : attempts.find((one) => one.attempt === number);
  if (attempt === undefined) throw new Failure(`task ${task} has no attempt ${number}; its last is ${last.attempt}`);
  return { run, store, task, attempt };
}

/** The run that `name` means. */
export async function openRun(stores: readonly Store[], name: string): Promise<FoundRun> {
  const found = await findRun(stores, name);
  if ("problem" in found) throw new Failure(found.problem);
  return found;
}

function chooseTask(tasks: readonly string[], name: string): string {
  if (tasks.includes(name)) return name;
  const [only, ...others] = tasks.filter((task) => task.split(".").at(-1) === name);
  if (only !== undefined && others.length === 0) return only;
  throw new Failure(`the run has no task "${name}"${didYouMean(name, tasks) || `; it has ${tasks.join(", ")}`}`);
}
