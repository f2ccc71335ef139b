/** The launcher under long ill-treatment: killed at every moment, many at once, gigabytes of output. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sha256 } from "../../src/launch/digest.ts";
import type { OutputPlan } from "../../src/protocol/plan.ts";
import type { Result } from "../../src/protocol/result.ts";
import { bundleLauncher, processesWith, startLauncher, until } from "./launcher.ts";
import { makeBench } from "./request.ts";

const launcher = bundleLauncher();

const text: OutputPlan = { type: "text", extension: ".txt", dir: false };
const task = "runs/flights/manual__2026-01-01T00%3A00%3A00%2B00%3A00/extract.flights";

function readPointer(store: string): Result | undefined {
  const file = join(store, task, "result.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** The pointer names only what is there, byte for byte. */
function expectWhole(store: string): Result | undefined {
  const pointer = readPointer(store);
  for (const artifact of Object.values(pointer?.outputs ?? {})) {
    const bytes = readFileSync(join(store, artifact.key));
    expect(bytes.length).toBe(artifact.size);
    expect(sha256(bytes)).toBe(artifact.sha256);
  }
  return pointer;
}

test("300 kills at random moments, two launchers at a time", async () => {
  const bench = makeBench();
  const request = bench.request({
    script:
      'setsid sleep 300 & sleep 300 & head -c 400000 /dev/urandom > "$OUTPUT_DATA"; head -c 100 /dev/zero > "$OUTPUT_MORE"; kill %1 %2 || true',
    outputs: { data: text, more: text },
    effects: "writes",
    limits: { stage_time: 60, grace: 1 },
  });
  let newest = 0;
  let killed = 0;
  for (let round = 0; round < 150; round++) {
    const both = [startLauncher(launcher, bench.folder, request), startLauncher(launcher, bench.folder, request)];
    for (const { child } of both) setTimeout(() => child.kill("SIGKILL"), Math.random() * 300);
    for (const { done } of both) if ((await done).signal === "SIGKILL") killed++;
    const attempt = expectWhole(bench.store)?.attempt ?? 0;
    expect(attempt).toBeGreaterThanOrEqual(newest);
    newest = attempt;
  }
  expect(killed).toBeGreaterThan(50);
  await until(() => processesWith(bench.folder).length === 0, "the guards", 15);
  expect((await startLauncher(launcher, bench.folder, request).done).code).toBe(0);
  expect(expectWhole(bench.store)).toMatchObject({ status: "success" });
  const scratch = readdirSync(bench.folder).find((name) => name.startsWith("tradewind-")) ?? "";
  await until(() => readdirSync(join(bench.folder, scratch)).length === 0, "the guards to remove scratch folders", 15);
});

test("40 launchers of one task at once", async () => {
  const bench = makeBench();
  const request = bench.request({
    script: 'sleep 0.$((RANDOM % 9)); echo $$ > "$OUTPUT_DATA"',
    outputs: { data: text },
    effects: "writes",
  });
  const ran = await Promise.all(Array.from({ length: 40 }, () => startLauncher(launcher, bench.folder, request).done));
  // Who was overtaken ends as cancelled.
  expect(ran.filter(({ code }) => code !== 0 && code !== 143)).toEqual([]);
  expect(expectWhole(bench.store)?.attempt).toBe(40);
});

test("five gigabytes of log", async () => {
  const bench = makeBench();
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 50);
  const result = await bench.run({ script: "head -c 5000000000 /dev/zero | tr '\\0' '\\n'; echo; echo last" });
  clearInterval(watch);
  expect(result).toMatchObject({ status: "success" });
  expect(result.tail.at(-1)).toBe("last");
  expect(peak).toBeLessThan(800 << 20);
  expect(statSync(join(bench.store, task, "attempt-1", "log.ndjson")).size).toBeLessThan(100 << 20);
});
