/** What earlier runs made, for tasks that --from, --to or --only leave out but whose artifacts are needed. */
import { artifactsExist } from "../launch/artifacts.ts";
import { stillThere } from "../launch/hold.ts";
import { encodeResult, pointerKey, readResult } from "../launch/results.ts";
import { attemptKey, dagKey, decodeSegment } from "../protocol/layout.ts";
import type { Plan } from "../protocol/plan.ts";
import type { Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";
import { readRunRecord } from "./record.ts";

/** An artifact's producer outside of the selection, with the newest run that did it. */
export interface Earlier {
  readonly task: string;
  readonly result: Result;
  /** False: that run was of another date. */
  readonly same_date: boolean;
}

/** For every producer that is left out: the newest success in a run of the same logical date, else of any; or what is missing. */
export async function findEarlier(
  plan: Plan,
  selected: ReadonlySet<string>,
  logicalDate: string,
  store: Store,
): Promise<{ readonly found: readonly Earlier[]; readonly problems: readonly string[] }> {
  const found: Earlier[] = [];
  const problems: string[] = [];
  const wanted = producersLeftOut(plan, selected);
  if (wanted.size === 0) return { found, problems };
  const runs = await pastRuns(plan.dag.dag_id, store);
  for (const [task, consumer] of wanted) {
    const best = await newestSuccess(plan.dag.dag_id, task, runs, logicalDate, store);
    if (best) found.push(best);
    else problems.push(`task ${consumer} reads what ${task} makes, and no run has made it yet: run ${task} too (--from ${task})`);
  }
  return { found, problems };
}

/** Lets the new run have the result as if it were a cache hit. False: it is being removed from the store just now. */
export async function adopt(runId: string, { result }: Earlier, store: Store): Promise<boolean> {
  const { run_id, task, attempt, ended } = result;
  const adopted: Result = {
    ...result,
    run_id: runId,
    attempt: 1,
    cache: { ...(result.cache ?? { key: "", parts: {} }), hit: result.cache?.hit ?? { run_id, task, attempt, ended } },
  };
  const bytes = encodeResult(adopted);
  await store.put(`${attemptKey(result.dag_id, runId, task, 1)}/result.json`, bytes);
  if (!(await stillThere(result, store, Date.now()))) return false;
  await store.put(pointerKey(result.dag_id, runId, task), bytes);
  return true;
}

/** Producer → one of the selected tasks that reads it. */
function producersLeftOut(plan: Plan, selected: ReadonlySet<string>): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const task of plan.tasks) {
    if (!selected.has(task.id) || task.kind !== "job") continue;
    for (const source of Object.values(task.inputs).flatMap((input) => input.sources)) {
      if (source.kind === "task" && !selected.has(source.task)) wanted.set(source.task, task.id);
    }
  }
  return wanted;
}

interface PastRun {
  readonly run_id: string;
  readonly logical_date: string | undefined;
}

async function pastRuns(dagId: string, store: Store): Promise<PastRun[]> {
  const ids = (await store.folders(dagKey(dagId))).map(decodeSegment);
  return Promise.all(ids.map(async (run_id) => ({ run_id, logical_date: (await readRunRecord(dagId, run_id, store))?.logical_date })));
}

async function newestSuccess(
  dagId: string,
  task: string,
  runs: readonly PastRun[],
  logicalDate: string,
  store: Store,
): Promise<Earlier | undefined> {
  let best: Earlier | undefined;
  for (const run of runs) {
    const result = await readResult(store, pointerKey(dagId, run.run_id, task));
    if (result?.status !== "success") continue;
    const same_date = run.logical_date === logicalDate;
    const newer = best === undefined || (same_date === best.same_date ? result.ended > best.result.ended : same_date);
    if (newer && (await artifactsExist(result, store))) best = { task, result, same_date };
  }
  return best;
}
