/** A run on an Airflow that is somewhere else: triggered or found by its id, waited for, its states read. */
import { setTimeout as sleep } from "node:timers/promises";
import type { RunDates } from "../../pipeline/timetable.ts";
import { isJsonObject, type Json, type JsonObject } from "../../protocol/json.ts";
import type { AirflowApi } from "./airflow-api.ts";
import { AirflowError } from "./airflow-environment.ts";
import type { RunStates } from "./outcome.ts";

export interface RemoteRun {
  readonly run_id: string;
  /** Absent for a run of Airflow 3 that has none. */
  readonly logical_date?: string;
  readonly dates: RunDates;
  /** Run parameters that somebody gave. */
  readonly conf: JsonObject;
}

/** What Airflow says of a DAG, if it could be triggered now. Throws AirflowError when it could not. */
export async function requireDag(api: AirflowApi, dagId: string): Promise<void> {
  const dag = await api.get(`dags/${encodeURIComponent(dagId)}`);
  if (!isJsonObject(dag)) {
    throw new AirflowError(
      `Airflow at ${api.url} has no DAG ${dagId}: compile, publish --dags to its folder, and wait until it has read it`,
    );
  }
  if (dag.has_import_errors === true) throw new AirflowError(`Airflow at ${api.url} cannot load the DAG ${dagId}: its pages tell why`);
  if (dag.is_paused === true)
    throw new AirflowError(`the DAG ${dagId} is paused in Airflow, so a run of it would wait for ever: unpause it there first`);
}

/** True when Airflow has this very text as the DAG's file; undefined when it does not show it. */
export async function hasSource(api: AirflowApi, dagId: string, python: string): Promise<boolean | undefined> {
  const id = encodeURIComponent(dagId);
  let text: string | undefined;
  try {
    if (api.major === 3) {
      const source = await api.get(`dagSources/${id}`);
      text = isJsonObject(source) && typeof source.content === "string" ? source.content : undefined;
    } else {
      const dag = await api.get(`dags/${id}`);
      const token = isJsonObject(dag) ? dag.file_token : undefined;
      text = typeof token === "string" ? await api.getText(`dagSources/${token}`) : undefined;
    }
  } catch (error) {
    if (error instanceof AirflowError) return undefined; // not this user's to see
    throw error;
  }
  return text === undefined ? undefined : text.trimEnd() === python.trimEnd();
}

/** Starts the run of these dates. Throws AirflowError, also when Airflow has a run of that date already. */
export async function triggerRun(api: AirflowApi, dagId: string, dates: RunDates, conf: JsonObject): Promise<RemoteRun> {
  const at = `dags/${encodeURIComponent(dagId)}/dagRuns`;
  const { logical_date, data_interval_start, data_interval_end } = dates;
  // The interval is said too: for a manual run Airflow would make up the one before.
  const body = {
    dag_run_id: `parity__${logical_date}__${new Date().toISOString()}`,
    logical_date,
    data_interval_start,
    data_interval_end,
    conf,
    note: "started by tradewind parity",
  };
  const made = await api.post(at, body);
  if ("answer" in made) {
    const run = isJsonObject(made.answer) ? made.answer : {};
    return { run_id: typeof run.dag_run_id === "string" ? run.dag_run_id : body.dag_run_id, logical_date, dates, conf };
  }
  if (made.status === 409) {
    const found = await findRunOf(api, dagId, logical_date);
    const which = found === undefined ? "" : `, ${found}: compare with it by --run '${found}'`;
    throw new AirflowError(`Airflow has a run of ${dagId} for ${logical_date} already${which}; or take another --date`);
  }
  throw new AirflowError(`Airflow at ${api.url} did not start a run of ${dagId} (${made.status}): ${made.detail}`);
}

async function findRunOf(api: AirflowApi, dagId: string, logicalDate: string): Promise<string | undefined> {
  const date = encodeURIComponent(logicalDate);
  const query =
    api.major === 3 ? `logical_date_gte=${date}&logical_date_lte=${date}` : `execution_date_gte=${date}&execution_date_lte=${date}`;
  const answer = await api.get(`dags/${encodeURIComponent(dagId)}/dagRuns?limit=1&${query}`);
  const [run] = isJsonObject(answer) && Array.isArray(answer.dag_runs) ? answer.dag_runs : [];
  return isJsonObject(run) && typeof run.dag_run_id === "string" ? run.dag_run_id : undefined;
}

/** A run that is there. Throws AirflowError with the newest ones when it is not. */
export async function findRemoteRun(api: AirflowApi, dagId: string, runId: string): Promise<RemoteRun> {
  const at = `dags/${encodeURIComponent(dagId)}/dagRuns`;
  const run = await api.get(`${at}/${encodeURIComponent(runId)}`);
  if (!isJsonObject(run)) {
    const answer = await api.get(`${at}?limit=5&order_by=-start_date`);
    const runs = isJsonObject(answer) && Array.isArray(answer.dag_runs) ? answer.dag_runs : [];
    const ids = runs.flatMap((one: Json) => (isJsonObject(one) && typeof one.dag_run_id === "string" ? [one.dag_run_id] : []));
    throw new AirflowError(`Airflow has no run "${runId}" of ${dagId}${ids.length === 0 ? "" : `; its newest: ${ids.join(", ")}`}`);
  }
  // Without a logical date there is no interval either, and the hour from which it could run is all that there is.
  const logical = asInstant(run.logical_date ?? run.execution_date);
  const day = logical ?? asInstant(run.run_after) ?? new Date().toISOString();
  const dates = {
    logical_date: day,
    data_interval_start: asInstant(run.data_interval_start) ?? day,
    data_interval_end: asInstant(run.data_interval_end) ?? day,
  };
  return { run_id: runId, ...(logical !== undefined && { logical_date: logical }), dates, conf: isJsonObject(run.conf) ? run.conf : {} };
}

/** As the local runner writes it, and Airflow's `ts`: `2026-01-01T00:00:00+00:00`. */
function asInstant(value: Json | undefined): string | undefined {
  if (typeof value !== "string" || Number.isNaN(Date.parse(value))) return undefined;
  return value.replace(/Z$/, "+00:00");
}

export interface Watcher {
  /** Told every change of a task's state. */
  readonly onTask: (task: string, state: string) => void;
  /** Told what may need somebody's hand. */
  readonly onWait: (message: string) => void;
  readonly signal: AbortSignal;
}

const ended = new Set(["success", "failed"]);

/** Seconds that a run may be queued before somebody should look. */
const longestQueue = 60;

/** Waits until the run has ended, however long it takes. */
export async function waitForRun(api: AirflowApi, dagId: string, run: RemoteRun, watcher: Watcher): Promise<RunStates> {
  const at = `dags/${encodeURIComponent(dagId)}/dagRuns/${encodeURIComponent(run.run_id)}`;
  const known = new Map<string, string>();
  const started = Date.now();
  let told = false;
  for (let pause = 500; ; pause = Math.min(pause * 1.2, 5000)) {
    const now = await api.get(at);
    const state = isJsonObject(now) && typeof now.state === "string" ? now.state : "none";
    for (const [task, one] of Object.entries(await readTasks(api, at))) {
      if (known.get(task) !== one && one !== "none") watcher.onTask(task, one);
      known.set(task, one);
    }
    if (now === undefined) throw new AirflowError(`the run ${run.run_id} is gone from Airflow: somebody has deleted it`);
    if (ended.has(state)) {
      const { run_id, logical_date } = run;
      return { run_id, state, ...(logical_date !== undefined && { logical_date }), tasks: Object.fromEntries(known) };
    }
    if (!told && state === "queued" && Date.now() - started > longestQueue * 1000) {
      watcher.onWait(`the run has been queued for a minute: is a scheduler running, and may the DAG have one more run (max_active_runs)?`);
      told = true;
    }
    await sleep(pause, undefined, { signal: watcher.signal });
  }
}

/** State of every task, `none` for one that has not been looked at. */
async function readTasks(api: AirflowApi, run: string): Promise<{ readonly [task: string]: string }> {
  const states: Record<string, string> = {};
  for (let offset = 0; ; ) {
    const answer = await api.get(`${run}/taskInstances?limit=100&offset=${offset}`);
    const page = isJsonObject(answer) && Array.isArray(answer.task_instances) ? answer.task_instances : [];
    for (const one of page) {
      if (isJsonObject(one) && typeof one.task_id === "string") states[one.task_id] = typeof one.state === "string" ? one.state : "none";
    }
    offset += page.length;
    const total = isJsonObject(answer) ? Number(answer.total_entries) : 0;
    if (page.length === 0 || offset >= total) return states;
  }
}

/** The last lines of what Airflow logged of a task's last try. */
export async function readRemoteLog(api: AirflowApi, dagId: string, runId: string, task: string): Promise<readonly string[]> {
  const at = `dags/${encodeURIComponent(dagId)}/dagRuns/${encodeURIComponent(runId)}/taskInstances/${encodeURIComponent(task)}`;
  try {
    const instance = await api.get(at);
    const tries = isJsonObject(instance) ? Number(instance.try_number) : 0;
    if (!(tries > 0)) return [];
    if (api.major === 2) return lastOf((await api.getText(`${at}/logs/${tries}?full_content=true`)) ?? "");
    const log = await api.get(`${at}/logs/${tries}?full_content=true`);
    const content = isJsonObject(log) ? log.content : undefined;
    if (typeof content === "string") return lastOf(content);
    const events = Array.isArray(content) ? content : [];
    return events.map((event: Json) => (isJsonObject(event) ? String(event.event ?? "") : String(event))).slice(-30);
  } catch (error) {
    if (error instanceof AirflowError) return [];
    throw error;
  }
}

function lastOf(text: string): readonly string[] {
  return text.trimEnd().split("\n").slice(-30);
}
