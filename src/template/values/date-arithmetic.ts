/** Dates plus durations, differences between dates, changes of zone: datetime's rules, and pendulum's where it differs. */
import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  fieldsOf,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  offsetOf,
  utcMicros,
  wallMicros,
} from "./calendar.ts";
import { raise } from "./error.ts";
import { deltaParts } from "./time-text.ts";
import { DateTimeValue, DateValue, DeltaValue, type Fields, type RelativeDelta, TimeValue, type ZoneValue } from "./time-types.ts";

export interface Shift {
  readonly years?: number;
  readonly months?: number;
  readonly days?: number;
  /** Hours and below, in microseconds. */
  readonly micros?: bigint;
}

/** Throws ValueError for fields that are no date and time. */
export function checkFields(fields: Fields): Fields {
  const { year, month, day, hour, minute, second, microsecond } = fields;
  if (year < 1 || year > 9999) raise("ValueError", `year ${year} is out of range`);
  if (month < 1 || month > 12) raise("ValueError", "month must be in 1..12");
  if (day < 1 || day > daysInMonth(year, month)) raise("ValueError", "day is out of range for month");
  if (hour < 0 || hour > 23) raise("ValueError", "hour must be in 0..23");
  if (minute < 0 || minute > 59) raise("ValueError", "minute must be in 0..59");
  if (second < 0 || second > 59) raise("ValueError", "second must be in 0..59");
  if (microsecond < 0 || microsecond > 999999) raise("ValueError", "microsecond must be in 0..999999");
  return fields;
}

/** pendulum's DateTime.create: wall-clock fields in a zone; a time that the clocks skip moves on by the gap. */
export function createPendulum(fields: Fields, zone: ZoneValue | null, fold = 1): DateTimeValue {
  checkFields(fields);
  if (zone === null) return new DateTimeValue(fields, null, 0, true);
  const before = offsetOf(new DateTimeValue(fields, zone, 0, true)) ?? 0;
  const after = offsetOf(new DateTimeValue(fields, zone, 1, true)) ?? 0;
  if (after > before) {
    const moved = wallMicros(fields) + BigInt(fold === 1 ? after - before : before - after) * MICROS_PER_SECOND;
    return new DateTimeValue(fieldsOf(moved), zone, fold, true);
  }
  return new DateTimeValue(fields, zone, fold, true);
}

/** An instant in a zone. */
export function fromUtcMicros(micros: bigint, zone: ZoneValue, pendulum: boolean): DateTimeValue {
  const offset = zone.rules.offset(micros);
  const fields = fieldsOf(micros + BigInt(offset) * MICROS_PER_SECOND);
  const early = new DateTimeValue(fields, zone, 0, pendulum);
  return offsetOf(early) === offset ? early : new DateTimeValue(fields, zone, 1, pendulum);
}

/** The same instant in another zone; a naive value is taken as local to it. */
export function inZone(value: DateTimeValue, zone: ZoneValue): DateTimeValue {
  if (value.zone === null) return createPendulum(value, zone, 1);
  return fromUtcMicros(utcMicros(value), zone, value.pendulum);
}

/** Moves wall-clock fields by years and months, cutting the day to the month's length. */
function shiftMonths(fields: Fields, years: number, months: number): Fields {
  const count = (fields.year + years) * 12 + fields.month - 1 + months;
  const year = Math.floor(count / 12);
  const month = (((count % 12) + 12) % 12) + 1;
  if (year < 1 || year > 9999) raise("ValueError", `year ${year} is out of range`);
  return { ...plainFields(fields), year, month, day: Math.min(fields.day, daysInMonth(year, month)) };
}

export function plainFields({ year, month, day, hour, minute, second, microsecond }: Fields): Fields {
  return { year, month, day, hour, minute, second, microsecond };
}

/** pendulum's add(): years to days move the wall clock, hours and below move the instant. */
export function shiftPendulum(value: DateTimeValue, shift: Shift): DateTimeValue {
  const { years = 0, months = 0, days = 0, micros = 0n } = shift;
  if (years !== 0 || months !== 0 || days !== 0 || value.zone === null) {
    const moved = shiftMonths(value, years, months);
    const fields = fieldsOf(wallMicros(moved) + BigInt(days) * MICROS_PER_DAY + micros);
    return createPendulum(fields, value.zone);
  }
  return fromUtcMicros(utcMicros(value) + micros, value.zone, true);
}

/** Moves a date by whole units. */
export function shiftDate(value: DateValue, years: number, months: number, days: number): DateValue {
  const fields = shiftMonths(
    { year: value.year, month: value.month, day: value.day, hour: 0, minute: 0, second: 0, microsecond: 0 },
    years,
    months,
  );
  const moved = civilFromDays(daysFromCivil(fields.year, fields.month, fields.day) + days);
  return new DateValue(moved.year, moved.month, moved.day, value.pendulum);
}

/** date + sign * delta. */
export function addDelta(value: DateTimeValue | DateValue, delta: DeltaValue, sign: 1 | -1): DateTimeValue | DateValue {
  const micros = sign === 1 ? delta.micros : -delta.micros;
  if (value instanceof DateValue) return shiftDate(value, 0, 0, sign * Number(deltaParts(delta.micros).days));
  if (!value.pendulum) return new DateTimeValue(fieldsOf(wallMicros(value) + micros), value.zone, 0, false);
  return shiftPendulum(value, { micros });
}

/** date + sign * relativedelta: its absolute fields first, then months, then the rest. */
export function addRelative(value: DateTimeValue | DateValue, delta: RelativeDelta, sign: 1 | -1): DateTimeValue | DateValue {
  const { absolute } = delta;
  const r = delta.relative;
  const isDate = value instanceof DateValue;
  const base: Fields = isDate
    ? { year: value.year, month: value.month, day: value.day, hour: 0, minute: 0, second: 0, microsecond: 0 }
    : plainFields(value);
  if (isDate && (r.hours || r.minutes || r.seconds || r.microseconds)) raise("TypeError", "a date takes no hours, minutes or seconds");
  const set = { ...base, ...absolute, day: base.day };
  const moved = shiftMonths({ ...set, day: 1 }, sign * r.years, sign * r.months);
  const day = Math.min(daysInMonth(moved.year, moved.month), absolute.day ?? base.day);
  const micros =
    BigInt(sign) *
    (BigInt(r.days) * MICROS_PER_DAY + BigInt((r.hours * 60 + r.minutes) * 60 + r.seconds) * MICROS_PER_SECOND + BigInt(r.microseconds));
  const fields = checkFields({ ...moved, day });
  if (isDate) return addDelta(new DateValue(fields.year, fields.month, fields.day, value.pendulum), new DeltaValue(micros), 1);
  const replaced = value.pendulum
    ? createPendulum(fields, value.zone, value.fold)
    : new DateTimeValue(fields, value.zone, value.fold, false);
  return addDelta(replaced, new DeltaValue(micros), 1);
}

/** left - right of two dates, or of two dates with times. */
export function subtractTimes(left: DateTimeValue | DateValue, right: DateTimeValue | DateValue): DeltaValue {
  if (left instanceof DateValue && right instanceof DateValue) {
    const days = daysFromCivil(left.year, left.month, left.day) - daysFromCivil(right.year, right.month, right.day);
    const micros = BigInt(days) * MICROS_PER_DAY;
    return left.pendulum || right.pendulum
      ? new DeltaValue(micros, "interval", { start: asPendulum(right), end: asPendulum(left) })
      : new DeltaValue(micros);
  }
  if (left instanceof DateValue || right instanceof DateValue)
    return raise("TypeError", "a date and a datetime cannot be subtracted: use .date() on the latter");
  if ((left.zone === null) !== (right.zone === null)) raise("TypeError", "can't subtract offset-naive and offset-aware datetimes");
  const micros = utcMicros(left) - utcMicros(right);
  if (!left.pendulum && !right.pendulum) return new DeltaValue(left.zone === right.zone ? wallMicros(left) - wallMicros(right) : micros);
  return new DeltaValue(micros, "interval", { start: asPendulum(right), end: asPendulum(left) });
}

/** A time of day moved by microseconds, around midnight too. */
export function shiftClock(value: TimeValue, micros: bigint): TimeValue {
  const { hour, minute, second, microsecond } = fieldsOf(clockMicros(value) + micros);
  return new TimeValue(hour, minute, second, microsecond, value.pendulum);
}

function clockMicros(value: TimeValue): bigint {
  return wallMicros({ ...value, year: 2000, month: 1, day: 1 });
}

/** pendulum.Time plus or minus a duration below a day, or minus another time. */
export function computeClock(value: TimeValue, other: DeltaValue | TimeValue, sign: 1 | -1): TimeValue | DeltaValue | undefined {
  if (!value.pendulum) return undefined;
  if (other instanceof TimeValue) return sign === -1 ? new DeltaValue(clockMicros(value) - clockMicros(other), "duration") : undefined;
  const days = other.kind === "timedelta" ? deltaParts(other.micros).days : other.micros / MICROS_PER_DAY;
  if (days !== 0n) raise("TypeError", "a time of day takes no whole days");
  return shiftClock(value, BigInt(sign) * other.micros);
}

/** pendulum.instance() of a date or datetime. */
export function asPendulum<T extends DateTimeValue | DateValue>(value: T): T {
  if (value.pendulum) return value;
  const made =
    value instanceof DateTimeValue
      ? new DateTimeValue(value, value.zone, value.fold, true)
      : new DateValue(value.year, value.month, value.day, true);
  return made as T;
}
