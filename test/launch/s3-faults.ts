/** Whole launches through a server that fails by a seeded plan; after each, what the store then holds is looked at past the proxy. */
import { createHash, randomBytes } from "node:crypto";
import { expect } from "vitest";
import { launch } from "../../src/launch/launch.ts";
import { attemptKey, taskKey } from "../../src/protocol/layout.ts";
import type { Request } from "../../src/protocol/request.ts";
import type { Artifact, Result } from "../../src/protocol/result.ts";
import { createS3Store } from "../../src/storage/s3.ts";
import type { Tuning } from "../../src/storage/s3-bucket.ts";
import type { Store } from "../../src/storage/store.ts";
import { type FaultProxy, faults, seededFaults } from "../services/fault-proxy.ts";
import type { S3Server } from "../services/s3.ts";
import { makeBench } from "./request.ts";

/** What one seed came to. */
export interface Case {
  /** Launches until one succeeded; the last one without faults if need be. */
  readonly launches: number;
  /** Launches that ended in failure, all of them retryable. */
  readonly failed: number;
}

const tuning: Partial<Tuning> = { retries: { attempts: 4, base: 2, longest: 20 }, silence: 250, part: 5 << 20 };
const flights = "runs/flights/r/extract/attempt-1/data.csv";
const task = "score";

/** Prepares a bucket with the result of an earlier task, and runs the next one as Airflow does, try after try. */
export async function runCase(seed: number, server: S3Server, proxy: FaultProxy): Promise<Case> {
  const address = await server.makeBucket();
  const plain = createS3Store(address, { env: server.env }, { part: 5 << 20 });
  const content = randomBytes(seed % 10 === 0 ? (11 << 20) + seed : 2000 + seed);
  await commitInput(plain, content);
  // Every fifth finds out by itself, through the faults, what the server can do; to the others it is known.
  if (seed % 5 !== 0) await plain.put("runs/known", new Uint8Array(), { ifAbsent: true });
  const digest = createHash("sha256").update(content).digest("hex");
  // A server with a few faults, and one that hardly works.
  const rate = [0.05, 0.15, 0.3, 0.6][seed % 4] ?? 0;
  proxy.set(seededFaults(seed, rate, seed % 3 === 0 ? faults.filter((fault) => fault !== "expired") : faults));
  const tries = 6;
  let failed = 0;
  for (let number = 1; number <= tries; number++) {
    // The last try finds the server well again, as it is in the end.
    if (number === tries) proxy.set({});
    const bench = makeBench();
    const through = createS3Store({ ...address, endpoint: proxy.endpoint }, { env: server.env }, tuning);
    const result = await launch(bench.request(requestOf(number, tries)), { ...bench.deps, store: through });
    expect(["success", "failed"]).toContain(result.status);
    if (result.status === "failed") {
      expect({ seed, number, message: result.message, retryable: result.retryable }).toMatchObject({ retryable: true });
      failed++;
    }
    await expectWhole(plain, digest, result);
    if (result.status === "success") return { launches: number, failed };
  }
  throw new Error(`seed ${seed}: no try succeeded`);
}

function requestOf(number: number, tries: number): Partial<Request> {
  return {
    run_id: "r",
    task,
    script:
      'cp "$INPUT_DATA" "$OUTPUT_SCORES"; mkdir -p "$OUTPUT_PARTS"; head -c 100 "$INPUT_DATA" > "$OUTPUT_PARTS/a"; echo b > "$OUTPUT_PARTS/b"; echo said',
    inputs: { data: { types: ["csv"], optional: false, many: false, sources: [{ kind: "task", task: "extract", port: "data" }] } },
    outputs: {
      scores: { type: "csv", extension: ".csv", dir: false },
      parts: { type: "dir", extension: "", dir: true },
    },
    tries: { number, max: tries - 1, retries: tries - 1 },
  };
}

async function commitInput(store: Store, content: Uint8Array): Promise<void> {
  const data: Artifact = {
    key: flights,
    sha256: createHash("sha256").update(content).digest("hex"),
    size: content.length,
    type: "csv",
    extension: ".csv",
    dir: false,
  };
  const at = new Date().toISOString();
  const result: Result = {
    proto: 1,
    dag_id: "flights",
    run_id: "r",
    task: "extract",
    attempt: 1,
    try_number: 1,
    status: "success",
    retryable: false,
    exit_code: 0,
    outputs: { data },
    inputs: {},
    usage: { phases: {} },
    started: at,
    ended: at,
    host: "h",
    launcher: "test",
    tail: [],
  };
  await store.put(flights, content);
  await store.put(`${taskKey("flights", "r", "extract")}/result.json`, new TextEncoder().encode(JSON.stringify(result)));
}

/** What the store says of the task is true: nothing torn, nothing lost that was reported as done. */
async function expectWhole(store: Store, digest: string, reported: Result): Promise<void> {
  const read = async (key: string): Promise<Result | undefined> => {
    const bytes = await store.get(key);
    return bytes && JSON.parse(Buffer.from(bytes).toString());
  };
  const pointer = await read(`${taskKey("flights", "r", task)}/result.json`);
  if (reported.status === "success") expect(pointer).toMatchObject({ status: "success", attempt: reported.attempt });
  for (const folder of await store.folders(taskKey("flights", "r", task))) {
    const number = Number(folder.replace("attempt-", ""));
    const result = await read(`${attemptKey("flights", "r", task, number)}/result.json`);
    if (result?.status === "success") await expectArtifacts(store, result, digest);
  }
  if (pointer)
    expect(await read(`${attemptKey("flights", "r", task, pointer.attempt)}/result.json`)).toMatchObject({ attempt: pointer.attempt });
}

async function expectArtifacts(store: Store, result: Result, digest: string): Promise<void> {
  const { scores, parts } = result.outputs;
  const bytes = await store.get(scores?.key ?? "missing");
  expect(
    createHash("sha256")
      .update(bytes ?? "")
      .digest("hex"),
  ).toBe(digest);
  const manifest = await store.get(parts?.key ?? "missing");
  expect(
    createHash("sha256")
      .update(manifest ?? "")
      .digest("hex"),
  ).toBe(parts?.sha256);
  for (const { path, sha256 } of JSON.parse(Buffer.from(manifest ?? []).toString()).files) {
    const file = await store.get(`${parts?.key.replace(".manifest.json", "")}/${path}`);
    expect(
      createHash("sha256")
        .update(file ?? "")
        .digest("hex"),
    ).toBe(sha256);
  }
}
