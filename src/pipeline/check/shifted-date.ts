/** `{{ ds }}` is a date in UTC; far from Greenwich it may be another day than the one that the author means. */
import { cronProblem, localDay, runOn, zoneProblem } from "../timetable.ts";
import type { Check } from "./check.ts";

/** One day in winter and one in summer, since the clock may change in between. */
const samples = ["2026-01-15", "2026-07-15"];

export const checkShiftedDate: Check = ({ dag }, report) => {
  const { schedule, timezone, interval } = dag;
  if (!schedule || !timezone || cronProblem(schedule.value) !== undefined || zoneProblem(timezone.value) !== undefined) return;
  for (const day of samples) {
    const dates = runOn({ cron: schedule.value, interval }, timezone.value, { day });
    if ("problem" in dates) continue;
    const instant = Date.parse(dates.logical_date);
    const ds = dates.logical_date.slice(0, 10);
    const local = localDay(instant, timezone.value);
    if (ds === local) continue;
    const message = `\`{{ ds }}\` is a date in UTC: of the run of ${local} in ${timezone.value} it is ${ds}`;
    const hint = `{{ ${interval === "data" ? "data_interval_start" : "logical_date"}.in_timezone('${timezone.value}').strftime('%Y-%m-%d') }}`;
    report("shifted-date", schedule.span, message, { notes: [{ message: `the local date is \`${hint}\`` }] });
    return;
  }
};
