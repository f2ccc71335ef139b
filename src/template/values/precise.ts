/** pendulum's precise_diff: years, months, days and hours between two dates, all of one sign. */
import { daysInMonth, fieldsOf, MICROS_PER_SECOND, offsetOf, utcMicros, wallMicros } from "./calendar.ts";
import { DateTimeValue, type DateValue, type Fields } from "./time-types.ts";

export interface PreciseDifference {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** Wall-clock fields of both; in UTC when their zones differ. */
function comparable(start: DateTimeValue | DateValue, end: DateTimeValue | DateValue): [Fields, Fields] {
  if (start instanceof DateTimeValue && end instanceof DateTimeValue) {
    const sameZone = start.zone?.rules.name === end.zone?.rules.name;
    if (sameZone && start.zone !== null) {
      // One offset for both, so that the instants differ by what is reported.
      const offset = BigInt(offsetOf(start) ?? 0) * MICROS_PER_SECOND;
      return [fieldsOf(wallMicros(start)), fieldsOf(offsetOf(start) === offsetOf(end) ? wallMicros(end) : utcMicros(end) + offset)];
    }
    return [fieldsOf(utcMicros(start)), fieldsOf(utcMicros(end))];
  }
  const midnight = (value: DateTimeValue | DateValue): Fields => ({
    year: value.year,
    month: value.month,
    day: value.day,
    hour: 0,
    minute: 0,
    second: 0,
    microsecond: 0,
  });
  return [midnight(start), midnight(end)];
}

export function preciseDifference(start: DateTimeValue | DateValue, end: DateTimeValue | DateValue): PreciseDifference {
  const [first, second] = comparable(start, end);
  const negative = wallMicros(first) > wallMicros(second);
  const [a, b] = negative ? [second, first] : [first, second];
  let micros = b.microsecond - a.microsecond;
  let seconds = b.second - a.second;
  let minutes = b.minute - a.minute;
  let hours = b.hour - a.hour;
  let days = b.day - a.day;
  let months = b.month - a.month;
  let years = b.year - a.year;
  if (micros < 0) [micros, seconds] = [micros + 1e6, seconds - 1];
  if (seconds < 0) [seconds, minutes] = [seconds + 60, minutes - 1];
  if (minutes < 0) [minutes, hours] = [minutes + 60, hours - 1];
  if (hours < 0) [hours, days] = [hours + 24, days - 1];
  if (days < 0) {
    const [year, month] = b.month === 1 ? [b.year - 1, 12] : [b.year, b.month - 1];
    const inLast = daysInMonth(year, month);
    const inThis = daysInMonth(b.year, b.month);
    // pendulum counts from the end of the shorter month.
    if (days < inThis - inLast) days += Math.max(inLast, a.day);
    else if (days === inThis - inLast) {
      days = 0;
      months += 1;
    } else days += inLast;
    months -= 1;
  }
  if (months < 0) [months, years] = [months + 12, years - 1];
  const sign = (value: number) => (negative && value !== 0 ? -value : value);
  return { years: sign(years), months: sign(months), days: sign(days), hours: sign(hours), minutes: sign(minutes), seconds: sign(seconds) };
}

/** Whole months. */
export function monthsBetween(start: DateTimeValue | DateValue, end: DateTimeValue | DateValue): number {
  const { years, months } = preciseDifference(start, end);
  return years * 12 + months;
}
