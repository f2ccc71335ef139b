/** Signs of life of attempts in the store: which attempt is still at work, and which is lost. */
import { type Alive, beatTime, silenceOf } from "../protocol/alive.ts";
import { isMap } from "../protocol/json.ts";
import { isRunner, type RunnerIdentity } from "../protocol/run-record.ts";
import type { Store } from "../storage/store.ts";
import { isAlive } from "./identity.ts";

/** What is known of an attempt that has no result. */
export interface Signs {
  /** Who has claimed it; undefined when that is not on record. */
  readonly claimed?: RunnerIdentity & { readonly at: string };
  readonly alive?: Alive;
  /** Milliseconds since the epoch, by the store's clock: its claim or its last sign of life. */
  readonly seen?: number;
  readonly try_number?: number;
}

/** Reads the signs of the attempt whose keys are `requestKey` and `aliveKey`. */
export async function readSigns(requestKey: string, aliveKey: string, store: Store): Promise<Signs> {
  const [request, alive, entry] = await Promise.all([readMap(store, requestKey), readMap(store, aliveKey), store.head(aliveKey)]);
  const seen = (entry ?? (await store.head(requestKey)))?.modified;
  const claimed = request?.claimed;
  const try_number = isMap(request?.tries) ? request.tries.number : undefined;
  return {
    ...(isRunner(claimed) && typeof claimed.at === "string" && { claimed: { ...claimed, at: claimed.at } }),
    ...(isAliveRecord(alive) && { alive }),
    ...(seen !== undefined && { seen }),
    ...(typeof try_number === "number" && { try_number }),
  };
}

/** True when nobody is at work there any more, as far as can be told at `now` (by the store's clock). */
export function isLost({ claimed, alive, seen }: Signs, now: number, store: Store): boolean {
  const who = alive ?? claimed;
  if (who !== undefined && !isAlive(who)) return true;
  const every = alive?.every ?? beatTime(store.url);
  return seen !== undefined && now - seen > (silenceOf(every) + every) * 1000;
}

async function readMap(store: Store, key: string): Promise<{ readonly [name: string]: unknown } | undefined> {
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isMap(value) ? value : undefined;
  } catch {
    return undefined; // a power failure may leave a torn one
  }
}

function isAliveRecord(value: unknown): value is Alive {
  return isRunner(value) && typeof value.at === "string" && typeof value.phase === "string" && typeof value.every === "number";
}
