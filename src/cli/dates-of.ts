/** From `--date` to the dates of a run. */
import { type RunDates, runOn } from "../pipeline/timetable.ts";
import type { Plan } from "../protocol/plan.ts";
import { Failure } from "./errors.ts";
import type { RunOfOptions } from "./options.ts";

/** Those of the run that is meant; without `--date` of the latest. Throws Failure when the dag has no run on that day. */
export function datesOf({ dag }: Plan, { date }: RunOfOptions): RunDates {
  const when = date === undefined ? { now: Math.floor(Date.now() / 1000) * 1000 } : { day: date };
  const dates = runOn(dag.schedule, dag.timezone, when);
  if ("problem" in dates) throw new Failure(dates.problem);
  return dates;
}
