/** The last act of an attempt: its result and the cache's entry, then the pointer. Before the pointer, nobody sees any of it. */
import { cacheKey } from "../protocol/layout.ts";
import type { Request } from "../protocol/request.ts";
import type { Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";
import { attemptNumbers } from "./claim.ts";
import { attemptResultKey, encodeResult, pointerKey, readResult } from "./results.ts";

/** Everything that `result` names must be in the store already. */
export async function commit(request: Request, result: Result, store: Store): Promise<void> {
  // Of all records only the pointer must outlive a loss of power; it is whole in itself.
  const records = [store.put(attemptResultKey(request, result.attempt), encodeResult(result), { durable: false })];
  const own = result.cache !== undefined && result.cache.hit === undefined;
  if (own && result.status === "success" && request.effects !== "writes") {
    records.push(store.put(cacheKey(result.cache.key), encodeResult(result), { durable: false }));
  }
  await Promise.all(records);
  await point(request, result, store);
}

/**
 * Writes the newest result to the pointer. An attempt that started later may commit between our look and our write;
 * its own result is in the store before its pointer, so looking again after the write always finds it.
 */
async function point(request: Request, result: Result, store: Store): Promise<void> {
  const pointer = pointerKey(request.dag_id, request.run_id, request.task);
  let newest = await newestAfter(request, result, store);
  for (;;) {
    const current = await readResult(store, pointer);
    if (current === undefined || current.attempt <= newest.attempt) await store.put(pointer, encodeResult(newest));
    const later = await newestAfter(request, newest, store);
    if (later.attempt === newest.attempt) return;
    newest = later;
  }
}

async function newestAfter(request: Request, result: Result, store: Store): Promise<Result> {
  const later = (await attemptNumbers(request, store)).filter((n) => n > result.attempt);
  for (const n of later.reverse()) {
    const found = await readResult(store, attemptResultKey(request, n));
    if (found) return found;
  }
  return result;
}
