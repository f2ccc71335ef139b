/** Later tries of a series: they take what an earlier one has committed. */
import type { Request } from "../protocol/request.ts";
import type { Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";
import { artifactsExist } from "./artifacts.ts";
import type { WorkKey } from "./cache.ts";
import { pointerKey, readResult } from "./results.ts";
import { seriesStart } from "./series.ts";

/**
 * What an earlier try of the same series has committed for the same work: a success (the engine never heard of it), or a
 * failure that another try cannot mend. Undefined when the work is to be done.
 */
export async function findSettled(request: Request, work: WorkKey, store: Store): Promise<Result | undefined> {
  const result = await findLast(request, store);
  if (!result || result.cache?.key !== work.key) return undefined;
  if (result.status === "failed" && !result.retryable) return result;
  return result.status === "success" && (await artifactsExist(result, store)) ? result : undefined;
}

/** The newest committed result of an earlier try of the same series; undefined for its first try. */
export async function findLast(request: Request, store: Store): Promise<Result | undefined> {
  const start = seriesStart(request.tries);
  if (request.tries.number <= start) return undefined;
  const result = await readResult(store, pointerKey(request.dag_id, request.run_id, request.task));
  return result && result.try_number >= start && result.try_number < request.tries.number ? result : undefined;
}
