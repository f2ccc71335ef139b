/** Reading and writing results in the store. */
import { attemptKey, taskKey } from "../protocol/layout.ts";
import type { Request } from "../protocol/request.ts";
import type { Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";

/** The result at `key`; undefined when there is none, or none that can be read (a power failure may leave a torn one). */
export async function readResult(store: Store, key: string): Promise<Result | undefined> {
  const bytes = await store.get(key);
  if (!bytes) return undefined;
  try {
    // (A TextDecoder would load ICU first, which costs more than all the rest of a small task.)
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isResult(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isResult(value: unknown): value is Result {
  return typeof value === "object" && value !== null && "proto" in value && value.proto === 1 && "outputs" in value && "attempt" in value;
}

export function encodeResult(result: Result): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(result, null, 2)}\n`);
}

/** Key of the pointer: the newest result of a task in a run. */
export function pointerKey(dagId: string, runId: string, task: string): string {
  return `${taskKey(dagId, runId, task)}/result.json`;
}

/** Key of one attempt's result. */
export function attemptResultKey(request: Request, attempt: number): string {
  return `${attemptKey(request.dag_id, request.run_id, request.task, attempt)}/result.json`;
}
