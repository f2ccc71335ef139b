/** Taking the work of another run, while `tradewind store gc` may be about to remove it (protocol/removal.ts). */
import { decodeNotice, isDoomed, noticeKey, safeAge, takenName } from "../protocol/removal.ts";
import type { Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";
import { artifactsExist } from "./artifacts.ts";

/**
 * Notes under the attempt (its key prefix) that it takes `result`, and answers whether it may. From then on nobody removes its
 * artifacts. `now` is in milliseconds.
 */
export async function holdArtifacts(result: Result, attempt: string, store: Store, now: number): Promise<boolean> {
  const keys = Object.values(result.outputs).map((artifact) => artifact.key);
  if (keys.length > 0 && mayBeRemoved(result, now)) {
    await store.put(`${attempt}/${takenName}`, new TextEncoder().encode(`${JSON.stringify({ proto: 1, keys })}\n`), { durable: false });
  }
  return stillThere(result, store, now);
}

/** True when all artifacts are there and stay. What says that they are needed must be in the store already. */
export async function stillThere(result: Result, store: Store, now: number): Promise<boolean> {
  if (mayBeRemoved(result, now)) {
    const notice = await store.get(noticeKey);
    const read = notice && decodeNotice(Buffer.from(notice).toString("utf8"));
    const keys = Object.values(result.outputs).map((artifact) => artifact.key);
    if (notice && (read === undefined || isDoomed(new Set(read.doomed), keys))) return false;
  }
  // After the notice: a gc that has come to its end since has taken it away again, and the artifacts before.
  return artifactsExist(result, store);
}

/** Young work is never removed; the other half of the time is for clocks that differ. Of what was made in the future nobody knows its age. */
function mayBeRemoved(result: Result, now: number): boolean {
  return Math.abs(now - Date.parse(result.ended)) > (safeAge / 2) * 1000;
}
