/** An attempt's number, claimed in the store so that two launchers never share one and later starts have higher ones. */
import { attemptKey, taskKey } from "../protocol/layout.ts";
import type { Request } from "../protocol/request.ts";
import type { Store } from "../storage/store.ts";
import { ownIdentity } from "./identity.ts";

export interface Claimed {
  readonly attempt: number;
  /** Attempts that were claimed before, ascending. */
  readonly before: readonly number[];
}

/** Creates attempt-<n>/request.json (`record`, with its secrets masked, and who has it) for the first free n after all others. */
export async function claim(request: Request, record: Request, store: Store): Promise<Claimed> {
  const claimed = { at: new Date().toISOString(), ...ownIdentity() };
  const bytes = new TextEncoder().encode(`${JSON.stringify({ ...record, claimed }, null, 2)}\n`);
  const before = [...(await attemptNumbers(request, store))];
  for (let n = (before.at(-1) ?? 0) + 1; ; n++) {
    if (await store.put(requestKey(request, n), bytes, { ifAbsent: true, durable: false })) return { attempt: n, before };
    before.push(n);
  }
}

/** Key of what an attempt was asked to do, and by whom it was claimed. */
export function requestKey(request: Request, attempt: number): string {
  return `${attemptKey(request.dag_id, request.run_id, request.task, attempt)}/request.json`;
}

/** Numbers of all attempts of the request's task, ascending. */
export async function attemptNumbers(request: Request, store: Store): Promise<readonly number[]> {
  const folders = await store.folders(taskKey(request.dag_id, request.run_id, request.task));
  const numbers = folders.flatMap((name) => (/^attempt-[1-9]\d*$/.test(name) ? [Number(name.slice("attempt-".length))] : []));
  return numbers.sort((a, b) => a - b);
}
