/** Clocks that are wrong or jump by a day: nothing is stopped, revived, lost or taken for old because of them. */
import { expect, onTestFinished, test, vi } from "vitest";
import { pointerKey, readResult } from "../../src/launch/results.ts";
import { attemptKey } from "../../src/protocol/layout.ts";
import { type Bench, makeBench } from "./request.ts";

// Other work on the machine may slow everything down.
vi.setConfig({ testTimeout: 30_000 });

const day = 86_400_000;
const jumps = [day, -day] as const;

/** From here on the test sets the clock; timers and the file system's times stay as they are. */
function ownClock(): void {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
}

const jump = (by: number): void => void vi.setSystemTime(Date.now() + by);

/** Runs what prints "now" and lets the clock jump at that moment. */
async function jumpAtNow(bench: Bench, by: number, changes: Parameters<Bench["run"]>[0]) {
  return bench.run(changes, {
    pace: { beat: 0.05, log: [0.05] },
    onEvent: (event) => {
      bench.deps.onEvent(event);
      if (event.event === "log" && event.line === "now") jump(by);
    },
  });
}

test.each(jumps)("a limit on time is that of the script's own time: jump by %i", async (by) => {
  ownClock();
  const fine = makeBench();
  const limits = { stage_time: 60, grace: 0.5, execution_time: 20, memory: 500_000_000, disk: 500_000_000 };
  const result = await jumpAtNow(fine, by, { script: "echo now; sleep 0.5; echo done", limits });
  expect(result).toMatchObject({ status: "success", tail: ["now", "done"] });
  expect(Date.parse(result.ended)).toBeGreaterThanOrEqual(Date.parse(result.started));
  for (const time of Object.values(result.usage.phases)) expect(time).toBeLessThan(20_000);

  const slow = makeBench();
  const stopped = await jumpAtNow(slow, by, { script: "echo now; sleep 300", limits: { ...limits, execution_time: 0.7 } });
  expect(stopped).toMatchObject({ status: "failed", reason: "timeout" });
  expect(Date.parse(stopped.ended)).toBeGreaterThanOrEqual(Date.parse(stopped.started));
});

test.each(jumps)("the newest wins, whatever its clock says: jump by %i", async (by) => {
  ownClock();
  const bench = makeBench();
  const older = bench.run({ script: "echo started; sleep 300", effects: "writes" }, { pace: { beat: 0.1, log: [100] } });
  await vi.waitFor(() => expect(bench.lines()).toContain("started"), 10_000);
  jump(by);
  const newer = await bench.run({ script: "true", effects: "writes" });
  expect(await older).toMatchObject({ status: "cancelled", reason: "overtaken" });
  expect(newer).toMatchObject({ status: "success", attempt: 2 });
  const { dag_id, run_id, task } = newer;
  expect(await readResult(bench.deps.store, pointerKey(dag_id, run_id, task))).toEqual(newer);
  // It was alive, and nobody took it for dead because its last sign of life seems a day old.
  const word = await readResult(bench.deps.store, `${attemptKey(dag_id, run_id, task, 1)}/result.json`);
  expect(word?.reason).toBe("overtaken");
});

test("what a wrong clock made in the future is no hit for ever, and is replaced", async () => {
  ownClock();
  const bench = makeBench();
  const work = { outputs: { data: { type: "text", extension: ".txt", dir: false } }, script: 'echo x > "$OUTPUT_DATA"' };
  const cache = { read: true, fresh: false, reads: true, keep: 100_000 };
  jump(30 * day);
  await bench.run({ ...work, cache, run_id: "future" });
  jump(-30 * day);
  expect((await bench.run({ ...work, cache, run_id: "now" })).cache?.hit).toBeUndefined();
  expect((await bench.run({ ...work, cache, run_id: "again" })).cache?.hit).toMatchObject({ run_id: "now" });
  // A little ahead is how clocks are.
  jump(-60_000);
  expect((await bench.run({ ...work, cache, run_id: "behind" })).cache?.hit).toMatchObject({ run_id: "now" });
  jump(2 * day);
  expect((await bench.run({ ...work, cache, run_id: "old" })).cache?.hit).toBeUndefined();
});
