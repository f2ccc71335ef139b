/** A sign of life of a running attempt: attempt-<n>/alive.json, written again and again by its launcher. */
import type { Phase } from "./event.ts";
import type { RunnerIdentity } from "./run-record.ts";

export interface Alive extends RunnerIdentity {
  readonly proto: 1;
  /** ISO 8601 instant. */
  readonly at: string;
  readonly phase: Phase;
  /** Seconds to the next sign. */
  readonly every: number;
}

/** Seconds between two signs of life; the first comes that long after the start, so that a short task leaves none. */
export function beatTime(storeUrl: string): number {
  return /^s3:/i.test(storeUrl) ? 25 : 5;
}

/** Seconds of silence after which an attempt that gives a sign every `every` seconds counts as lost. */
export function silenceOf(every: number): number {
  return Math.max(60, 6 * every);
}
