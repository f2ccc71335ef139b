/** Runs as a store remembers them: local ones by their record, Airflow's by what their tasks left. */

import { isAlive } from "../launch/identity.ts";
import { readResult } from "../launch/results.ts";
import { isLost, readSigns, type Signs } from "../launch/signs.ts";
import { attemptKey, decodeSegment, runKey, taskKey } from "../protocol/layout.ts";
import type { Result } from "../protocol/result.ts";
import type { RunState, TaskRecord } from "../protocol/run-record.ts";
import type { Store } from "../storage/store.ts";
import { readRunRecord } from "./record.ts";

export interface RunSummary {
  readonly dag_id: string;
  readonly run_id: string;
  readonly engine: "local" | "airflow";
  readonly state: RunState;
  readonly logical_date?: string;
  readonly started?: string;
  readonly ended?: string;
  readonly tasks: { readonly [task: string]: TaskRecord };
}

/** One attempt of a task; without a result while it runs, or when its launcher died. */
export interface AttemptSummary {
  readonly attempt: number;
  readonly result?: Result;
  /** Of an attempt without a result: what is known of its launcher. */
  readonly signs?: Signs;
  /** It has no result, and its launcher is gone or has given no sign of life for long. */
  readonly lost?: boolean;
}

/** One run. A local one whose runner died is `lost`, even if nobody has noticed yet. */
export async function readRun(dagId: string, runId: string, store: Store): Promise<RunSummary> {
  const record = await readRunRecord(dagId, runId, store);
  if (record === undefined) return readAirflowRun(dagId, runId, store);
  const { dag_id, run_id, logical_date, started, ended, tasks } = record;
  const state = record.state === "running" && !isAlive(record.runner) ? "lost" : record.state;
  return { dag_id, run_id, engine: "local", state, logical_date, started, ...(ended !== undefined && { ended }), tasks };
}

/** The attempts of one task, first to last. */
export async function readAttempts(dagId: string, runId: string, task: string, store: Store): Promise<AttemptSummary[]> {
  const numbers = await attemptNumbers(dagId, runId, task, store);
  return Promise.all(numbers.map((attempt) => readAttempt(dagId, runId, task, attempt, store)));
}

/** Ascending. */
async function attemptNumbers(dagId: string, runId: string, task: string, store: Store): Promise<readonly number[]> {
  return (await store.folders(taskKey(dagId, runId, task)))
    .flatMap((name) => (/^attempt-\d+$/.test(name) ? [Number(name.slice("attempt-".length))] : []))
    .sort((a, b) => a - b);
}

async function readAttempt(dagId: string, runId: string, task: string, attempt: number, store: Store): Promise<AttemptSummary> {
  const key = attemptKey(dagId, runId, task, attempt);
  const result = await readResult(store, `${key}/result.json`);
  if (result) return { attempt, result };
  const signs = await readSigns(`${key}/request.json`, `${key}/alive.json`, store);
  return { attempt, signs, lost: isLost(signs, Date.now(), store) };
}

/** Nobody but Airflow knows which tasks such a run has; those that have started are here. */
async function readAirflowRun(dagId: string, runId: string, store: Store): Promise<RunSummary> {
  const folders = await store.folders(runKey(dagId, runId));
  const read = folders.map(async (folder): Promise<[string, TaskRecord]> => {
    const task = decodeSegment(folder);
    const numbers = await attemptNumbers(dagId, runId, task, store);
    const last = numbers.at(-1);
    return [task, taskOf(numbers.length, last === undefined ? undefined : await readAttempt(dagId, runId, task, last, store))];
  });
  const tasks = Object.fromEntries(await Promise.all(read));
  const all = Object.values(tasks);
  const started = all.flatMap((task) => task.started ?? []).sort()[0];
  const ended = all
    .flatMap((task) => task.ended ?? [])
    .sort()
    .at(-1);
  const running = all.some((task) => task.state === "running");
  const lost = all.some((task) => task.state === "lost");
  const state = running ? "running" : lost ? "lost" : all.some((task) => task.state === "failed") ? "failed" : "success";
  return {
    dag_id: dagId,
    run_id: runId,
    engine: "airflow",
    state,
    ...(started !== undefined && { started }),
    ...(ended !== undefined && !running && { ended }),
    tasks,
  };
}

function taskOf(attempts: number, last: AttemptSummary | undefined): TaskRecord {
  const result = last?.result;
  if (result) return { ...resultFacts(result), attempts, started: result.started };
  const started = last?.signs?.claimed?.at;
  const state = last?.lost ? "lost" : "running";
  return { state, attempts, ...(last && { attempt: last.attempt }), ...(started !== undefined && { started }) };
}

/** What a task's record takes from the result of its last attempt. */
export function resultFacts(result: Result): Omit<TaskRecord, "attempts"> {
  // A load has no outputs: what it took in is what it moved.
  const moved = Object.keys(result.outputs).length > 0 ? Object.values(result.outputs) : Object.values(result.inputs).flat();
  const counted = moved.filter((artifact) => artifact.rows !== undefined);
  const hit = result.cache?.hit;
  return {
    state: result.reason === "lost" ? "lost" : result.status,
    attempt: result.attempt,
    ended: result.ended,
    ...(hit && { taken_from: hit.run_id }),
    ...(counted.length > 0 && { rows: counted.reduce((sum, artifact) => sum + (artifact.rows ?? 0), 0) }),
    ...(moved.length > 0 && { bytes: moved.reduce((sum, artifact) => sum + artifact.size, 0) }),
    ...(result.reason !== undefined && { reason: result.reason }),
    ...(result.message !== undefined && { message: result.message }),
  };
}
