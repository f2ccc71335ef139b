/**
 * Schedules and the dates of a run, with the meaning of Airflow's CronDataIntervalTimetable (`interval: data`) and
 * CronTriggerTimetable (`interval: trigger`), changes of the clock included. A test compares it with Airflow itself.
 */
import type { SchedulePlan } from "../protocol/plan.ts";
import { type Cron, nextTick, parseCron, previousTick } from "./cron.ts";
import { startOfDay, toInstant, toNaive } from "./zone.ts";

export { nearestZone, zoneProblem } from "./zone.ts";

const problems = new Map<string, string | undefined>();

/** What is wrong with a schedule (five cron fields or a preset, `@once` too), or undefined. Names the field. */
export function cronProblem(text: string): string | undefined {
  // Kept by text: a thousand pipelines share a few.
  if (!problems.has(text)) {
    if (problems.size > 1000) problems.clear();
    problems.set(text, findCronProblem(text));
  }
  return problems.get(text);
}

function findCronProblem(text: string): string | undefined {
  if (text.trim() === "@once") return undefined;
  const cron = parseCron(text);
  if ("problem" in cron) return cron.problem;
  return nextTick(cron, 0) === undefined ? `cron "${text.trim()}" never fits a date` : undefined;
}

/** Local wall time `YYYY-MM-DDTHH:MM:SS` of a date or a date with time, or undefined (dateProblem tells why). */
export function parseDate(text: string): string | undefined {
  return dateProblem(text) === undefined ? wallTime(naiveOf(text)) : undefined;
}

/** What is wrong with `2026-01-31` or `2026-01-31T05:00:00`, or undefined. */
export function dateProblem(text: string): string | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  if (match === null) return `"${text}" is no date; write it as 2026-01-31 or 2026-01-31T05:00:00`;
  if (match[7] !== undefined)
    return `"${text}" has an offset from UTC; leave "${match[7]}" out: dates are local times in the dag's timezone`;
  const naive = naiveOf(text);
  const written = `${match[1]}-${match[2]}-${match[3]}T${match[4] ?? "00"}:${match[5] ?? "00"}:${match[6] ?? "00"}`;
  if (Number.isNaN(naive) || wallTime(naive) !== written) return `"${text}" does not exist in the calendar`;
  return Number(match[1]) < 1970 ? `"${text}" is before 1970` : undefined;
}

/** ISO 8601 instants as Python prints them: `2026-01-01T00:00:00+00:00`. */
export interface RunDates {
  readonly logical_date: string;
  readonly data_interval_start: string;
  readonly data_interval_end: string;
}

/** Why there is no such run, in one sentence. */
export interface NoRun {
  readonly problem: string;
}

/** A day (`2013-01-15`, in the dag's zone) or the present instant in milliseconds. */
export type When = { readonly day: string } | { readonly now: number };

/**
 * The run of a day: the first one whose logical date falls on it. The run of now: for `data` the latest interval that is over, for
 * `trigger` the latest tick. Without a schedule (null, `@once`) a manual run at now, or at the day's first moment. Schedule and zone
 * must have passed cronProblem and zoneProblem.
 */
export function runOn(schedule: SchedulePlan | null, timezone: string, when: When): RunDates | NoRun {
  if ("day" in when && !/^\d{4}-\d\d-\d\d$/.test(when.day)) return { problem: `"${when.day}" is no day; write it as 2013-01-31` };
  const wrongDay = "day" in when ? dateProblem(when.day) : undefined;
  if (wrongDay !== undefined) return { problem: wrongDay };
  const cron = schedule === null || schedule.cron.trim() === "@once" ? undefined : parseCron(schedule.cron);
  if (cron === undefined || schedule === null) {
    const instant = "day" in when ? startOfDay(naiveOf(when.day), timezone) : when.now;
    return runDates(instant, instant);
  }
  if ("problem" in cron) return cron;
  const ticks: Ticks = { cron, timezone };
  const start = "day" in when ? firstTickOn(ticks, when.day) : latestStart(ticks, schedule.interval, when.now);
  if (start === undefined) return { problem: `the schedule "${schedule.cron}" has no run ${"day" in when ? "" : "before now"}`.trim() };
  if (typeof start !== "number") return { problem: noRunOn(schedule, timezone, start) };
  if (schedule.interval === "trigger") return runDates(start, start);
  const end = tickAfter(ticks, start);
  return end === undefined ? { problem: `the schedule "${schedule.cron}" has no tick after ${isoInstant(start)}` } : runDates(start, end);
}

interface Ticks {
  readonly cron: Cron;
  readonly timezone: string;
}

interface DayWithoutRun {
  readonly day: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

function firstTickOn(ticks: Ticks, day: string): number | DayWithoutRun {
  const start = startOfDay(naiveOf(day), ticks.timezone);
  const tick = tickAfter(ticks, start - 1);
  if (tick !== undefined && localDay(tick, ticks.timezone) === day) return tick;
  return { day, before: tickBefore(ticks, start), after: tick };
}

function latestStart(ticks: Ticks, interval: SchedulePlan["interval"], now: number): number | undefined {
  const before = tickBefore(ticks, now);
  if (before === undefined) return undefined;
  const isTick = tickAfter(ticks, before) === now;
  if (interval === "trigger") return isTick ? now : before;
  return isTick ? before : tickBefore(ticks, before);
}

function noRunOn(schedule: SchedulePlan, timezone: string, { day, before, after }: DayWithoutRun): string {
  const near = [before, after].filter((tick) => tick !== undefined).map((tick) => localDay(tick, timezone));
  const nearby = near.length === 0 ? "" : `; the nearest are on ${near.join(" and ")}`;
  return `no run of "${schedule.cron}" (${timezone}) has its logical date on ${day}${nearby}`;
}

/** Airflow's CronMixin._get_next: the wall clock decides, except that hourly schedules count real time, so that no hour is lost or doubled. */
function tickAfter({ cron, timezone }: Ticks, instant: number): number | undefined {
  const naive = toNaive(instant, timezone);
  const tick = nextTick(cron, naive);
  if (tick === undefined) return undefined;
  return cron.everyHour ? instant + (tick - naive) : toInstant(tick, timezone);
}

/** Airflow's CronMixin._get_prev. */
function tickBefore({ cron, timezone }: Ticks, instant: number): number | undefined {
  const naive = toNaive(instant, timezone);
  const tick = previousTick(cron, naive);
  if (tick === undefined) return undefined;
  return cron.everyHour ? instant - (naive - tick) : toInstant(tick, timezone);
}

function runDates(start: number, end: number): RunDates {
  return { logical_date: isoInstant(start), data_interval_start: isoInstant(start), data_interval_end: isoInstant(end) };
}

/** An instant as Python's `isoformat` prints it in UTC, which is how Airflow writes it into run ids. */
export function isoInstant(instant: number): string {
  const iso = new Date(instant).toISOString();
  const fraction = iso.slice(20, 23);
  return `${iso.slice(0, 19)}${fraction === "000" ? "" : `.${fraction}000`}+00:00`;
}

/** `2013-01-15`: the day of an instant on the wall clock of a zone. */
export function localDay(instant: number, timezone: string): string {
  return wallTime(toNaive(instant, timezone)).slice(0, 10);
}

function naiveOf(text: string): number {
  const [date = "", time = "00:00:00"] = text.split(/[T ]/);
  return Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}Z`);
}

function wallTime(naive: number): string {
  return Number.isNaN(naive) ? "" : new Date(naive).toISOString().slice(0, 19);
}
