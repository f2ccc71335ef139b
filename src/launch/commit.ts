/**
 * The last act of an attempt: its result, then the pointer and the cache's entry. Before the result, nobody sees any of it;
 * with it, it is done, and whatever is not pointed to yet will be by the next attempt.
 */
import { cacheKey } from "../protocol/layout.ts";
import type { Request } from "../protocol/request.ts";
import type { Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";
import { attemptNumbers } from "./claim.ts";
import { attemptResultKey, encodeResult, isGivenUp, pointerKey, readResult } from "./results.ts";

/**
 * Everything that `result` names must be in the store already. Answers with the result that stands: `result`, or one that this
 * attempt has committed before, or the word of a later attempt that gave this one up; then nothing else is written.
 */
export async function commit(request: Request, result: Result, store: Store): Promise<Result> {
  const kept = await settle(request, result, store);
  if (isGivenUp(kept)) return kept;
  const own = kept.cache !== undefined && kept.cache.hit === undefined;
  const cached = own && kept.status === "success" && request.effects !== "writes";
  // Of all records only the pointer must outlive a loss of power; it is whole in itself.
  await Promise.all([cached && store.put(cacheKey(kept.cache.key), encodeResult(kept), { durable: false }), point(request, kept, store)]);
  return kept;
}

async function settle(request: Request, result: Result, store: Store): Promise<Result> {
  const key = attemptResultKey(request, result.attempt);
  if (await store.put(key, encodeResult(result), { ifAbsent: true, durable: false })) return result;
  const found = await readResult(store, key);
  if (found) return found;
  await store.put(key, encodeResult(result), { durable: false });
  return result;
}

/**
 * Writes the newest result to the pointer. An attempt that started later may commit between our look and our write;
 * its own result is in the store before its pointer, so looking again after the write always finds it.
 */
export async function point(request: Request, result: Result, store: Store): Promise<void> {
  const pointer = pointerKey(request.dag_id, request.run_id, request.task);
  let newest = await newestAfter(request, result, store);
  for (;;) {
    const current = await readResult(store, pointer);
    if (current === undefined || current.attempt < newest.attempt) await store.put(pointer, encodeResult(newest));
    const later = await newestAfter(request, newest, store);
    if (later.attempt === newest.attempt) return;
    newest = later;
  }
}

async function newestAfter(request: Request, result: Result, store: Store): Promise<Result> {
  const later = (await attemptNumbers(request, store)).filter((n) => n > result.attempt);
  for (const n of later.reverse()) {
    const found = await readResult(store, attemptResultKey(request, n));
    if (found && !isGivenUp(found)) return found;
  }
  return result;
}
