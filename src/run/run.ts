/** A local run: plan → publish → launch in dependency order → record. */
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { ownIdentity } from "../launch/identity.ts";
import { memoryFor } from "../launch/memory.ts";
import { startTimer } from "../launch/timer.ts";
import type { LaunchEvent } from "../protocol/event.ts";
import type { TaskPlan } from "../protocol/plan.ts";
import { taskLimits } from "../protocol/request-env.ts";
import type { Result } from "../protocol/result.ts";
import type { RunEvent } from "../protocol/run-event.ts";
import type { RunRecord, RunState, TaskRecord, TaskState } from "../protocol/run-record.ts";
import type { Store } from "../storage/store.ts";
import { publishItems } from "../workspace/publish.ts";
import { adopt, type Earlier, findEarlier } from "./earlier.ts";
import { type Engine, processEngine } from "./engine.ts";
import { beginLife, markLost } from "./leftovers.ts";
import { resultFacts } from "./list.ts";
import { jobOf, type PreparedRun, requestOf } from "./prepare.ts";
import { type Journal, openJournal } from "./record.ts";
import { createSchedule, isOversized, runStateOf, type Schedulable, type Tokens, tokensOf } from "./schedule.ts";

export interface RunDeps {
  /** Folder of the workspace. */
  readonly root: string;
  readonly store: Store;
  /** Where code/ and files/ lie; absent: in `store`. */
  readonly code?: Store;
  readonly onEvent: (event: RunEvent) => void;
  /** Aborted: every script is stopped, nothing new starts, and the run ends as cancelled. */
  readonly signal: AbortSignal;
  /** Of the jobs that run in containers. */
  readonly containers?: Engine;
  /** What the machine has; found out when it is missing. */
  readonly capacity?: Tokens;
}

/** Seconds between two tries, whatever is declared: nobody waits at a laptop for an hour. */
const longestDelay = 5;

/** Runs what `prepareRun` made ready, to the end; or says why it cannot start. Failures of tasks are in the record. */
export async function run(prepared: PreparedRun, deps: RunDeps): Promise<RunRecord | { readonly problems: readonly string[] }> {
  const { plan, selection, options } = prepared;
  for (const lost of await markLost(deps.root, options.env)) warn(deps, `run ${lost} was left by a runner that died; it is marked lost`);
  const earlier = await findEarlier(plan, selection.selected, options.dates.logical_date, deps.store);
  if (earlier.problems.length > 0) return { problems: earlier.problems };
  await publishItems(deps.root, plan.publish, deps.code ?? deps.store);

  const journal = await openJournal(newRecord(prepared), deps.store);
  const life = await beginLife(deps.root, ownIdentity(), options.store, journal.current());
  say(deps, { event: "run-start", run: journal.current() });
  try {
    for (const one of earlier.found) if (!(await useEarlier(one, journal, deps))) return removed(one, journal);
    const state = await runTasks(prepared, journal, life.work, deps);
    const record = await journal.finish(state);
    say(deps, { event: "run-end", run: record });
    return record;
  } finally {
    await life.end();
  }
}

/** Starts tasks as their turn comes until nothing runs and nothing can start. */
async function runTasks(prepared: PreparedRun, journal: Journal, work: string, deps: RunDeps): Promise<RunState> {
  const { plan, selection } = prepared;
  const capacity = deps.capacity ?? { cpu: availableParallelism(), memory: totalmem() };
  const tasks: readonly Schedulable[] = plan.tasks.map((task) => ({ ...task, tokens: tokensOf(task) }));
  const byId = new Map(plan.tasks.map((task) => [task.id, task]));
  for (const task of tasks) {
    if (selection.selected.has(task.id) && isOversized(task.tokens, capacity)) warn(deps, oversized(task.tokens, capacity), task.id);
  }
  const states = new Map<string, TaskState>(tasks.map(({ id }) => [id, selection.selected.has(id) ? "waiting" : "not_selected"]));
  const schedule = createSchedule(tasks, states, capacity);
  const change = (id: string, record: Partial<TaskRecord> & { readonly state: TaskState }) => {
    states.set(id, record.state);
    schedule.change(id, record.state);
    say(deps, { event: "task", task: id, record: journal.change(id, record) });
  };

  const start = async (task: TaskPlan) => {
    const attempts = (journal.task(task.id)?.attempts ?? 0) + 1;
    const started = journal.task(task.id)?.started ?? new Date().toISOString();
    change(task.id, { state: "running", attempts, started });
    let result: Result;
    try {
      result = await launchTask(prepared, task, attempts, journal.runId, work, deps);
    } catch (error) {
      // The store went away or the like: this task has no result, the others may still have theirs.
      const message = error instanceof Error ? error.message : String(error);
      change(task.id, { state: "failed", ended: new Date().toISOString(), reason: "internal", message });
      return;
    }
    const again = result.status === "failed" && result.retryable && attempts <= task.retries && !deps.signal.aborted;
    change(task.id, { ...resultFacts(result), ...(again && { state: "up_for_retry" as const }) });
    if (!again) return;
    const memory = task.kind === "job" ? memoryFor(taskLimits(task), result) : undefined;
    if (memory !== undefined) schedule.grow(task.id, memory);
    await pause(Math.min(task.retry_delay, longestDelay), deps.signal);
    change(task.id, { state: deps.signal.aborted ? "failed" : "waiting" });
  };

  const busy = new Set<Promise<void>>();
  for (;;) {
    if (!deps.signal.aborted) {
      const step = schedule.next();
      for (const { id, state } of step.settled) change(id, { state, ended: new Date().toISOString() });
      for (const id of step.started) {
        const task = byId.get(id);
        if (task && jobOf(task)) {
          const attempt = start(task).finally(() => busy.delete(attempt));
          busy.add(attempt);
        } else change(id, { state: "not_run_here", ended: new Date().toISOString() });
      }
      if (step.started.length > 0) continue;
    }
    if (busy.size === 0) break;
    await Promise.race(busy);
  }
  return deps.signal.aborted ? "cancelled" : runStateOf(tasks, states);
}

/** One try of one task, by the launcher. */
async function launchTask(
  prepared: PreparedRun,
  task: TaskPlan,
  attempt: number,
  runId: string,
  work: string,
  deps: RunDeps,
): Promise<Result> {
  const job = jobOf(task);
  const request = job && requestOf(prepared, job, runId, attempt);
  // prepareRun has rendered the same templates already.
  if (!request || "problem" in request) throw new Error(request?.problem ?? `task ${task.id} has no job`);
  const onEvent = (event: LaunchEvent) => forward(task.id, event, deps);
  const { store, code = store } = deps;
  const here = { store, code, env: prepared.options.env, cache: join(deps.root, ".tradewind", "cache") };
  const engine = job.engine === "docker" && deps.containers ? deps.containers : processEngine(here);
  const limit = startLimit(task.execution_timeout, deps.signal);
  try {
    const result = await engine.launch({ request, task: job, work, onEvent, signal: limit.signal });
    if (result.status !== "cancelled" || deps.signal.aborted || !limit.signal.aborted) return result;
    const message = `took longer than its execution_timeout of ${task.execution_timeout} s and was stopped`;
    return { ...result, status: "failed", reason: "timeout", retryable: true, message };
  } finally {
    limit.end();
  }
}

/** Airflow's own limit on a task instance, staging and all. */
function startLimit(seconds: number | undefined, outer: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  if (seconds === undefined) return { signal: outer, end() {} };
  const controller = new AbortController();
  const abort = () => controller.abort();
  const stopTimer = startTimer(seconds, abort);
  outer.addEventListener("abort", abort);
  if (outer.aborted) abort();
  return {
    signal: controller.signal,
    end() {
      stopTimer();
      outer.removeEventListener("abort", abort);
    },
  };
}

function forward(task: string, event: LaunchEvent, deps: RunDeps): void {
  if (event.event === "end") return; // the record of the task says it
  deps.onEvent({ ...event, task });
}

/** False when it is no longer there. */
async function useEarlier(earlier: Earlier, journal: Journal, deps: RunDeps): Promise<boolean> {
  const { task, result, same_date } = earlier;
  if (!(await adopt(journal.runId, earlier, deps.store))) return false;
  if (!same_date) warn(deps, `uses what ${task} made in run ${result.run_id}, which is of another date`, task);
  const { state: _, ...made } = resultFacts(result);
  const record = journal.change(task, { ...made, attempt: 1, taken_from: result.run_id });
  say(deps, { event: "task", task, record });
  return true;
}

async function removed({ task, result }: Earlier, journal: Journal): Promise<{ readonly problems: readonly string[] }> {
  await journal.finish("cancelled");
  return { problems: [`what ${task} made in run ${result.run_id} is being removed from the store: run ${task} too (--from ${task})`] };
}

function newRecord({ plan, selection, options, params }: PreparedRun): RunRecord {
  const started = new Date().toISOString();
  const tasks = plan.tasks.map(({ id }): [string, TaskRecord] => [
    id,
    { state: selection.selected.has(id) ? "waiting" : "not_selected", attempts: 0 },
  ]);
  const { logical_date, data_interval_start, data_interval_end } = options.dates;
  return {
    proto: 1,
    dag_id: plan.dag.dag_id,
    run_id: runIdOf(logical_date, started),
    env: plan.env,
    file: plan.source.file,
    state: "running",
    logical_date,
    data_interval_start,
    data_interval_end,
    params,
    started,
    runner: ownIdentity(),
    tasks: Object.fromEntries(tasks),
  };
}

/** `local__2013-01-15T00-00-00Z__2026-08-03T10-11-12.345Z`: a name that any file system takes as it is. */
function runIdOf(logicalDate: string, started: string): string {
  const date = new Date(logicalDate).toISOString().replace(/\.\d+/, "");
  return `local__${date}__${started}`.replaceAll(":", "-");
}

function oversized(tokens: Tokens, capacity: Tokens): string {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const [wants, has] =
    tokens.cpu > capacity.cpu
      ? [`${tokens.cpu} cores`, `${capacity.cpu}`]
      : [`${gigabytes(tokens.memory)} of memory`, gigabytes(capacity.memory)];
  return `wants ${wants} and this machine has ${has}: it will run alone`;
}

function warn(deps: RunDeps, message: string, task?: string): void {
  say(deps, { event: "warning", message, ...(task !== undefined && { task }) });
}

type Unstamped<T> = T extends RunEvent ? Omit<T, "at"> : never;

function say(deps: RunDeps, event: Unstamped<RunEvent>): void {
  deps.onEvent({ at: new Date().toISOString(), ...event } as RunEvent);
}

/** Waits, but not past an abort. */
function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}
