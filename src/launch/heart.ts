/** The life of an attempt beside its work: its signs of life, its log as far as it has come, and its end when a later one starts. */
import { type Alive, beatTime } from "../protocol/alive.ts";
import type { Phase } from "../protocol/event.ts";
import { aliveKey, attemptKey } from "../protocol/layout.ts";
import type { Request } from "../protocol/request.ts";
import type { Store } from "../storage/store.ts";
import { overtaken } from "./fence.ts";
import { ownIdentity } from "./identity.ts";
import type { Journal } from "./journal.ts";
import { startPace } from "./pace.ts";
import { attemptResultKey, readResult } from "./results.ts";

/** Seconds. */
export interface Pace {
  /** Between two signs of life. */
  readonly beat: number;
  /** Before the log is put into the store for the first, second, … time while the script runs; the last counts for all that follow. */
  readonly log: readonly [number, ...number[]];
}

export interface Heart {
  /** Aborted with the Failure that says so when a later attempt has given this one up. */
  readonly signal: AbortSignal;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
}

/** Beats from one beat after now until it is stopped: a task that is over by then has cost nothing. */
export function startHeart(request: Request, attempt: number, journal: Journal, store: Store, pace?: Pace): Heart {
  const { beat, log } = pace ?? { beat: beatTime(store.url), log: [10, 30, 60] };
  const overtaking = new AbortController();
  const beats = startPace([beat], async () => {
    await store.put(aliveKey(request.dag_id, request.run_id, request.task, attempt), encodeAlive(journal.now(), beat), { durable: false });
    // Only a later attempt writes it while this one is at work.
    const word = await readResult(store, attemptResultKey(request, attempt));
    if (word && !overtaking.signal.aborted) overtaking.abort(overtaken(word));
  });
  const logs = startPace(log, () => journal.uploadLog(store, attemptKey(request.dag_id, request.run_id, request.task, attempt)));
  return {
    signal: overtaking.signal,
    async stop() {
      await Promise.all([beats.stop(), logs.stop()]);
    },
  };
}

function encodeAlive(phase: Phase, every: number): Uint8Array {
  const alive: Alive = { proto: 1, at: new Date().toISOString(), phase, every, ...ownIdentity() };
  return Buffer.from(`${JSON.stringify(alive)}\n`);
}
