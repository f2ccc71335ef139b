/** Two launchers of one task: the one that started later is the one that commits. In every order in which their steps can fall. */
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { claim } from "../../src/launch/claim.ts";
import { commit, point } from "../../src/launch/commit.ts";
import { fenceEarlier } from "../../src/launch/fence.ts";
import { isGivenUp, pointerKey, readResult } from "../../src/launch/results.ts";
import { attemptKey, cacheKey } from "../../src/protocol/layout.ts";
import type { Request } from "../../src/protocol/request.ts";
import type { Result } from "../../src/protocol/result.ts";
import { createMemoryStore } from "../../src/storage/memory.ts";
import { type PutOptions, type Store, StoreError } from "../../src/storage/store.ts";
import { makeBench } from "./request.ts";

// Other work on the machine may slow everything down.
vi.setConfig({ testTimeout: 60_000 });

const work = { key: "0".repeat(64), parts: {} };

function resultOf(request: Request, attempt: number, status: Result["status"]): Result {
  const now = new Date().toISOString();
  return {
    proto: 1,
    dag_id: request.dag_id,
    run_id: request.run_id,
    task: request.task,
    attempt,
    try_number: request.tries.number,
    status,
    retryable: status === "failed",
    exit_code: 0,
    outputs: {},
    inputs: {},
    cache: work,
    usage: { phases: {} },
    started: now,
    ended: now,
    host: "test",
    launcher: "test",
    tail: [],
  };
}

/** What a launcher of the model came to. */
interface Life {
  attempt?: number;
  result?: Result;
  /** Stopped for ever in the middle, as by kill -9. */
  killed: boolean;
}

/** The store's part of an attempt, as launch.ts does it. */
async function live(life: Life, request: Request, status: Result["status"], store: Store): Promise<void> {
  const claimed = await claim(request, request, store);
  life.attempt = claimed.attempt;
  if (claimed.before.length > 0) {
    const earlier = await fenceEarlier(request, claimed, store);
    if (earlier) await point(request, earlier, store);
  }
  life.result = await commit(request, resultOf(request, claimed.attempt, status), store);
}

interface Write {
  readonly by: number;
  readonly key: string;
  readonly attempt?: number;
}

/** Every operation waits for its turn; after `steps` of them its launcher does nothing ever again. */
function createPlayedStore(inner: Store, by: number, steps: number, scheduler: fc.Scheduler, life: Life, writes: Write[]): Store {
  let left = steps;
  const turn = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    await scheduler.schedule(Promise.resolve(), `${by}: ${name}`);
    if (left-- <= 0) {
      life.killed = true;
      throw new StoreError("unavailable", "killed");
    }
    return act();
  };
  return {
    ...inner,
    get: (key) => turn(`get ${key}`, () => inner.get(key)),
    head: (key) => turn(`head ${key}`, () => inner.head(key)),
    folders: (prefix) => turn(`folders ${prefix}`, () => inner.folders(prefix)),
    put: (key: string, bytes: Uint8Array, options?: PutOptions) =>
      turn(`put ${key}`, async () => {
        const done = await inner.put(key, bytes, options);
        const attempt = /result\.json$|^cache\//.test(key) ? (JSON.parse(Buffer.from(bytes).toString()) as Result).attempt : undefined;
        if (done) writes.push({ by, key, ...(attempt !== undefined && { attempt }) });
        return done;
      }),
  };
}

describe("in every order of their steps", () => {
  const launchers = fc.array(
    fc.record({
      status: fc.constantFrom("success" as const, "failed" as const),
      steps: fc.oneof(fc.constant(1000), fc.integer({ min: 0, max: 14 })),
    }),
    { minLength: 2, maxLength: 3 },
  );

  test("nothing torn, nothing lost, and no late one commits", async () => {
    const { request } = makeBench();
    const one = request({ task: "a.b" });
    const pointer = pointerKey(one.dag_id, one.run_id, one.task);
    let cases = 0;
    let givenUp = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), launchers, async (scheduler, specs) => {
        const inner = createMemoryStore();
        const writes: Write[] = [];
        const lives = specs.map((): Life => ({ killed: false }));
        const all = specs.map(({ status, steps }, n) => {
          const life = lives[n] as Life;
          return live(life, one, status, createPlayedStore(inner, n, steps, scheduler, life, writes)).catch(() => {});
        });
        await scheduler.waitFor(Promise.all(all));
        cases++;

        const pointed = await readResult(inner, pointer);
        // No two share an attempt.
        const claimed = lives.flatMap(({ attempt }) => attempt ?? []);
        expect(new Set(claimed).size).toBe(claimed.length);
        // What is pointed to was committed by its own launcher, whole, and is what its attempt's record says.
        if (pointed) {
          expect(isGivenUp(pointed)).toBe(false);
          expect(await readResult(inner, `${attemptKey(one.dag_id, one.run_id, one.task, pointed.attempt)}/result.json`)).toEqual(pointed);
        }
        for (const [n, { attempt = 0, result }] of lives.entries()) {
          // Given up by another, it wrote neither pointer nor cache, and knew it: a later attempt took over.
          const record = `${attemptKey(one.dag_id, one.run_id, one.task, attempt)}/result.json`;
          if (writes.some(({ by, key }) => key === record && by !== n)) {
            const own = writes.filter((write) => write.attempt === attempt && (write.key === pointer || write.key === cacheKey(work.key)));
            expect(own).toEqual([]);
            expect(Math.max(...claimed)).toBeGreaterThan(attempt);
            if (result) expect(isGivenUp(result)).toBe(true);
            givenUp++;
          }
          // It was told that it had committed: then the pointer is there, and not older.
          if (result && !isGivenUp(result) && !lives.some(({ killed }) => killed)) {
            expect(pointed?.attempt).toBeGreaterThanOrEqual(attempt);
          }
        }
        // Whatever happened: the next attempt succeeds and is what is read.
        const next: Life = { killed: false };
        await live(next, one, "success", inner);
        expect(next.result?.status).toBe("success");
        expect((await readResult(inner, pointer))?.attempt).toBe(next.attempt);
        // Nobody's result was lost: every claimed attempt has one now.
        for (const attempt of claimed) {
          expect(await readResult(inner, `${attemptKey(one.dag_id, one.run_id, one.task, attempt)}/result.json`)).toBeDefined();
        }
      }),
      { numRuns: 500 },
    );
    expect(givenUp).toBeGreaterThan(10);
    console.log(`${cases} orders of two or three launchers; ${givenUp} attempts were given up`);
  });

  test("the newest commits, when nobody is killed", async () => {
    const { request } = makeBench();
    const one = request({ task: "a.b" });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 3 }), async (scheduler, count) => {
        const inner = createMemoryStore();
        const lives = Array.from({ length: count }, (): Life => ({ killed: false }));
        const all = lives.map((life, n) => live(life, one, "success", createPlayedStore(inner, n, 1000, scheduler, life, [])));
        await scheduler.waitFor(Promise.all(all));
        const newest = lives.reduce((best, life) => ((life.attempt ?? 0) > (best.attempt ?? 0) ? life : best));
        expect(newest.result).toMatchObject({ status: "success", attempt: count });
        expect((await readResult(inner, pointerKey(one.dag_id, one.run_id, one.task)))?.attempt).toBe(count);
      }),
      { numRuns: 300 },
    );
  });
});

test("what a launcher committed before it could point to it is taken by the next try", async () => {
  const bench = makeBench();
  const tries = (number: number) => ({ tries: { number, max: 2, retries: 2 } });
  const outputs = { data: { type: "text", extension: ".txt", dir: false } };
  const again = { script: 'echo "$RANDOM" > "$OUTPUT_DATA"', outputs, effects: "writes" as const };
  const first = await bench.run({ ...again, ...tries(1) });
  const pointer = pointerKey(first.dag_id, first.run_id, first.task);
  await bench.deps.store.delete(pointer);
  const second = await bench.run({ ...again, ...tries(2) });
  expect(second).toMatchObject({ status: "success", attempt: 2, message: expect.stringContaining("attempt 1 has committed this") });
  expect(second.outputs).toEqual(first.outputs);
});

describe("a launcher that is overtaken", () => {
  test("stops its script at its next sign of life, and says by whom", async () => {
    const bench = makeBench();
    const older = bench.run({ script: "echo started; sleep 300", effects: "writes" }, { pace: { beat: 0.1, log: [100] } });
    await vi.waitFor(() => expect(bench.lines()).toContain("started"), 10_000);
    const newer = await bench.run({ script: "true", effects: "writes" });
    expect(newer).toMatchObject({ status: "success", attempt: 2 });
    const result = await older;
    expect(result).toMatchObject({ status: "cancelled", reason: "overtaken", exit_code: 143, attempt: 1 });
    expect(result.message).toMatch(/^attempt 2 has started on host .+, so this one is given up/);
    expect(await readResult(bench.deps.store, pointerKey(result.dag_id, result.run_id, result.task))).toEqual(newer);
    // Its own record has what it came to.
    const own = await readResult(bench.deps.store, `${attemptKey(result.dag_id, result.run_id, result.task, 1)}/result.json`);
    expect(own).toEqual(result);
  });

  test("shows signs of life, and its log, while it runs; a short task leaves none", async () => {
    const bench = makeBench();
    const cancel = new AbortController();
    onTestFinished(() => cancel.abort());
    const running = bench.run(
      { script: "echo started; sleep 300", effects: "writes" },
      { pace: { beat: 0.1, log: [0.1] }, signal: cancel.signal },
    );
    const attempt = attemptKey("flights", "manual__2026-01-01T00:00:00+00:00", "extract.flights", 1);
    const read = async (name: string) => Buffer.from((await bench.deps.store.get(`${attempt}/${name}`)) ?? []).toString();
    await vi.waitFor(async () => expect(await read("log.ndjson")).toContain("started"), 10_000);
    await vi.waitFor(
      async () => expect(JSON.parse(await read("alive.json"))).toMatchObject({ phase: "run", pid: process.pid, every: 0.1 }),
      10_000,
    );
    cancel.abort();
    expect(await running).toMatchObject({ status: "cancelled", reason: "cancelled" });
    const short = makeBench();
    await short.run();
    expect(await short.deps.store.get(`${attempt}/alive.json`)).toBeUndefined();
  });
});
