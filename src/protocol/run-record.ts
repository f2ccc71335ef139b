/** What a local run leaves beside its tasks' results: runs/<dag_id>/<run_id>/0-run.json. */
import { isMap, type JsonObject } from "./json.ts";
import { runKey } from "./layout.ts";

/** Airflow's states of a task instance, and what only a local run knows. */
export type TaskState =
  | "waiting"
  | "running"
  | "up_for_retry"
  | "success"
  | "failed"
  | "skipped"
  | "upstream_failed"
  /** Stopped by Ctrl-C or TERM, or never started because of it. */
  | "cancelled"
  /** Its runner died. */
  | "lost"
  /** One of Airflow's own operators without a `local:` script; success for order. */
  | "not_run_here"
  /** Left out by --from, --to or --only; what it made in an earlier run is used where it is needed. */
  | "not_selected";

/** As Airflow: a run failed when one of its last tasks failed. */
export type RunState = "running" | "success" | "failed" | "cancelled" | "lost";

export interface TaskRecord {
  readonly state: TaskState;
  /** Attempts that this run made. */
  readonly attempts: number;
  /** Number of the newest attempt in the store. */
  readonly attempt?: number;
  /** Run whose work this is: a cache hit, or an earlier run's artifact used by --from or --only. */
  readonly taken_from?: string;
  readonly started?: string;
  readonly ended?: string;
  /** Data rows and bytes of all outputs; of the inputs when there are no outputs. */
  readonly rows?: number;
  readonly bytes?: number;
  readonly reason?: string;
  readonly message?: string;
}

export interface RunRecord {
  readonly proto: 1;
  readonly dag_id: string;
  readonly run_id: string;
  readonly env: string;
  /** Path of the pipeline's file, relative to the workspace. */
  readonly file: string;
  readonly state: RunState;
  /** ISO 8601 instants. */
  readonly logical_date: string;
  readonly data_interval_start: string;
  readonly data_interval_end: string;
  readonly params: JsonObject;
  readonly started: string;
  readonly ended?: string;
  /** Who runs it: enough to tell later whether that process still lives. */
  readonly runner: RunnerIdentity;
  readonly tasks: { readonly [task: string]: TaskRecord };
}

export interface RunnerIdentity {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in the system's own words; with the pid it names one process. */
  readonly birth?: string;
  /** Within which its pid means something: Linux's pid namespace. */
  readonly space?: string;
}

/** True for what names a process. */
export function isRunner(value: unknown): value is RunnerIdentity & { readonly [name: string]: unknown } {
  return isMap(value) && typeof value.host === "string" && Number.isSafeInteger(value.pid) && Number(value.pid) > 0;
}

/** Key of a local run's record. Its name begins as no task's does: a task `json` in a group `run` has the folder run.json. */
export function runRecordKey(dagId: string, runId: string): string {
  return `${runKey(dagId, runId)}/0-run.json`;
}
