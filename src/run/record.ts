/** The record of a local run, kept in the store while it goes on: runs/<dag_id>/<run_id>/0-run.json. */
import { isMap } from "../protocol/json.ts";
import { isRunner, type RunRecord, type RunState, runRecordKey, type TaskRecord } from "../protocol/run-record.ts";
import type { Store } from "../storage/store.ts";

/** The record of a run; undefined for a run that Airflow did, or when it cannot be read. */
export async function readRunRecord(dagId: string, runId: string, store: Store): Promise<RunRecord | undefined> {
  const bytes = await store.get(runRecordKey(dagId, runId));
  return bytes && decodeRunRecord(bytes);
}

/** The record in these bytes; undefined when there is none. */
export function decodeRunRecord(bytes: Uint8Array): RunRecord | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRunRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const runStates: readonly RunState[] = ["running", "success", "failed", "cancelled", "lost"];

/** What readers rely on; a file of another shape was not written by a run, or not whole. */
function isRunRecord(value: unknown): value is RunRecord {
  if (!isMap(value) || value.proto !== 1) return false;
  const { dag_id, run_id, state, logical_date, started, ended, runner, tasks } = value;
  return (
    [dag_id, run_id].every((name) => typeof name === "string") &&
    runStates.some((known) => known === state) &&
    [logical_date, started, ended ?? started].every((instant) => typeof instant === "string" && !Number.isNaN(Date.parse(instant))) &&
    isRunner(runner) &&
    isMap(tasks) &&
    Object.values(tasks).every((task) => isMap(task) && typeof task.state === "string" && Number.isSafeInteger(task.attempts))
  );
}

export async function writeRunRecord(record: RunRecord, store: Store): Promise<void> {
  await store.put(runRecordKey(record.dag_id, record.run_id), encode(record));
}

function encode(record: RunRecord): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
}

/** A record that is open for writing. */
export interface Journal {
  readonly runId: string;
  /** The whole of it, as it is now. */
  current(): RunRecord;
  task(id: string): TaskRecord | undefined;
  change(task: string, change: Partial<TaskRecord>): TaskRecord;
  /** Writes the last word. */
  finish(state: RunState): Promise<RunRecord>;
}

/** Milliseconds between two writes while the run goes on: who looks at it sees it about that old. */
const pace = 1000;
/** A write of a large record takes its time: at most this part of the run's. */
const share = 0.02;

/** Claims a run id (that of `record`, or with a number behind it when it is taken) and writes the record. */
export async function openJournal(record: RunRecord, store: Store): Promise<Journal> {
  let first = record;
  for (let n = 2; !(await store.put(runRecordKey(first.dag_id, first.run_id), encode(first), { ifAbsent: true, durable: false })); n++) {
    first = { ...record, run_id: `${record.run_id}-${n}` };
  }
  const tasks = new Map(Object.entries(first.tasks));
  const current = (): RunRecord => ({ ...first, tasks: Object.fromEntries(tasks) });
  let writing: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let wait = pace;
  const write = async () => {
    const began = performance.now();
    // A failure here is not lost: the last write of `finish` meets the same store.
    await store.put(runRecordKey(first.dag_id, first.run_id), encode(current()), { durable: false }).catch(() => {});
    wait = Math.max(pace, (performance.now() - began) / share);
    timer = undefined;
  };
  return {
    runId: first.run_id,
    current,
    task: (id) => tasks.get(id),
    change(task, change) {
      const after = { ...(tasks.get(task) ?? { state: "waiting", attempts: 0 }), ...change };
      tasks.set(task, after);
      timer ??= setTimeout(() => {
        writing = write();
      }, wait);
      return after;
    },
    async finish(state) {
      clearTimeout(timer);
      await writing;
      const last: RunRecord = { ...current(), state, ended: new Date().toISOString() };
      await writeRunRecord(last, store);
      return last;
    },
  };
}
