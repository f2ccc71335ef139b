/** When work is not done again: the cache, and tries of one series. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { OutputPlan } from "../../src/protocol/plan.ts";
import type { Request } from "../../src/protocol/request.ts";
import type { Result } from "../../src/protocol/result.ts";
import { createFolderStore } from "../../src/storage/folder.ts";
import { type Bench, makeBench, param } from "./request.ts";

// Other work on the machine may slow everything down.
vi.setConfig({ testTimeout: 30_000 });

const text: OutputPlan = { type: "text", extension: ".txt", dir: false };
const folder: OutputPlan = { type: "dir", extension: "", dir: true };
const work = { script: 'echo "ran $PARAM_X"; echo "$PARAM_X" > "$OUTPUT_DATA"', outputs: { data: text }, params: { x: param(1) } };

/** How often a script has really run. */
const runs = (bench: Bench): number => bench.lines().filter((line) => line.startsWith("ran")).length;
const pointerOf = async (bench: Bench): Promise<Result> => {
  const bytes = await createFolderStore(bench.store).get(
    "runs/flights/manual__2026-01-01T00%3A00%3A00%2B00%3A00/extract.flights/result.json",
  );
  return JSON.parse(Buffer.from(bytes ?? []).toString("utf8"));
};

describe("the cache", () => {
  test("the same work in another run, under another name, is a hit that names its maker", async () => {
    const bench = makeBench();
    const made = await bench.run({ ...work, run_id: "one", task: "a" });
    const hit = await bench.run({ ...work, run_id: "two", task: "b" });
    expect(runs(bench)).toBe(1);
    expect(hit.outputs).toEqual(made.outputs);
    expect(hit.cache).toMatchObject({ key: made.cache?.key, hit: { run_id: "one", task: "a", attempt: 1, ended: made.ended } });
    const again = await bench.run({ ...work, run_id: "three", task: "c" });
    expect(again.cache?.hit).toEqual(hit.cache?.hit);
  });

  test.each<[string, Partial<Request>]>([
    ["a parameter", { params: { x: param(2) } }],
    ["the operator", { operator_digest: "1".repeat(64) }],
    ["the job's env", { env: { A: "1" } }],
    ["an output", { outputs: { data: text, more: folder }, script: `${work.script}; mkdir "$OUTPUT_MORE"` }],
    ["the salt", { cache: { read: true, fresh: false, reads: true, salt: "s" } }],
    ["--fresh", { cache: { read: true, fresh: true, reads: true } }],
    ["--no-cache", { cache: { read: false, fresh: false, reads: true } }],
    ["effects: writes", { effects: "writes" }],
    ["effects: reads on Airflow", { effects: "reads", cache: { read: true, fresh: false, reads: false } }],
    ["a clear", { tries: { number: 2, max: 2, retries: 1 } }],
  ])("%s makes it run", async (_, changes) => {
    const bench = makeBench();
    await bench.run({ ...work, run_id: "one" });
    expect(await bench.run({ ...work, run_id: "two", ...changes })).toMatchObject({ status: "success" });
    expect(runs(bench)).toBe(2);
  });

  test("an input's content decides, not where it came from", async () => {
    const bench = makeBench();
    const from = (task: string) => ({
      ...work,
      task: "reader",
      cache: { read: true, fresh: false, reads: true },
      inputs: { i: { types: ["any"], optional: false, many: false, sources: [{ kind: "task" as const, task, port: "out" }] } },
    });
    const make = (task: string, content: string) =>
      bench.run({
        task,
        script: 'echo "$PARAM_C" > "$OUTPUT_OUT"',
        params: { c: param(content) },
        outputs: { out: text },
        operator_digest: task,
      });
    await make("a", "same");
    await make("b", "same");
    await make("c", "other");
    await bench.run(from("a"));
    expect((await bench.run({ ...from("b"), run_id: "manual__2026-01-01T00:00:00+00:00" })).cache?.hit).toBeDefined();
    expect((await bench.run(from("c"))).cache?.hit).toBeUndefined();
    expect(runs(bench)).toBe(2);
  });

  test("a hit on a reading task says how old the data is", async () => {
    const bench = makeBench();
    await bench.run({ ...work, effects: "reads", run_id: "one" });
    const hit = await bench.run({ ...work, effects: "reads", run_id: "two" });
    expect(hit.message).toMatch(
      /^taken from the cache: what it reads was read less than a minute ago \(20.*\); --fresh extract.flights asks again$/,
    );
    expect(bench.events).toContainEqual(expect.objectContaining({ event: "warning", message: hit.message }));
  });

  test("a hit counts only while its artifacts are there", async () => {
    const bench = makeBench();
    const made = await bench.run({ ...work, run_id: "one" });
    rmSync(join(bench.store, made.outputs.data?.key ?? ""));
    expect((await bench.run({ ...work, run_id: "two" })).cache?.hit).toBeUndefined();
    expect(runs(bench)).toBe(2);
    const dir = { script: 'echo ran; mkdir "$OUTPUT_D"; echo 1 > "$OUTPUT_D/a"; echo 2 > "$OUTPUT_D/b"', outputs: { d: folder } };
    const kept = await bench.run({ ...dir, run_id: "three" });
    expect((await bench.run({ ...dir, run_id: "four" })).cache?.hit).toBeDefined();
    rmSync(join(bench.store, (kept.outputs.d?.key ?? "").replace(".manifest.json", "/b")));
    expect((await bench.run({ ...dir, run_id: "five" })).cache?.hit).toBeUndefined();
  });

  test("a hit is younger than store.keep less a margin", async () => {
    const bench = makeBench();
    const keep = (seconds: number) => ({ cache: { read: true, fresh: false, reads: true, keep: seconds } });
    const made = await bench.run({ ...work, run_id: "one" });
    const key = `cache/${made.cache?.key}.json`;
    const age = async (seconds: number) => {
      const old = { ...made, ended: new Date(Date.now() - seconds * 1000).toISOString() };
      await bench.deps.store.put(key, new TextEncoder().encode(JSON.stringify(old)));
    };
    await age(80_000);
    expect((await bench.run({ ...work, ...keep(100_000), run_id: "two" })).cache?.hit).toBeDefined();
    await age(95_000);
    expect((await bench.run({ ...work, ...keep(100_000), run_id: "three" })).cache?.hit).toBeUndefined();
  });

  test("a torn or foreign cache entry is no hit", async () => {
    const bench = makeBench();
    const made = await bench.run({ ...work, run_id: "one" });
    const artifact = { key: "../../secret", sha256: "0", size: 1, type: "csv", extension: ".csv", dir: false };
    const foreign = [
      { cache: { key: "x", parts: {} } },
      { cache: { ...made.cache, hit: 5 } },
      { outputs: null },
      { outputs: { data: null } },
      { outputs: { data: artifact } },
      { ended: 5 },
      { ended: "soon" },
      { status: "fine" },
      { attempt: null },
    ];
    const torn = ["", "{", "null", "[]", "\u0000", '{"proto":1}', ...foreign.map((part) => JSON.stringify({ ...made, ...part }))];
    for (const content of torn) {
      writeFileSync(join(bench.store, `cache/${made.cache?.key}.json`), content);
      expect(await bench.run({ ...work, run_id: "two" })).toMatchObject({ status: "success" });
    }
    expect(runs(bench)).toBe(torn.length + 1);
  });

  test("failures and skips are not kept", async () => {
    const bench = makeBench();
    for (const code of [1, 99, 1]) await bench.run({ script: `echo ran; exit ${code}` });
    expect(runs(bench)).toBe(3);
  });
});

describe("tries", () => {
  const tries = (number: number, max: number, retries: number) => ({ tries: { number, max, retries } });
  const writes = { ...work, effects: "writes" as const };

  test("a later try takes what an earlier one has committed, even of a task that writes", async () => {
    const bench = makeBench();
    const first = await bench.run({ ...writes, ...tries(1, 2, 2) });
    const second = await bench.run({ ...writes, ...tries(2, 2, 2) });
    expect(runs(bench)).toBe(1);
    expect(second).toMatchObject({ status: "success", attempt: 2, try_number: 2, outputs: first.outputs, cache: { hit: { attempt: 1 } } });
    expect((await bench.run({ ...writes, ...tries(3, 2, 2) })).cache?.hit?.attempt).toBe(1);
    expect(runs(bench)).toBe(1);
  });

  test("the first try after a clear works again; a later one does not take what was before the clear", async () => {
    const bench = makeBench();
    await bench.run({ ...writes, ...tries(1, 1, 1) });
    await bench.run({ ...writes, ...tries(2, 2, 1) });
    expect(runs(bench)).toBe(2);
    // Cleared again; its first try was lost without a result.
    await bench.run({ ...writes, ...tries(4, 4, 1) });
    expect(runs(bench)).toBe(3);
  });

  test("a failure that another try cannot mend is told again at once", async () => {
    const bench = makeBench();
    const broken = { script: "echo ran", outputs: { data: text } };
    await bench.run({ ...broken, ...tries(1, 2, 2) });
    const second = await bench.run({ ...broken, ...tries(2, 2, 2) });
    expect(runs(bench)).toBe(1);
    expect(second).toMatchObject({ status: "failed", reason: "missing-output", exit_code: 73, retryable: false, attempt: 2 });
    expect(second.message).toContain("not tried again");
    await bench.run({ ...broken, ...tries(3, 4, 2) });
    expect(runs(bench)).toBe(2);
  });

  test("a failure that may pass is tried again", async () => {
    const bench = makeBench();
    for (const number of [1, 2, 3]) await bench.run({ script: "echo ran; exit 1", ...tries(number, 2, 2) });
    expect(runs(bench)).toBe(3);
  });
});

test("a late zombie does not replace the result of a newer attempt", async () => {
  const bench = makeBench();
  const gate = join(bench.folder, "gate");
  const zombie = bench.run({ script: `echo started; until [ -e "${gate}" ]; do sleep 0.01; done`, effects: "writes" });
  while (bench.lines().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const newer = await bench.run({ script: "true", effects: "writes" });
  expect(newer.attempt).toBe(2);
  writeFileSync(gate, "");
  expect(await zombie).toMatchObject({
    status: "cancelled",
    reason: "overtaken",
    attempt: 1,
    message: expect.stringContaining("attempt 2 has started"),
  });
  expect(await pointerOf(bench)).toEqual(newer);
});

test("many launches at once in one process share nothing they should not", async () => {
  const bench = makeBench();
  const all = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      bench.run({ ...work, params: { x: param(n) }, task: n % 2 ? "same" : `task-${n}`, effects: "writes" }),
    ),
  );
  const same = all.filter(({ task }) => task === "same");
  expect(same.map(({ attempt }) => attempt).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  for (const [n, result] of all.entries()) {
    if (result.task === "same" && result.attempt < 6 && result.reason === "overtaken") continue;
    expect(result.status).toBe("success");
    expect(Buffer.from((await bench.deps.store.get(result.outputs.data?.key ?? "")) ?? []).toString()).toBe(`${n}\n`);
  }
});
