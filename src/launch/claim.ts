/** An attempt's number, claimed in the store so that two launchers never share one and later starts have higher ones. */
import { attemptKey, taskKey } from "../protocol/layout.ts";
import type { Request } from "../protocol/request.ts";
import type { Store } from "../storage/store.ts";

/** Creates attempt-<n>/request.json (`record`, with its secrets masked) for the first free n after all others. */
export async function claim(request: Request, record: Request, store: Store): Promise<number> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
  let n = ((await attemptNumbers(request, store)).at(-1) ?? 0) + 1;
  for (;;) {
    const key = `${attemptKey(request.dag_id, request.run_id, request.task, n)}/request.json`;
    if (await store.put(key, bytes, { ifAbsent: true, durable: false })) return n;
    n++;
  }
}

/** Numbers of all attempts of the request's task, ascending. */
export async function attemptNumbers(request: Request, store: Store): Promise<readonly number[]> {
  const folders = await store.folders(taskKey(request.dag_id, request.run_id, request.task));
  const numbers = folders.flatMap((name) => (/^attempt-[1-9]\d*$/.test(name) ? [Number(name.slice("attempt-".length))] : []));
  return numbers.sort((a, b) => a - b);
}
