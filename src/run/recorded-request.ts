/** What an attempt was asked to do, as it is on record: secrets that a template put into it are `***`. */
import { isJsonObject, type Json } from "../protocol/json.ts";
import { attemptKey } from "../protocol/layout.ts";
import { PROTO, type Request } from "../protocol/request.ts";
import type { Store } from "../storage/store.ts";

/** Undefined when there is none, or none that can be read. */
export async function readRecordedRequest(
  dagId: string,
  runId: string,
  task: string,
  attempt: number,
  store: Store,
): Promise<Request | undefined> {
  const bytes = await store.get(`${attemptKey(dagId, runId, task, attempt)}/request.json`);
  if (!bytes) return undefined;
  try {
    const value: Json = JSON.parse(new TextDecoder().decode(bytes));
    return isJsonObject(value) && isRequest(value) ? (value as unknown as Request) : undefined;
  } catch {
    return undefined;
  }
}

const maps = ["params", "inputs", "outputs", "env", "limits", "cache", "tries"] as const;

/** What readers of it rely on. */
function isRequest(value: { readonly [name: string]: Json }): boolean {
  return (
    value.proto === PROTO &&
    ["operator_digest", "script", "effects", "task"].every((name) => typeof value[name] === "string") &&
    maps.every((name) => isJsonObject(value[name])) &&
    Array.isArray(value.connections)
  );
}
