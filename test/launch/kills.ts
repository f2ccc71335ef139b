/** Launchers that are killed at every moment there is, and what must be true afterwards. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect } from "vitest";
import { sha256 } from "../../src/launch/digest.ts";
import { decodeManifest, folderFileKey } from "../../src/launch/folder-artifact.ts";
import { isGivenUp, pointerKey, readResult } from "../../src/launch/results.ts";
import { attemptKey, cacheKey } from "../../src/protocol/layout.ts";
import type { Request } from "../../src/protocol/request.ts";
import type { Result } from "../../src/protocol/result.ts";
import type { StoreAddress } from "../../src/protocol/store-address.ts";
import type { Store } from "../../src/storage/store.ts";
import type { DieSpec, Moment } from "./die.ts";
import { processesWith, startCommand, until } from "./launcher.ts";

const phases = ["claim", "stage", "environment", "run", "check", "upload", "commit"];

/** Bundles the launcher that kills itself, once for all tests of a file; called at its top. */
export function bundleDie(): string {
  const folder = mkdtempSync(join(tmpdir(), "tradewind-die-"));
  beforeAll(async () => {
    const bundle = await rolldown({
      input: { die: join(import.meta.dirname, "die.ts") },
      platform: "node",
      external: [/^node:/, "pg-native"],
      logLevel: "silent",
    });
    await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].js", chunkFileNames: "die-[name].js" });
    await bundle.close();
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "die.js");
}

export interface KillBench {
  readonly program: string;
  /** For scratch, cache and specs. */
  readonly folder: string;
  readonly address: StoreAddress;
  readonly store: Store;
  readonly env: NodeJS.ProcessEnv;
}

/** A task with an input, a file and a folder as outputs, and children. */
function requestOf(bench: KillBench, run_id: string, number: number): Request {
  const script = `sleep 300 & setsid sleep 300 & echo started
    cat "$INPUT_DATA" "$INPUT_DATA" > "$OUTPUT_TWICE"; mkdir -p "$OUTPUT_PARTS/below"
    head -c 20000 /dev/urandom > "$OUTPUT_PARTS/a"; head -c 20000 /dev/urandom > "$OUTPUT_PARTS/below/b"; kill %1 %2 || true`;
  return {
    proto: 1,
    dag_id: "kills",
    run_id,
    task: "work",
    operator: "test",
    operator_digest: sha256(run_id),
    script,
    params: {},
    inputs: { data: { types: ["text"], optional: false, many: false, sources: [{ kind: "path", path: join(bench.folder, "input.txt") }] } },
    outputs: { twice: { type: "text", extension: ".txt", dir: false }, parts: { type: "dir", extension: "", dir: true } },
    connections: [],
    env: {},
    limits: { stage_time: 60, grace: 1, memory: 500_000_000 },
    effects: "none",
    cache: { read: true, fresh: false, reads: true },
    store: bench.address,
    tries: { number, max: 9, retries: 9 },
  };
}

interface Ran {
  readonly killed: boolean;
  readonly operations: number;
  readonly result?: Result;
}

async function runOnce(bench: KillBench, request: Request, moment?: Moment): Promise<Ran> {
  const spec: DieSpec = { request, folder: bench.folder, ...(moment && { moment }) };
  const file = join(bench.folder, `spec-${Math.random().toString(36).slice(2)}.json`);
  writeFileSync(file, JSON.stringify(spec));
  const ran = await startCommand([bench.program, file], bench.folder, bench.env).done;
  rmSync(file);
  if (ran.signal === "SIGKILL") return { killed: true, operations: 0 };
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  return { killed: false, ...JSON.parse(ran.stdout) };
}

/** Every artifact that a result names is there, byte for byte. */
async function expectWhole(store: Store, result: Result): Promise<void> {
  for (const artifact of Object.values(result.outputs)) {
    const bytes = (await store.get(artifact.key)) ?? new Uint8Array();
    expect(sha256(bytes)).toBe(artifact.sha256);
    for (const file of (artifact.dir && decodeManifest(bytes)) || []) {
      expect(sha256((await store.get(folderFileKey(artifact.key, file.path))) ?? "")).toBe(file.sha256);
    }
  }
}

/** Whoever reads sees whole results only; answers with the pointer. */
async function expectReadable(store: Store, request: Request): Promise<Result | undefined> {
  const pointer = await readResult(store, pointerKey(request.dag_id, request.run_id, request.task));
  if (pointer) await expectWhole(store, pointer);
  const cached = pointer?.cache && (await readResult(store, cacheKey(pointer.cache.key)));
  if (cached) await expectWhole(store, cached);
  return pointer;
}

/** Kills one try at each of the moments in turn, and lets the next one live. */
async function killTries(bench: KillBench, run_id: string, moments: readonly Moment[]): Promise<void> {
  const { store } = bench;
  const request = requestOf(bench, run_id, 1);
  const resultOf = (attempt: number) => readResult(store, `${attemptKey(request.dag_id, run_id, request.task, attempt)}/result.json`);
  let committed: Result | undefined;
  for (const [n, moment] of moments.entries()) {
    const ran = await runOnce(bench, requestOf(bench, run_id, n + 1), moment);
    // A later try may have less to do than the moment needs; the first is always killed.
    expect(ran.killed || n > 0).toBe(true);
    const pointer = await expectReadable(store, request);
    for (let attempt = 1; attempt <= n + 1; attempt++) {
      const result = await resultOf(attempt);
      if (result === undefined || isGivenUp(result)) continue;
      await expectWhole(store, result);
      committed ??= result;
      // The pointer never names what its attempt has not committed.
      if (pointer?.attempt === attempt) expect(pointer).toEqual(result);
    }
    if (pointer) expect(committed).toBeDefined();
  }
  const again = await runOnce(bench, requestOf(bench, run_id, moments.length + 1));
  expect(again.result).toMatchObject({ status: "success" });
  expect(await expectReadable(store, request)).toEqual(again.result);
  // What was committed is not lost, and not done twice.
  if (committed) expect(again.result?.outputs).toEqual(committed.outputs);
  // Whoever was killed is on record.
  for (let attempt = 1; attempt < (again.result?.attempt ?? 0); attempt++) {
    const word = await resultOf(attempt);
    expect(word).toMatchObject(word?.status === "success" ? { attempt } : { status: "failed", reason: "lost" });
  }
}

/** The moments of a launcher that is let live: each phase, and around every `stride`th call of the store. */
export async function findMoments(bench: KillBench, stride: number): Promise<readonly Moment[]> {
  writeFileSync(join(bench.folder, "input.txt"), "some text\n".repeat(1000));
  const whole = await runOnce(bench, requestOf(bench, "whole", 1));
  expect(whole.result).toMatchObject({ status: "success" });
  expect(whole.operations).toBeGreaterThan(10);
  const moments: Moment[] = [...phases.map((phase): Moment => ({ at: "phase", phase })), { at: "log" }];
  for (let n = 1; n <= whole.operations; n += stride) {
    moments.push({ at: "operation", n, when: "before" }, { at: "operation", n, when: "after" });
  }
  return moments;
}

/** A case a list of moments: so many tries are killed before one lives. */
export async function killAll(bench: KillBench, cases: readonly (readonly Moment[])[], atOnce: number): Promise<void> {
  const left = [...cases.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [n, moments] = next;
      await killTries(bench, `run-${n}`, moments).catch((error: unknown) => {
        throw new Error(`killed at ${JSON.stringify(moments)}: ${error instanceof Error ? error.message : error}`, { cause: error });
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  // Nothing lives on, and nothing lies about.
  await until(() => processesWith(bench.folder).length === 0, "the guards to stop all", 30);
  await until(() => readdirSync(join(bench.folder, "work")).length === 0, "the guards to remove scratch folders", 30);
}
