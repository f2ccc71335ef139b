/** Reading and writing results in the store. */
import { isMap } from "../protocol/json.ts";
import { attemptKey, taskKey } from "../protocol/layout.ts";
import type { Request } from "../protocol/request.ts";
import type { Artifact, Result, Status } from "../protocol/result.ts";
import { isKey } from "../storage/key.ts";
import type { Store } from "../storage/store.ts";

/** The result at `key`; undefined when there is none, or none that can be read (a power failure may leave a torn one). */
export async function readResult(store: Store, key: string): Promise<Result | undefined> {
  const bytes = await store.get(key);
  return bytes && decodeResult(bytes);
}

/** The result in these bytes; undefined when there is none. */
export function decodeResult(bytes: Uint8Array): Result | undefined {
  try {
    // (A TextDecoder would load ICU first, which costs more than all the rest of a small task.)
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isResult(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const statuses: readonly Status[] = ["success", "failed", "skipped", "cancelled"];

/** What readers of results rely on; a file of another shape was not written by a launcher, or not whole. */
function isResult(value: unknown): value is Result {
  if (!isMap(value) || value.proto !== 1) return false;
  const { dag_id, run_id, task, attempt, try_number, status, message, outputs, inputs, cache, usage, started, ended, tail } = value;
  return (
    [dag_id, run_id, task].every((name) => typeof name === "string") &&
    [attempt, try_number].every((number) => Number.isSafeInteger(number)) &&
    statuses.some((known) => known === status) &&
    (message === undefined || typeof message === "string") &&
    isMap(outputs) &&
    Object.values(outputs).every(isArtifact) &&
    isMap(inputs) &&
    (cache === undefined || isCacheRecord(cache)) &&
    isMap(usage) &&
    [started, ended].every((instant) => typeof instant === "string" && !Number.isNaN(Date.parse(instant))) &&
    Array.isArray(tail)
  );
}

function isArtifact(value: unknown): value is Artifact {
  if (!isMap(value)) return false;
  const { key, sha256, size, type, extension, dir, rows } = value;
  return (
    [key, sha256, type, extension].every((text) => typeof text === "string") &&
    isKey(String(key)) &&
    typeof size === "number" &&
    typeof dir === "boolean" &&
    (rows === undefined || typeof rows === "number")
  );
}

function isCacheRecord(value: unknown): boolean {
  if (!isMap(value) || typeof value.key !== "string" || !isMap(value.parts)) return false;
  const { hit } = value;
  return hit === undefined || (isMap(hit) && [hit.run_id, hit.task, hit.ended].every((text) => typeof text === "string"));
}

export function encodeResult(result: Result): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(result, null, 2)}\n`);
}

/** True for the word of a later attempt about one that came to no result of its own: nothing points to it. */
export function isGivenUp({ reason }: Result): boolean {
  return reason === "lost" || reason === "overtaken";
}

/** Key of the pointer: the newest result of a task in a run. */
export function pointerKey(dagId: string, runId: string, task: string): string {
  return `${taskKey(dagId, runId, task)}/result.json`;
}

/** Key of one attempt's result. */
export function attemptResultKey(request: Request, attempt: number): string {
  return `${attemptKey(request.dag_id, request.run_id, request.task, attempt)}/result.json`;
}
