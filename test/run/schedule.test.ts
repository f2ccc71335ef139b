import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TriggerRule } from "../../src/protocol/plan.ts";
import type { TaskState } from "../../src/protocol/run-record.ts";
import { createSchedule, isOversized, runStateOf, type Schedulable, type Step, type Tokens } from "../../src/run/schedule.ts";
import { nextStep } from "./plain-schedule.ts";

const rules: TriggerRule[] = [
  "all_success",
  "all_failed",
  "all_done",
  "all_done_min_one_success",
  "all_done_setup_success",
  "all_skipped",
  "always",
  "none_failed",
  "none_failed_min_one_success",
  "none_skipped",
  "one_done",
  "one_failed",
  "one_success",
];

const tokens = fc.record({ cpu: fc.constantFrom(0.1, 0.5, 1, 2, 3, 8), memory: fc.constantFrom(0, 1, 5, 20) });

/** A graph whose tasks need only tasks before them. */
const graphs = fc
  .array(fc.record({ needs: fc.array(fc.nat(), { maxLength: 4 }), rule: fc.constantFrom(...rules), tokens }), {
    minLength: 1,
    maxLength: 14,
  })
  .map((specs) =>
    specs.map(
      ({ needs, rule, tokens }, index): Schedulable => ({
        id: `t${index}`,
        upstream: index === 0 ? [] : [...new Set(needs.map((n) => `t${n % index}`))],
        trigger_rule: rule,
        tokens,
      }),
    ),
  );

type Result = "success" | "failed" | "skipped";

interface Played {
  readonly states: ReadonlyMap<string, TaskState>;
  readonly steps: number;
}

/** The first step from these states. */
function stepFrom(tasks: readonly Schedulable[], states: ReadonlyMap<string, TaskState>, capacity: Tokens): Step {
  return createSchedule(tasks, states, capacity).next();
}

/** Plays a whole run: of what runs, `pick` says which ends next, and how. `look` sees every moment. */
function play(
  tasks: readonly Schedulable[],
  capacity: Tokens,
  pick: (running: readonly string[]) => readonly [string, Result],
  look: (states: ReadonlyMap<string, TaskState>, started: readonly string[]) => void = () => {},
): Played {
  const states = new Map<string, TaskState>();
  const schedule = createSchedule(tasks, states, capacity);
  for (let steps = 1; ; steps++) {
    const step = schedule.next();
    for (const { id, state } of step.settled) states.set(id, state);
    for (const id of step.started) states.set(id, "running");
    look(states, step.started);
    const running = tasks.map(({ id }) => id).filter((id) => states.get(id) === "running");
    if (running.length === 0) return { states, steps };
    const [id, state] = pick(running);
    states.set(id, state);
    schedule.change(id, state);
  }
}

const choices = fc.infiniteStream(fc.tuple(fc.nat(), fc.constantFrom<Result>("success", "success", "success", "failed", "skipped")));

/** A player's picks from a stream of choices. */
function picker(stream: Iterator<[number, Result]>): (running: readonly string[]) => readonly [string, Result] {
  return (running) => {
    const [n, result] = stream.next().value as [number, Result];
    return [running[n % running.length] ?? "", result];
  };
}

test("every step is that of the plain schedule, which looks at all tasks, with tries again and tasks that are left out", () => {
  const ends = fc.infiniteStream(
    fc.tuple(fc.nat(), fc.constantFrom<TaskState>("success", "success", "failed", "skipped", "up_for_retry", "not_run_here")),
  );
  fc.assert(
    fc.property(graphs, tokens, ends, fc.array(fc.boolean(), { maxLength: 14 }), (tasks, capacity, stream, left) => {
      const states = new Map<string, TaskState>();
      for (const [index, { id }] of tasks.entries()) if (left[index]) states.set(id, "not_selected");
      const schedule = createSchedule(tasks, states, capacity);
      const grown = new Map<string, number>();
      const wanting = ({ tokens, ...task }: Schedulable) => ({
        ...task,
        tokens: { ...tokens, memory: grown.get(task.id) ?? tokens.memory },
      });
      for (let steps = 0; steps < 200; steps++) {
        const step = schedule.next();
        expect(step).toEqual(nextStep(tasks.map(wanting), states, capacity));
        for (const { id, state } of step.settled) states.set(id, state);
        for (const id of step.started) states.set(id, "running");
        const moving = tasks.map(({ id }) => id).filter((id) => states.get(id) === "running" || states.get(id) === "up_for_retry");
        if (moving.length === 0) return;
        // Several may end before anybody looks.
        for (let count = 1 + (steps % 3); count > 0; count--) {
          const [n, end] = stream.next().value as [number, TaskState];
          const id = moving[n % moving.length] ?? "";
          const state = states.get(id) === "up_for_retry" ? "waiting" : states.get(id) === "running" ? end : undefined;
          if (state === undefined) continue;
          if (state === "waiting" && n % 2 === 0) {
            grown.set(id, n % 30);
            schedule.grow(id, n % 30);
          }
          states.set(id, state);
          schedule.change(id, state);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

describe("every run", () => {
  test("comes to an end with every task finished", () => {
    fc.assert(
      fc.property(graphs, tokens, choices, (tasks, capacity, stream) => {
        const { states } = play(tasks, capacity, picker(stream));
        for (const { id } of tasks) expect(["success", "failed", "skipped", "upstream_failed"]).toContain(states.get(id));
      }),
      { numRuns: 500 },
    );
  });

  test("never holds more tokens than there are, but for one task that runs alone", () => {
    fc.assert(
      fc.property(graphs, tokens, choices, (tasks, capacity, stream) => {
        play(tasks, capacity, picker(stream), (states) => {
          const running = tasks.filter(({ id }) => states.get(id) === "running");
          if (running.length === 1) return;
          expect(running.some((task) => isOversized(task.tokens, capacity))).toBe(false);
          expect(running.reduce((sum, task) => sum + task.tokens.cpu, 0)).toBeLessThanOrEqual(capacity.cpu + 1e-6);
          expect(running.reduce((sum, task) => sum + task.tokens.memory, 0)).toBeLessThanOrEqual(capacity.memory);
        });
      }),
      { numRuns: 500 },
    );
  });

  test("starts a task of all_success only after all it needs, and each task once", () => {
    fc.assert(
      fc.property(graphs, tokens, choices, (tasks, capacity, stream) => {
        const plain = tasks.map((task): Schedulable => ({ ...task, trigger_rule: "all_success" }));
        const began = new Set<string>();
        play(plain, capacity, picker(stream), (states, started) => {
          for (const id of started) {
            expect(began.has(id)).toBe(false);
            began.add(id);
            for (const need of plain.find((task) => task.id === id)?.upstream ?? []) expect(states.get(need)).toBe("success");
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  test("has one outcome for rules that look at finished states only, in whatever order tasks end", () => {
    // all_failed, one_… and the like may decide early, on what happened to be known; as in Airflow.
    const calm: TriggerRule[] = ["all_success", "all_done", "none_failed", "always"];
    fc.assert(
      fc.property(
        graphs,
        tokens,
        choices,
        choices,
        fc.array(fc.constantFrom<Result>("success", "failed"), { minLength: 14 }),
        (tasks, capacity, a, b, fate) => {
          const plain = tasks.map((task, n): Schedulable => ({ ...task, trigger_rule: calm[n % calm.length] ?? "always" }));
          const fated =
            (stream: Iterator<[number, Result]>) =>
            (running: readonly string[]): readonly [string, Result] => {
              const [id] = picker(stream)(running);
              return [id, fate[Number(id.slice(1))] ?? "success"];
            };
          expect(play(plain, capacity, fated(b)).states).toEqual(play(plain, { cpu: 1, memory: 0 }, fated(a)).states);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("tokens", () => {
  const task = (id: string, cpu: number, memory = 0): Schedulable => ({
    id,
    upstream: [],
    trigger_rule: "all_success",
    tokens: { cpu, memory },
  });

  test("as many tasks start as fit", () => {
    const tasks = [task("a", 1), task("b", 2), task("c", 1), task("d", 1)];
    expect(stepFrom(tasks, new Map(), { cpu: 2, memory: 0 }).started).toEqual(["a", "c"]);
  });

  test("ten tenths of a core are a core", () => {
    const tasks = Array.from({ length: 10 }, (_, n) => task(`t${n}`, 0.1));
    expect(stepFrom(tasks, new Map(), { cpu: 1, memory: 0 }).started).toHaveLength(10);
  });

  test("memory counts as cores do", () => {
    const tasks = [task("a", 1, 6), task("b", 1, 6), task("c", 1, 2)];
    expect(stepFrom(tasks, new Map(), { cpu: 8, memory: 10 }).started).toEqual(["a", "c"]);
  });

  test("a task that wants more than there is runs alone", () => {
    const tasks = [task("big", 16), task("a", 1)];
    const capacity = { cpu: 2, memory: 0 };
    expect(stepFrom(tasks, new Map(), capacity).started).toEqual(["big"]);
    expect(stepFrom(tasks, new Map([["big", "running"]]), capacity).started).toEqual([]);
    expect(stepFrom(tasks.toReversed(), new Map(), capacity).started).toEqual(["a"]);
    expect(stepFrom(tasks, new Map([["a", "running"]]), capacity).started).toEqual([]);
  });
});

describe("the state of a run", () => {
  const tasks = [
    { id: "a", upstream: [] },
    { id: "b", upstream: ["a"] },
  ];

  test("is that of its last tasks, as in Airflow", () => {
    expect(
      runStateOf(
        tasks,
        new Map<string, TaskState>([
          ["a", "failed"],
          ["b", "success"],
        ]),
      ),
    ).toBe("success");
    expect(
      runStateOf(
        tasks,
        new Map<string, TaskState>([
          ["a", "success"],
          ["b", "failed"],
        ]),
      ),
    ).toBe("failed");
    expect(
      runStateOf(
        tasks,
        new Map<string, TaskState>([
          ["a", "failed"],
          ["b", "upstream_failed"],
        ]),
      ),
    ).toBe("failed");
    expect(
      runStateOf(
        tasks,
        new Map<string, TaskState>([
          ["a", "success"],
          ["b", "skipped"],
        ]),
      ),
    ).toBe("success");
  });
});
