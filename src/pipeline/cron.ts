/**
 * Five-field cron with the meaning that croniter, the library in Airflow, gives it: names, ranges that wrap, steps, `L`, `#`, `?`,
 * and a day that fits *either* the day of month or the day of week when both are restricted. Where the croniters of Airflow 2.10
 * to 3.x differ from each other, or do what nobody means, the expression is refused with a way out.
 *
 * Times in this file are naive: milliseconds since 1970-01-01T00:00 of a wall clock without zone.
 */
import { didYouMean } from "../protocol/suggest.ts";

/** Which wall-clock minutes tick. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  /** Airflow treats a change of the clock differently when the hour is unrestricted. */
  readonly everyHour: boolean;
  ticksOn(year: number, month: number, day: number): boolean;
}

/** Airflow's presets and croniter's own, as cron; `@once` has no cron. */
const presets: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@quarterly": "0 0 1 */3 *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

interface Field {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly names: readonly string[];
}

const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const longestMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const minuteField: Field = { name: "minute", low: 0, high: 59, names: [] };
const hourField: Field = { name: "hour", low: 0, high: 23, names: [] };
const dayField: Field = { name: "day of month", low: 1, high: 31, names: [] };
const monthField: Field = { name: "month", low: 1, high: 12, names: monthNames };
const weekdayField: Field = { name: "day of week", low: 0, high: 6, names: weekdayNames };
const fields = [minuteField, hourField, dayField, monthField, weekdayField];

/** One weekday of the month: the nth, or the last. */
interface NthWeekday {
  readonly weekday: number;
  readonly nth: number | "last";
}

interface Values {
  readonly star: boolean;
  readonly numbers: readonly number[];
  readonly lastDay: boolean;
  readonly nth: readonly NthWeekday[];
}

/** The mistake in an expression, as one sentence without its end; a value of the parser, so that one pass serves both doors. */
export interface CronProblem {
  readonly problem: string;
}

class Refusal extends Error {}

/** Reads five fields or a preset (not `@once`). */
export function parseCron(text: string): Cron | CronProblem {
  try {
    return readCron(text);
  } catch (error) {
    if (error instanceof Refusal) return { problem: error.message };
    throw error;
  }
}

function readCron(text: string): Cron {
  const trimmed = text.trim();
  if (trimmed === "") throw new Refusal("a schedule is empty; write five cron fields, a preset such as @daily, or null");
  if (trimmed.length > 1_000) throw new Refusal("a cron expression is longer than 1000 characters");
  if (trimmed.startsWith("@") && !Object.hasOwn(presets, trimmed)) {
    const known = [...Object.keys(presets), "@once"];
    throw new Refusal(`"${trimmed}" is no preset${didYouMean(trimmed, known) || `; the presets are ${known.join(", ")}`}`);
  }
  const expression = (Object.hasOwn(presets, trimmed) ? presets[trimmed] : undefined) ?? trimmed;
  if (/[^\x20-\x7e\t]/.test(expression)) throw new Refusal(`cron "${trimmed}" holds a character that is not ASCII`);
  const parts = expression.toLowerCase().split(/\s+/);
  if (parts.length !== 5) {
    const hint = parts.length === 6 || parts.length === 7 ? "; seconds and years are not supported" : "";
    throw new Refusal(
      `cron "${trimmed}" has ${parts.length} field${parts.length === 1 ? "" : "s"}, expected five: minute hour day month weekday${hint}`,
    );
  }
  const [minute, hour, day, month, weekday] = fields.map((field, index) => readField(parts[index] ?? "", field));
  if (!minute || !hour || !day || !month || !weekday) throw new Error("five fields were read");
  refuseImpossible(day, month, weekday, parts);
  // croniter takes a full list for "*", except where that would turn "either day" into "both days".
  const dayAny = day.star || (day.numbers.length === 31 && (parts[4] ?? "").includes("*"));
  const weekdayAny = weekday.star || (weekday.numbers.length === 7 && (parts[2] ?? "").includes("*"));
  const days = new Set(day.numbers);
  const weekdays = new Set(weekday.numbers);
  const fitsDay = (year: number, of: number, on: number) => days.has(on) || (day.lastDay && on === daysIn(year, of));
  const fitsWeekday = (year: number, of: number, on: number) =>
    weekday.nth.length > 0
      ? weekday.nth.some(({ weekday: wanted, nth }) => isNth(year, of, on, wanted, nth))
      : weekdays.has(weekdayOf(year, of, on));
  return {
    minutes: numbersOf(minute, minuteField),
    hours: numbersOf(hour, hourField),
    months: numbersOf(month, monthField),
    everyHour: hour.star ? parts[1] === "*" || hour.numbers.length === 0 : hour.numbers.length === 24,
    ticksOn: (year, of, on) => {
      if (dayAny && weekdayAny) return true;
      if (dayAny) return fitsWeekday(year, of, on);
      if (weekdayAny) return fitsDay(year, of, on);
      return fitsDay(year, of, on) || fitsWeekday(year, of, on);
    },
  };
}

function refuseImpossible(day: Values, month: Values, weekday: Values, parts: readonly string[]): void {
  if (!day.star && weekday.nth.length > 0)
    throw new Refusal(
      `day of month "${parts[2]}" and day of week "${parts[4]}" cannot be combined: with "#" or "L" in one, the other must be "*"`,
    );
  if (day.star || day.lastDay) return;
  const months = numbersOf(month, monthField);
  const longest = Math.max(...months.map((number) => longestMonth[number - 1] ?? 31));
  if (Math.min(...day.numbers) > longest)
    throw new Refusal(`day of month "${parts[2]}" never occurs in month "${parts[3]}", so no run would ever start`);
}

function readField(text: string, field: Field): Values {
  const refuse = (why: string): never => {
    throw new Refusal(`${field.name} "${text}" ${why}`);
  };
  if (text === "?") {
    if (field !== dayField && field !== weekdayField) refuse('may not be "?", which stands for any day of month or of week');
    return { star: true, numbers: [], lastDay: false, nth: [] };
  }
  if (text.includes("?")) refuse('mixes "?" with something else; "?" stands alone');
  const numbers = new Set<number>();
  const nth: NthWeekday[] = [];
  let star = false;
  let lastDay = false;
  for (const item of text.split(",")) {
    if (item === "") refuse("has an empty item between commas");
    else if (item === "*") star = true;
    else if (item === "l" && field === dayField) lastDay = true;
    else if (field === weekdayField && /^l\d+$/.test(item)) nth.push({ weekday: readValue(item.slice(1), field, text), nth: "last" });
    else if (field === weekdayField && item.includes("#")) nth.push(...readNth(item, text));
    else for (const number of readRange(item, field, text)) numbers.add(number);
  }
  if (nth.length > 0 && (star || numbers.size > 0))
    refuse('mixes plain days with "#" or "L", which Airflow cannot do; write all items one way or the other');
  return { star, numbers: [...numbers].sort((a, b) => a - b), lastDay, nth };
}

function readNth(item: string, text: string): NthWeekday[] {
  const match = /^(\w+)(?:-(\w+))?#(\d+)$/.exec(item);
  const named = match !== null && (match[2] === undefined || (weekdayNames.includes(match[1] ?? "") && weekdayNames.includes(match[2])));
  if (match === null || !named)
    throw new Refusal(`day of week "${text}": "${item}" is not like "mon#2" (the second Monday) or "mon-fri#1"`);
  const [, from = "", to, count = ""] = match;
  const nth = Number(count);
  if (nth < 1 || nth > 5) throw new Refusal(`day of week "${text}": a month has weekdays #1 to #5, not #${count}`);
  const days = to === undefined ? [readValue(from, weekdayField, text)] : readRange(`${from}-${to}`, weekdayField, text);
  return days.map((weekday) => ({ weekday, nth }));
}

function readRange(item: string, field: Field, text: string): number[] {
  const refuse = (why: string): never => {
    throw new Refusal(`${place(field, item, text)} ${why}`);
  };
  if (/^(?:h|r)(?:\(|\/|$)/.test(item)) refuse("is a hashed or random value, which Airflow does not have");
  if (field === dayField && /^(?:\d+w|w\d+|lw)$/.test(item)) refuse("asks for the nearest workday, which not every Airflow understands");
  if (item.startsWith("-")) refuse("is negative");
  const [range = "", step, ...more] = item.split("/");
  if (more.length > 0) refuse('has more than one "/"');
  if (step !== undefined && !/^\d+$/.test(step)) refuse(`has the step "${step}", expected a whole number`);
  const by = step === undefined ? 1 : Number(step);
  if (by === 0) refuse("has the step 0, expected 1 or more");
  if (range === "*") return sequence(field.low, field.high, by);
  const [from = "", to, ...others] = range.split("-");
  if (others.length > 0) refuse("is not a range like 1-5");
  const low = readValue(from, field, text);
  if (to === undefined) {
    if (step === undefined) return [low];
    if (low === field.high)
      refuse(`begins at the last ${field.name}, so its step does nothing, and versions of Airflow differ about it; write "${from}"`);
    return sequence(low, field.high, by);
  }
  const high = field === dayField && to === "l" ? 31 : readValue(to, field, text);
  if (low < high) return sequence(low, high, by);
  // croniter: "mon-mon" is the whole week.
  if (low === high) return sequence(field.low, field.high, by);
  return wrappedSequence(low, high, by, field);
}

/** `sat-sun`, `nov-feb/2`: to the end of the field and on from its beginning, the step kept as croniter keeps it. */
function wrappedSequence(low: number, high: number, by: number, field: Field): number[] {
  const size = field.high - field.low + 1;
  const first = sequence(low, field.high, by);
  const last = first.at(-1) ?? low;
  const skipped = field.high - last;
  const skip = last - field.low + by > size && skipped < by ? by - skipped : 0;
  return [...first, ...sequence(field.low + skip, high, by)];
}

function sequence(low: number, high: number, by: number): number[] {
  const numbers: number[] = [];
  for (let number = low; number <= high; number += by) numbers.push(number);
  return numbers;
}

function readValue(text: string, field: Field, whole: string): number {
  const named = field.names.indexOf(text);
  if (named >= 0) return named + field.low;
  if (!/^\d+$/.test(text)) {
    const names = field.names.length === 0 ? "" : ` or a name (${field.names.slice(0, 3).join(", ")}…)`;
    const near = didYouMean(text, field.names) || `; expected a number from ${field.low} to ${field.high}${names}`;
    throw new Refusal(`${place(field, text, whole)} is not known${near}`);
  }
  const number = Number(text);
  if (field === weekdayField && number === 7) return 0;
  if (number < field.low || number > field.high) {
    const extra = field === weekdayField ? " (Sunday is 0 or 7)" : "";
    throw new Refusal(`${place(field, text, whole)} is out of range, expected ${field.low} to ${field.high}${extra}`);
  }
  return number;
}

/** `minute "61"`, or `minute "0,61": "61"` when the item is a part. */
function place(field: Field, item: string, whole: string): string {
  return item === whole ? `${field.name} "${whole}"` : `${field.name} "${whole}": "${item}"`;
}

function numbersOf(values: Values, field: Field): readonly number[] {
  return values.star ? sequence(field.low, field.high, 1) : values.numbers;
}

const minute = 60_000;
const day = 86_400_000;

/** Beyond this croniter gives up, and so do we. */
const yearsToSearch = 50;

/** First tick strictly after the naive time, undefined when there is none within 50 years. */
export function nextTick(cron: Cron, naive: number): number | undefined {
  const from = Math.floor(naive / minute) * minute + minute;
  const limit = from + (yearsToSearch + 1) * 366 * day;
  for (let midnight = Math.floor(from / day) * day; midnight < limit; ) {
    const date = new Date(midnight);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
    if (!cron.months.includes(month)) {
      midnight = Date.UTC(year, month, 1);
      continue;
    }
    if (cron.ticksOn(year, month, date.getUTCDate())) {
      for (const hour of cron.hours) {
        for (const number of cron.minutes) {
          const tick = midnight + (hour * 60 + number) * minute;
          if (tick >= from) return tick;
        }
      }
    }
    midnight += day;
  }
  return undefined;
}

/** Last tick strictly before the naive time, undefined when there is none within 50 years. */
export function previousTick(cron: Cron, naive: number): number | undefined {
  const to = Math.ceil(naive / minute) * minute - minute;
  const limit = to - (yearsToSearch + 1) * 366 * day;
  for (let midnight = Math.floor(to / day) * day; midnight > limit; ) {
    const date = new Date(midnight);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
    if (!cron.months.includes(month)) {
      midnight = Date.UTC(year, month - 1, 1) - day;
      continue;
    }
    if (cron.ticksOn(year, month, date.getUTCDate())) {
      for (const hour of cron.hours.toReversed()) {
        for (const number of cron.minutes.toReversed()) {
          const tick = midnight + (hour * 60 + number) * minute;
          if (tick <= to) return tick;
        }
      }
    }
    midnight -= day;
  }
  return undefined;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function weekdayOf(year: number, month: number, on: number): number {
  return new Date(Date.UTC(year, month - 1, on)).getUTCDay();
}

function isNth(year: number, month: number, on: number, weekday: number, nth: number | "last"): boolean {
  if (weekdayOf(year, month, on) !== weekday) return false;
  return nth === "last" ? on + 7 > daysIn(year, month) : Math.ceil(on / 7) === nth;
}
