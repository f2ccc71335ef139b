/**
 * Tries, as Airflow counts them: the number goes on after a clear, and a series of tries begins at `max - retries + 1`.
 * The first try of a series does the work; later ones take what an earlier one has committed.
 */
import type { Tries } from "../protocol/request.ts";

/** Number of the first try of the current series. */
export function seriesStart(tries: Tries): number {
  return Math.max(1, tries.max - tries.retries + 1);
}

/** True for the first try after somebody cleared the task: it wants the work done again, whatever is there. */
export function startsSeriesAgain(tries: Tries): boolean {
  return tries.number === seriesStart(tries) && tries.number > 1;
}
