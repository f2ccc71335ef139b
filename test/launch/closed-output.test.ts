/** A reader that closes the launcher's output: while each phase goes on, with and without a TERM before, as Airflow does it. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { describe, expect, test, vi } from "vitest";
import { sha256 } from "../../src/launch/digest.ts";
import { pointerKey, readResult } from "../../src/launch/results.ts";
import type { Result } from "../../src/protocol/result.ts";
import type { DieSpec } from "./die.ts";
import { bundleDie } from "./kills.ts";
import { processesWith, until } from "./launcher.ts";
import { type Bench, makeBench } from "./request.ts";

// Other work on the machine may slow everything down.
vi.setConfig({ testTimeout: 60_000 });

const program = bundleDie();
const phases = ["claim", "stage", "environment", "run", "check", "upload", "commit"] as const;
const request = {
  script:
    'for i in $(seq 20); do echo "line $i"; echo "error $i" >&2; done; echo done > "$OUTPUT_DATA"; for i in $(seq 20); do echo "more $i"; done',
  outputs: { data: { type: "text", extension: ".txt", dir: false } },
  effects: "writes" as const,
};

interface Ended {
  readonly code: number | null;
  readonly result: Result | undefined;
}

/** Starts a launch, closes its output when it is in `phase`, and lets it go on. */
async function closeAt(bench: Bench, phase: string, closed: readonly ("stdout" | "stderr")[], term: boolean): Promise<Ended> {
  const spec: DieSpec = { request: bench.request(request), folder: bench.folder, wait: phase };
  const file = join(bench.folder, "spec.json");
  writeFileSync(file, JSON.stringify(spec));
  const env = { PATH: process.env.PATH, HOME: bench.folder, TMPDIR: bench.folder };
  const child = spawn(process.execPath, [program, file], { env, stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.stdout?.resume();
  child.stderr?.resume();
  await new Promise((resolve) => (child.stdio[3] as Readable).once("data", resolve));
  if (term) child.kill("SIGTERM");
  for (const name of closed) {
    const stream = child[name];
    const gone = new Promise((resolve) => stream?.once("close", resolve));
    stream?.destroy();
    await gone;
  }
  (child.stdio[4] as Writable).end("x");
  const code = await ended;
  return { code, result: await readResult(bench.deps.store, pointerKey("flights", spec.request.run_id, spec.request.task)) };
}

describe.each([[["stdout"]], [["stderr"]], [["stdout", "stderr"]]] as const)("%s closed", (closed) => {
  test.each(phases)("in phase %s: the work is finished and committed", async (phase) => {
    const bench = makeBench();
    const { code, result } = await closeAt(bench, phase, closed, false);
    expect({ code, status: result?.status }).toEqual({ code: 0, status: "success" });
    const bytes = (await bench.deps.store.get(result?.outputs.data?.key ?? "")) ?? "";
    expect(sha256(bytes)).toBe(result?.outputs.data?.sha256);
    expect((await bench.deps.store.get(`${(result?.outputs.data?.key ?? "").replace(/[^/]+$/, "")}log.ndjson`))?.length).toBeGreaterThan(
      1000,
    );
  });
});

test.each(phases)("after TERM, closed in phase %s: all is committed, or nothing is left", async (phase) => {
  const bench = makeBench();
  const { code, result } = await closeAt(bench, phase, ["stdout", "stderr"], true);
  expect(result).toBeDefined();
  expect([0, 143]).toContain(code);
  expect(result?.status).toBe(code === 0 ? "success" : "cancelled");
  expect(Object.keys(result?.outputs ?? {})).toEqual(code === 0 ? ["data"] : []);
  if (code === 0) expect(await bench.deps.store.get(result?.outputs.data?.key ?? "")).toBeDefined();
  await until(() => processesWith(bench.folder).length === 0, "everything to end", 15);
});
