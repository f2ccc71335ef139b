/** Old work that is taken from the cache while a gc is, or may be, about to remove it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attemptKey, cacheKey, taskKey } from "../../src/protocol/layout.ts";
import { noticeKey } from "../../src/protocol/removal.ts";
import type { Result } from "../../src/protocol/result.ts";
import { makeBench } from "./request.ts";

const work = { script: 'echo x > "$OUTPUT_DATA"', outputs: { data: { type: "text", extension: ".txt", dir: false } } };

/** A bench whose cache holds this work, done that many hours ago. */
async function withWorkOfAge(hours: number) {
  const bench = makeBench();
  const first = await bench.run({ ...work, run_id: "first" });
  const path = join(bench.store, cacheKey(first.cache?.key ?? ""));
  const result: Result = { ...first, ended: new Date(Date.now() - hours * 3_600_000).toISOString() };
  writeFileSync(path, JSON.stringify(result));
  const notice = async (text: string) => {
    await mkdir(join(bench.store, "gc"), { recursive: true });
    writeFileSync(join(bench.store, noticeKey), text);
  };
  const note = join(bench.store, `${attemptKey("flights", "second", "extract.flights", 1)}/taken.json`);
  return { ...bench, first, notice, note };
}

const noticeOf = (...doomed: string[]) => JSON.stringify({ proto: 1, id: "x", host: "h", pid: 1, started: "2026-01-01T00:00:00Z", doomed });

test("what is old is noted before it is taken; what is young needs no note", async () => {
  const old = await withWorkOfAge(24 * 40);
  expect((await old.run({ ...work, run_id: "second" })).cache?.hit?.run_id).toBe("first");
  expect(JSON.parse(readFileSync(old.note, "utf8")).keys).toEqual([old.first.outputs.data?.key]);
  const young = await withWorkOfAge(1);
  expect((await young.run({ ...work, run_id: "second" })).cache?.hit?.run_id).toBe("first");
  expect(existsSync(young.note)).toBe(false);
});

test("what the notice names, as a run, a task's attempt or an object, is done again", async () => {
  const attempt = attemptKey("flights", "first", "extract.flights", 1);
  for (const doomed of ["runs/flights/first/", `${attempt}/`, `${attempt}/data.txt`]) {
    const bench = await withWorkOfAge(24 * 40);
    await bench.notice(noticeOf("runs/flights/other/", doomed));
    const second = await bench.run({ ...work, run_id: "second" });
    expect(second).toMatchObject({ status: "success", cache: { key: bench.first.cache?.key } });
    expect(second.cache?.hit, doomed).toBeUndefined();
  }
});

test("a notice about others is none of its business; one that cannot be read counts for everything", async () => {
  const bench = await withWorkOfAge(24 * 40);
  await bench.notice(noticeOf("runs/flights/firs/", `${taskKey("flights", "first", "extract")}/`));
  expect((await bench.run({ ...work, run_id: "second" })).cache?.hit?.run_id).toBe("first");
  const other = await withWorkOfAge(24 * 40);
  await other.notice("{ torn");
  expect((await other.run({ ...work, run_id: "second" })).cache?.hit).toBeUndefined();
});

test("an output called taken does not get in the way of the note", async () => {
  const bench = makeBench();
  const outputs = { taken: { type: "json", extension: ".json", dir: false } };
  const result = await bench.run({ script: 'echo "{}" > "$OUTPUT_TAKEN"', outputs });
  expect(result.outputs.taken?.key).toMatch(/taken\.output\.json$/);
});
