/** The proleptic Gregorian calendar: days, ISO weeks, microseconds since 1970. */
import { raise } from "./error.ts";
import type { DateTimeValue, Fields } from "./time-types.ts";

export const MICROS_PER_SECOND = 1_000_000n;
export const MICROS_PER_DAY = 86_400_000_000n;

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (monthLengths[month - 1] ?? 0);
}

/** Days since 1970-01-01. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468;
}

/** Year, month and day of a count of days since 1970-01-01. Throws OverflowError outside the years 1–9999. */
export function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  if (year < 1 || year > 9999) raise("OverflowError", "date value out of range");
  return { year, month, day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}

/** Monday is 0. */
export function weekday(year: number, month: number, day: number): number {
  return (((daysFromCivil(year, month, day) + 3) % 7) + 7) % 7;
}

/** 1 on the first of January. */
export function dayOfYear(year: number, month: number, day: number): number {
  return daysFromCivil(year, month, day) - daysFromCivil(year, 1, 1) + 1;
}

/** ISO 8601 year, week and weekday (Monday is 1). */
export function isoCalendar(year: number, month: number, day: number): { year: number; week: number; weekday: number } {
  const days = daysFromCivil(year, month, day);
  const isoWeekday = weekday(year, month, day) + 1;
  // The week belongs to the year of its Thursday.
  const isoYear = civilFromDays(days - isoWeekday + 4).year;
  const firstThursday = daysFromCivil(isoYear, 1, 4);
  const firstMonday = firstThursday - ((((firstThursday + 3) % 7) + 7) % 7);
  return { year: isoYear, week: Math.floor((days - firstMonday) / 7) + 1, weekday: isoWeekday };
}

/** Microseconds since 1970 of wall-clock fields, as if they were UTC. */
export function wallMicros(fields: Fields): bigint {
  const seconds = daysFromCivil(fields.year, fields.month, fields.day) * 86400 + fields.hour * 3600 + fields.minute * 60 + fields.second;
  return BigInt(seconds) * MICROS_PER_SECOND + BigInt(fields.microsecond);
}

/** Wall-clock fields of microseconds since 1970. */
export function fieldsOf(micros: bigint): Fields {
  const days = floorDivide(micros, MICROS_PER_DAY);
  const rest = Number(micros - days * MICROS_PER_DAY);
  const seconds = Math.floor(rest / 1_000_000);
  return {
    ...civilFromDays(Number(days)),
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    microsecond: rest % 1_000_000,
  };
}

/** Seconds east of Greenwich that hold at a date and time; undefined for a naive one. */
export function offsetOf(value: DateTimeValue): number | undefined {
  if (value.zone === null) return undefined;
  const wall = wallMicros(value);
  const { rules } = value.zone;
  // The two candidates differ only around a change of the offset; `fold` then chooses (PEP 495).
  const before = rules.offset(wall - MICROS_PER_DAY);
  const after = rules.offset(wall + MICROS_PER_DAY);
  if (before === after) {
    const here = rules.offset(wall - BigInt(before) * MICROS_PER_SECOND);
    if (here === before) return before;
  }
  const early = wall - BigInt(before) * MICROS_PER_SECOND;
  const late = wall - BigInt(after) * MICROS_PER_SECOND;
  const earlyHolds = rules.offset(early) === before;
  const lateHolds = rules.offset(late) === after;
  if (earlyHolds && lateHolds) return value.fold === 0 ? before : after;
  if (earlyHolds) return before;
  if (lateHolds) return after;
  // A time that the clocks skipped: fold 0 takes the offset before the gap.
  return value.fold === 0 ? before : after;
}

/** Microseconds of UTC since 1970; of a naive date and time, as if it were UTC. */
export function utcMicros(value: DateTimeValue): bigint {
  return wallMicros(value) - BigInt(offsetOf(value) ?? 0) * MICROS_PER_SECOND;
}

/** Division that rounds down, as Python's `//`. */
export function floorDivide(left: bigint, right: bigint): bigint {
  const quotient = left / right;
  return left % right !== 0n && left < 0n !== right < 0n ? quotient - 1n : quotient;
}
