/** The schedule said plainly: every step looks at every task. What the one of src/run does with counts and queues is held to it. */
import type { TaskState } from "../../src/protocol/run-record.ts";
import { isOversized, type Schedulable, type Step, type Tokens } from "../../src/run/schedule.ts";
import { type Counts, decideTrigger, type FinishedState } from "../../src/run/trigger-rule.ts";

export function countStates(states: readonly (FinishedState | undefined)[]): Counts {
  const count = (state: FinishedState) => states.filter((one) => one === state).length;
  return {
    success: count("success"),
    failed: count("failed"),
    skipped: count("skipped"),
    upstream_failed: count("upstream_failed"),
    all: states.length,
  };
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
    const decision = decideTrigger(task.trigger_rule, countStates(task.upstream.map((id) => finished(now.get(id)))));
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
