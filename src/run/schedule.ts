/**
 * Which tasks may start now, and which never will. A machine that is told each change of a state, and does for it what that change
 * can touch: the tasks right below it, and the queues of those that are ready.
 */
import type { TaskPlan, TriggerRule } from "../protocol/plan.ts";
import type { TaskState } from "../protocol/run-record.ts";
import { Heap } from "./heap.ts";
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

export interface Schedule {
  /** The task has this state now. */
  change(id: string, state: TaskState): void;
  /** The next try of a task that does not run may use so many bytes of memory. */
  grow(id: string, memory: number): void;
  /** What to do next. The tasks that it names have the states that it gives them from then on. */
  next(): Step;
}

interface Member extends Schedulable {
  tokens: Tokens;
  /** Places of the tasks right below it. */
  readonly below: number[];
  /** What became of those right above it. */
  readonly above: { [state in FinishedState | "all"]: number };
  state: TaskState;
}

/** Tasks that are ready and want the same: when one of them does not fit, none of the others does. */
interface Queue {
  readonly tokens: Tokens;
  /** Places in the Plan. */
  readonly places: Heap;
}

/** `tasks` are in topological order, so what is settled settles what is below it in the same step. */
export function createSchedule(tasks: readonly Schedulable[], states: ReadonlyMap<string, TaskState>, capacity: Tokens): Schedule {
  const places = new Map(tasks.map(({ id }, place) => [id, place]));
  const members = tasks.map((task): Member => {
    const above = { success: 0, failed: 0, skipped: 0, upstream_failed: 0, all: task.upstream.length };
    return { ...task, below: [], above, state: "waiting" };
  });
  for (const [place, { upstream }] of tasks.entries()) {
    for (const id of upstream) members[places.get(id) ?? place]?.below.push(place);
  }
  /** Places of the waiting tasks that must be decided on again. */
  const touched = new Heap();
  const queues = new Map<string, Queue>();
  const running = { count: 0, oversized: 0, cpu: 0, memory: 0 };

  function hold({ tokens }: Member, sign: 1 | -1): void {
    running.count += sign;
    running.cpu += sign * tokens.cpu;
    running.memory += sign * tokens.memory;
    if (isOversized(tokens, capacity)) running.oversized += sign;
    if (running.count === 0) running.cpu = 0; // fractions of cores leave crumbs
  }

  function enter(place: number, state: TaskState): void {
    const member = members[place];
    if (member === undefined || member.state === state) return;
    if (member.state === "running") hold(member, -1);
    member.state = state;
    if (state === "running") hold(member, 1);
    if (state === "waiting") touched.push(place);
    const end = finished(state);
    if (end === undefined) return;
    for (const below of member.below) {
      const next = members[below];
      if (next === undefined) continue;
      next.above[end] += 1;
      if (next.state === "waiting") touched.push(below);
    }
  }

  /** Decides on the tasks that were touched: they are settled, ready, or wait on. */
  function settle(): Step["settled"] {
    const settled: { id: string; state: "skipped" | "upstream_failed" }[] = [];
    for (let place = touched.pop(); place !== undefined; place = touched.pop()) {
      const member = members[place];
      if (place === touched.least || member?.state !== "waiting") continue;
      const decision = decideTrigger(member.trigger_rule, member.above);
      if (decision === "run") queueOf(member).places.push(place);
      if (decision !== "skipped" && decision !== "upstream_failed") continue;
      settled.push({ id: member.id, state: decision });
      enter(place, decision);
    }
    return settled;
  }

  function queueOf({ tokens }: Member): Queue {
    const key = `${tokens.cpu} ${tokens.memory}`;
    const queue = queues.get(key) ?? { tokens, places: new Heap() };
    queues.set(key, queue);
    return queue;
  }

  function fits({ tokens }: Queue): boolean {
    if (isOversized(tokens, capacity)) return running.count === 0;
    // Fractions of cores add up to a whole: 10 × 0.1 is not 1.
    return running.cpu + tokens.cpu <= capacity.cpu + 1e-9 && running.memory + tokens.memory <= capacity.memory;
  }

  /** First come, first served in the order of the Plan; a small task may pass one that does not fit yet. */
  function admit(): string[] {
    const started: string[] = [];
    while (running.oversized === 0) {
      let first: Queue | undefined;
      for (const queue of queues.values()) {
        const place = nextIn(queue);
        if (place !== undefined && place < (first?.places.least ?? Number.POSITIVE_INFINITY) && fits(queue)) first = queue;
      }
      const place = first?.places.pop();
      const member = place === undefined ? undefined : members[place];
      if (place === undefined || member === undefined) break;
      enter(place, "running");
      started.push(member.id);
    }
    return started;
  }

  /** The first of the queue; what was touched twice, or has become something else since, is left out. */
  function nextIn({ places: queued }: Queue): number | undefined {
    while (queued.least !== undefined && members[queued.least]?.state !== "waiting") queued.pop();
    return queued.least;
  }

  for (const place of members.keys()) touched.push(place);
  for (const [id, state] of states) enter(places.get(id) ?? -1, state);
  return {
    change: (id, state) => enter(places.get(id) ?? -1, state),
    grow(id, memory) {
      const member = members[places.get(id) ?? -1];
      if (member) member.tokens = { ...member.tokens, memory };
    },
    next() {
      const settled = settle();
      return { settled, started: admit() };
    },
  };
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
