/** Stores whose clock the test sets, and results as launchers leave them. */
import { keyOf } from "../../../src/launch/cache.ts";
import { encodeResult, pointerKey } from "../../../src/launch/results.ts";
import { attemptKey, cacheKey } from "../../../src/protocol/layout.ts";
import type { Request } from "../../../src/protocol/request.ts";
import type { Result } from "../../../src/protocol/result.ts";
import { createMemoryStore } from "../../../src/storage/memory.ts";
import type { Entry, Store } from "../../../src/storage/store.ts";

export const day = 86_400_000;
export const today = Date.parse("2026-06-01T00:00:00Z");

export interface ClockedStore extends Store {
  /** Milliseconds since the epoch of what is written from now on. */
  now: number;
}

/** A memory store that stamps what is written with its own clock. */
export function createClockedStore(): ClockedStore {
  const store = createMemoryStore();
  const times = new Map<string, number>();
  const stamped = (entry: Entry): Entry => ({ ...entry, modified: times.get(entry.key) ?? 0 });
  const clocked: ClockedStore = {
    ...store,
    now: today,
    async head(key) {
      const found = await store.head(key);
      return found && stamped(found);
    },
    async put(key, bytes, options) {
      const written = await store.put(key, bytes, options);
      if (written) times.set(key, clocked.now);
      return written;
    },
    async *list(prefix) {
      for await (const entry of store.list(prefix)) yield stamped(entry);
    },
  };
  return clocked;
}

export function requestOf(run_id: string, task: string, changes: Partial<Request> = {}): Request {
  return {
    proto: 1,
    dag_id: "flights",
    run_id,
    task,
    operator: "op",
    operator_digest: "0".repeat(64),
    script: "true",
    params: {},
    inputs: {},
    outputs: { data: { type: "text", extension: ".txt", dir: false } },
    connections: [],
    env: {},
    limits: { stage_time: 60, grace: 2 },
    effects: "none",
    cache: { read: true, fresh: false, reads: true },
    store: "memory:",
    tries: { number: 1, max: 0, retries: 0 },
    ...changes,
  } as Request;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** What a task leaves that ran (`from` undefined) or took the work of `from`; with its cache entry when it ran. */
export async function leaveTask(
  store: ClockedStore,
  run_id: string,
  task: string,
  { salt = task, from, request = {} }: { salt?: string; from?: Result; request?: Partial<Request> } = {},
): Promise<Result> {
  const asked = requestOf(run_id, task, { cache: { read: true, fresh: false, reads: true, salt }, ...request });
  const prefix = attemptKey(asked.dag_id, run_id, task, 1);
  const work = keyOf(asked, {});
  const text = `what ${task} of ${run_id} made`;
  const own = {
    data: { key: `${prefix}/data.txt`, sha256: "a".repeat(64), size: text.length, type: "text", extension: ".txt", dir: false },
  };
  const ended = new Date(store.now).toISOString();
  const result: Result = {
    proto: 1,
    dag_id: asked.dag_id,
    run_id,
    task,
    attempt: 1,
    try_number: 1,
    status: "success",
    retryable: false,
    exit_code: 0,
    outputs: from?.outputs ?? own,
    inputs: {},
    cache: { ...work, ...(from && { hit: { run_id: from.run_id, task: from.task, attempt: from.attempt, ended: from.ended } }) },
    usage: { phases: {} },
    started: ended,
    ended,
    host: "h",
    launcher: "tradewind/0",
    tail: [],
  };
  await store.put(`${prefix}/request.json`, encode(asked));
  if (!from) await store.put(`${prefix}/data.txt`, encode(text));
  await store.put(`${prefix}/result.json`, encodeResult(result));
  if (!from) await store.put(cacheKey(work.key), encodeResult(result));
  await store.put(pointerKey(asked.dag_id, run_id, task), encodeResult(result));
  return result;
}

export async function keysOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for (const prefix of ["cache", "code", "files", "gc", "runs"]) for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
