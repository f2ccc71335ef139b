/** Which tasks may start now, and which never will: pure, over the states of all tasks. */
import type { TaskPlan, TriggerRule } from "../protocol/plan.ts";
import type { TaskState } from "../protocol/run-record.ts";
import { decideTrigger, type FinishedState } from "./trigger-rule.ts";

/** What a task holds while it runs, and what the machine has. */
export interface Tokens {
  /** Cores. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
}

export interface Schedulable {
  readonly id: string;
  readonly upstream: readonly string[];
  readonly trigger_rule: TriggerRule;
  readonly tokens: Tokens;
}

export interface Step {
  /** Tasks that never start, with the state they get. */
  readonly settled: readonly { readonly id: string; readonly state: "skipped" | "upstream_failed" }[];
  /** Tasks to start now, in the order of the Plan. */
  readonly started: readonly string[];
}

/** What a task of the Plan holds while it runs: its flavor's, else one core and no claim on memory. */
export function tokensOf(task: TaskPlan): Tokens {
  const flavor = task.kind === "job" ? task.job.flavor : undefined;
  return { cpu: flavor?.cpu ?? 1, memory: flavor?.memory ?? 0 };
}

/** True for a task that wants more than the machine has: it runs when nothing else does. */
export function isOversized(tokens: Tokens, capacity: Tokens): boolean {
  return tokens.cpu > capacity.cpu || tokens.memory > capacity.memory;
}

/**
 * The next step from `states`. `tasks` are in topological order, so what is settled here settles what is below it in the
 * same step. A task without a state is waiting.
 */
export function nextStep(tasks: readonly Schedulable[], states: ReadonlyMap<string, TaskState>, capacity: Tokens): Step {
  const now = new Map(states);
  const settled: { id: string; state: "skipped" | "upstream_failed" }[] = [];
  const ready: Schedulable[] = [];
  const running: Schedulable[] = [];
  for (const task of tasks) {
    const state = now.get(task.id) ?? "waiting";
    if (state === "running") running.push(task);
    if (state !== "waiting") continue;
    const decision = decideTrigger(
      task.trigger_rule,
      task.upstream.map((id) => finished(now.get(id))),
    );
    if (decision === "run") ready.push(task);
    if (decision === "skipped" || decision === "upstream_failed") {
      now.set(task.id, decision);
      settled.push({ id: task.id, state: decision });
    }
  }
  return { settled, started: admit(ready, running, capacity) };
}

/** First come, first served in the order of the Plan; a small task may pass one that does not fit yet. */
function admit(ready: readonly Schedulable[], running: readonly Schedulable[], capacity: Tokens): string[] {
  if (running.some((task) => isOversized(task.tokens, capacity))) return [];
  const started: string[] = [];
  let cpu = running.reduce((sum, task) => sum + task.tokens.cpu, 0);
  let memory = running.reduce((sum, task) => sum + task.tokens.memory, 0);
  for (const { id, tokens } of ready) {
    if (isOversized(tokens, capacity)) {
      if (running.length === 0 && started.length === 0) return [id];
      continue;
    }
    // Fractions of cores add up to a whole: 10 × 0.1 is not 1.
    if (cpu + tokens.cpu > capacity.cpu + 1e-9 || memory + tokens.memory > capacity.memory) continue;
    cpu += tokens.cpu;
    memory += tokens.memory;
    started.push(id);
  }
  return started;
}

/** How Airflow counts a state when it looks at what is upstream; `undefined` while there is none yet. */
function finished(state: TaskState | undefined): FinishedState | undefined {
  switch (state) {
    case "success":
    case "failed":
    case "skipped":
    case "upstream_failed":
      return state;
    case "not_run_here":
    case "not_selected":
      return "success";
    case undefined:
    case "waiting":
    case "running":
    case "up_for_retry":
    case "cancelled":
    case "lost":
      return undefined;
  }
}

/** The state of a run whose tasks have all finished, as Airflow has it: it is that of its last tasks. */
export function runStateOf(
  tasks: readonly Pick<Schedulable, "id" | "upstream">[],
  states: ReadonlyMap<string, TaskState>,
): "success" | "failed" {
  const inner = new Set(tasks.flatMap((task) => task.upstream));
  const failed = tasks.some((task) => !inner.has(task.id) && ["failed", "upstream_failed"].includes(states.get(task.id) ?? "waiting"));
  return failed ? "failed" : "success";
}
