/** `{{ ds }}` is a date in UTC; far from Greenwich it may be another day than the one that the author means. */
import { cronProblem, localDay, runOn, zoneProblem } from "../timetable.ts";
import type { Check } from "./signature.ts";

/** One day in winter and one in summer, since the clock may change in between. */
const samples = ["2026-01-15", "2026-07-15"];

export const checkShiftedDate: Check = ({ dag }, report) => {
  const { schedule, timezone, interval } = dag;
  if (!schedule || !timezone || cronProblem(schedule.value) !== undefined || zoneProblem(timezone.value) !== undefined) return;
  const shift = shiftOf(schedule.value, timezone.value, interval);
  if (shift === undefined) return;
  const message = `\`{{ ds }}\` is a date in UTC: of the run of ${shift.local} in ${timezone.value} it is ${shift.ds}`;
  const start = interval === "data" ? "data_interval_start" : "logical_date";
  const hint = `{{ ${start}.in_timezone('${timezone.value}').strftime('%Y-%m-%d') }}`;
  report("shifted-date", schedule.span, message, { notes: [{ message: `the local date is \`${hint}\`` }] });
};

interface Shift {
  readonly ds: string;
  readonly local: string;
}

const known = new Map<string, Shift | undefined>();

/** Kept by schedule: a thousand pipelines share a few, and counting ticks takes a millisecond. */
function shiftOf(cron: string, timezone: string, interval: "data" | "trigger"): Shift | undefined {
  const key = JSON.stringify([cron, timezone, interval]);
  if (!known.has(key)) {
    if (known.size > 1000) known.clear();
    known.set(key, findShift(cron, timezone, interval));
  }
  return known.get(key);
}

function findShift(cron: string, timezone: string, interval: "data" | "trigger"): Shift | undefined {
  for (const day of samples) {
    const dates = runOn({ cron, interval }, timezone, { day });
    if ("problem" in dates) continue;
    const ds = dates.logical_date.slice(0, 10);
    const local = localDay(Date.parse(dates.logical_date), timezone);
    if (ds !== local) return { ds, local };
  }
  return undefined;
}
