/** Attributes and methods of dates, times, durations and zones: datetime's, and pendulum's on top. */
import { define, wantInteger, wantNumber, wantText } from "./arguments.ts";
import {
  dayOfYear,
  daysInMonth,
  isLeapYear,
  isoCalendar,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  offsetOf,
  utcMicros,
  weekday,
} from "./calendar.ts";
import {
  asPendulum,
  checkFields,
  createPendulum,
  fromUtcMicros,
  inZone,
  plainFields,
  shiftClock,
  shiftDate,
  shiftPendulum,
  subtractTimes,
} from "./date-arithmetic.ts";
import { microsOf } from "./delta.ts";
import { raise } from "./error.ts";
import { isText, textOf } from "./kind.ts";
import { formatTokens } from "./pendulum-format.ts";
import { endOf, startOf, stepToWeekday } from "./pendulum-periods.ts";
import { monthsBetween, preciseDifference } from "./precise.ts";
import { formatTime } from "./strftime.ts";
import { clockText, dateText, deltaParts, durationParts, isoText, offsetText, timeText, unitWords } from "./time-text.ts";
import { type AbsoluteUnit, DateTimeValue, DateValue, DeltaValue, type RelativeDelta, TimeValue, ZoneValue } from "./time-types.ts";
import { Callable, Tuple, type Value } from "./types.ts";
import { zoneByName } from "./zones.ts";

const SECOND = 1_000_000n;

const dateFields = ["year", "month", "day"] as const;
const clockFields = ["hour", "minute", "second", "microsecond"] as const;
const pendulumShift = ["years?", "months?", "weeks?", "days?", "hours?", "minutes?", "seconds?", "microseconds?"];

function isIn<T extends string>(name: string, list: readonly T[]): name is T {
  return (list as readonly string[]).includes(name);
}

/** An attribute or bound method; undefined when there is none of that name. */
export function timeAttribute(
  value: DateTimeValue | DateValue | TimeValue | DeltaValue | RelativeDelta | ZoneValue,
  name: string,
): Value | undefined {
  if (value instanceof DateTimeValue) return dateTimeAttribute(value, name);
  if (value instanceof DateValue) return dateAttribute(value, name);
  if (value instanceof TimeValue) return clockAttribute(value, name);
  if (value instanceof DeltaValue) return deltaAttribute(value, name);
  if (value instanceof ZoneValue) return name === "name" || name === "key" || name === "zone" ? value.rules.name : undefined;
  const relative: { readonly [unit: string]: number } = value.relative;
  const absolute: { readonly [unit: string]: number | undefined } = value.absolute;
  if (name in relative) return BigInt(relative[name] ?? 0);
  return isIn(name, [...dateFields, ...clockFields]) ? toIntegerOrNone(absolute[name]) : undefined;
}

function toIntegerOrNone(value: number | undefined): Value {
  return value === undefined ? null : BigInt(value);
}

/** A zone given by name or object. */
export function wantZone(value: Value | undefined): ZoneValue {
  if (value instanceof ZoneValue) return value;
  if (value !== undefined && value !== null && isText(value)) return zoneByName(textOf(value));
  return raise("TypeError", "a time zone is a name like 'Europe/Moscow', or the zone of another date");
}

function noClock(what: string): never {
  return raise("Refused", `${what} depends on the time of day, so that every run would differ: give it a date to compare with`);
}

// What dates and datetimes share; `replace` and the like differ.
function calendarAttribute(value: DateTimeValue | DateValue, name: string): Value | undefined {
  const { year, month, day } = value;
  if (isIn(name, dateFields)) return BigInt(value[name]);
  const iso = () => isoCalendar(year, month, day);
  const method = (call: () => Value) => define(name, [], call);
  switch (name) {
    case "weekday":
      return method(() => BigInt(weekday(year, month, day)));
    case "isoweekday":
      return method(() => BigInt(weekday(year, month, day) + 1));
    case "isocalendar":
      return method(() => {
        const { year: isoYear, week, weekday: isoDay } = iso();
        return new Tuple([BigInt(isoYear), BigInt(week), BigInt(isoDay)], ["year", "week", "weekday"], "datetime.IsoCalendarDate");
      });
    case "toordinal":
      return method(
        () =>
          utcMicros(new DateTimeValue({ year, month, day, hour: 0, minute: 0, second: 0, microsecond: 0 }, null, 0, false)) /
            MICROS_PER_DAY +
          719163n,
      );
    case "strftime":
      return define(name, ["format"], (format) => formatTime(value, wantText(format, "the format")));
    case "ctime":
      return method(() => formatTime(value, "%a %b %e %H:%M:%S %Y"));
    default:
      return value.pendulum ? pendulumCalendarAttribute(value, name) : undefined;
  }
}

function pendulumCalendarAttribute(value: DateTimeValue | DateValue, name: string): Value | undefined {
  const { year, month, day } = value;
  switch (name) {
    case "day_of_week":
      return BigInt(weekday(year, month, day));
    case "day_of_year":
      return BigInt(dayOfYear(year, month, day));
    case "week_of_year":
      return BigInt(isoCalendar(year, month, day).week);
    case "week_of_month":
      return BigInt(Math.ceil((day + weekday(year, month, 1)) / 7));
    case "days_in_month":
      return BigInt(daysInMonth(year, month));
    case "quarter":
      return BigInt(Math.ceil(month / 3));
    case "is_leap_year":
      return define(name, [], () => isLeapYear(year));
    case "is_long_year":
      return define(name, [], () => isoCalendar(year, 12, 28).week === 53);
    case "to_date_string":
      return define(name, [], () => formatTime(value, "%Y-%m-%d"));
    case "to_formatted_date_string":
      return define(name, [], () => formatTime(value, "%b %d, %Y"));
    case "format":
      return define(name, ["fmt", "locale?"], (pattern, locale) => {
        if (locale !== undefined && locale !== null && !["en", "en_US", "en-us"].includes(wantText(locale, "the locale"))) {
          raise("Refused", "a local run formats dates in English only");
        }
        return formatTokens(value, wantText(pattern, "the format"));
      });
    case "start_of":
      return define(name, ["unit"], (unit) => startOf(value, wantText(unit, "the unit")));
    case "end_of":
      return define(name, ["unit"], (unit) => endOf(value, wantText(unit, "the unit")));
    case "next":
    case "previous":
      return define(name, ["day_of_week?", "keep_time?"], (wanted, keep) =>
        stepToWeekday(
          value,
          wanted === undefined || wanted === null ? undefined : wantInteger(wanted, "the day of the week"),
          name === "next" ? 1 : -1,
          keep === true,
        ),
      );
    case "is_anniversary":
    case "is_birthday":
      return define(name, ["dt?"], (other) =>
        isDate(other) ? other.month === month && other.day === day : noClock(`${name}() without a date`),
      );
    case "age":
    case "is_future":
    case "is_past":
      return noClock(`.${name}`);
    case "diff":
      return define(name, ["dt?", "abs?"], (other, absolute) => difference(value, other, absolute));
    default:
      return undefined;
  }
}

function isDate(value: Value | undefined): value is DateTimeValue | DateValue {
  return value instanceof DateTimeValue || value instanceof DateValue;
}

function difference(value: DateTimeValue | DateValue, other: Value | undefined, absolute: Value | undefined): DeltaValue {
  if (!isDate(other)) return noClock("diff() without a date");
  const delta = subtractTimes(asPendulum(other), asPendulum(value));
  return absolute !== false && delta.micros < 0n ? subtractTimes(asPendulum(value), asPendulum(other)) : delta;
}

/** The named fields that a call replaces. */
function replaced<F extends string>(names: readonly F[], bound: readonly (Value | undefined)[]): { [field in F]?: number } {
  const fields: { [field in F]?: number } = {};
  names.forEach((field, index) => {
    const value = bound[index];
    if (value !== undefined && value !== null) fields[field] = wantInteger(value, field);
  });
  return fields;
}

function dateAttribute(value: DateValue, name: string): Value | undefined {
  switch (name) {
    case "isoformat":
      return define(name, [], () => dateText(value));
    case "replace":
    case "set":
      return define(name, ["year?", "month?", "day?"], (...bound) => {
        const fields = { ...value, ...replaced(dateFields, bound) };
        checkFields({ ...fields, hour: 0, minute: 0, second: 0, microsecond: 0 });
        return new DateValue(fields.year, fields.month, fields.day, value.pendulum);
      });
    case "add":
    case "subtract": {
      if (!value.pendulum) return undefined;
      const sign = name === "add" ? 1 : -1;
      return define(name, ["years?", "months?", "weeks?", "days?"], (years, months, weeks, days) =>
        shiftDate(
          value,
          sign * wantInteger(years, "years", 0),
          sign * wantInteger(months, "months", 0),
          sign * (7 * wantInteger(weeks, "weeks", 0) + wantInteger(days, "days", 0)),
        ),
      );
    }
    default:
      return calendarAttribute(value, name);
  }
}

function clockAttribute(value: TimeValue, name: string): Value | undefined {
  if (isIn(name, clockFields)) return BigInt(value[name]);
  if (name === "tzinfo") return null;
  if (value.pendulum && (name === "add" || name === "subtract")) return shiftClockMethod(value, name);
  if (name === "tzname" || name === "utcoffset" || name === "dst") return define(name, [], () => null);
  if (name === "isoformat") return define(name, [], () => clockText(value));
  if (name === "strftime") return define(name, ["format"], (format) => formatTime(value, wantText(format, "the format")));
  if (name === "replace") {
    return define(
      name,
      clockFields.map((field) => `${field}?`),
      (...bound) => {
        const fields = { ...value, ...replaced(clockFields, bound) };
        checkFields({ ...fields, year: 1, month: 1, day: 1 });
        return new TimeValue(fields.hour, fields.minute, fields.second, fields.microsecond, value.pendulum);
      },
    );
  }
  return undefined;
}

function shiftClockMethod(value: TimeValue, name: "add" | "subtract"): Callable {
  return define(name, ["hours?", "minutes?", "seconds?", "microseconds?"], (...bound) => {
    const [hours = 0, minutes = 0, seconds = 0, microseconds = 0] = clockFields.map((field, index) => wantInteger(bound[index], field, 0));
    const shift = BigInt(hours * 3600 + minutes * 60 + seconds) * SECOND + BigInt(microseconds);
    return shiftClock(value, name === "add" ? shift : -shift);
  });
}

function dateTimeAttribute(value: DateTimeValue, name: string): Value | undefined {
  if (isIn(name, clockFields)) return BigInt(value[name]);
  const method = (call: () => Value) => define(name, [], call);
  switch (name) {
    case "fold":
      return BigInt(value.fold);
    case "tzinfo":
      return value.zone;
    case "isoformat":
      return define(name, ["sep?", "timespec?"], (separator, timespec) =>
        isoWith(value, separator === undefined ? "T" : wantText(separator, "sep"), timespec),
      );
    case "date":
      return method(() => new DateValue(value.year, value.month, value.day, value.pendulum));
    case "time":
      return method(() => new TimeValue(value.hour, value.minute, value.second, value.microsecond, value.pendulum));
    case "timestamp":
      return method(() => timestamp(value));
    case "utcoffset":
      return method(() => (value.zone === null ? null : new DeltaValue(BigInt(offsetOf(value) ?? 0) * SECOND)));
    case "dst":
      return method(() => (value.zone === null ? null : new DeltaValue(BigInt(value.zone.rules.dst(utcMicros(value))) * SECOND)));
    case "tzname":
      return method(() => value.zone?.rules.abbreviation(utcMicros(value)) ?? null);
    case "astimezone":
      return define(name, ["tz?"], (zone) => {
        if (zone === undefined || zone === null) return noMachineZone("astimezone()");
        if (value.zone === null) return noMachineZone("astimezone() of a naive date");
        return fromUtcMicros(utcMicros(value), wantZone(zone), value.pendulum);
      });
    case "replace":
      return replaceMethod(value, name);
    default:
      return (value.pendulum ? pendulumAttribute(value, name) : undefined) ?? calendarAttribute(value, name);
  }
}

function noMachineZone(what: string): never {
  return raise("Refused", `${what} depends on the machine's time zone: name the zone`);
}

function timestamp(value: DateTimeValue): number {
  if (value.zone === null) return noMachineZone("timestamp() of a naive date");
  return Number(utcMicros(value)) / 1e6;
}

function isoWith(value: DateTimeValue, separator: string, timespec: Value | undefined): string {
  if (timespec === undefined || timespec === "auto") return isoText(value, separator);
  const lengths: { readonly [spec: string]: number } = { hours: 2, minutes: 5, seconds: 8, milliseconds: 12, microseconds: 15 };
  const length = lengths[wantText(timespec, "timespec")];
  if (length === undefined) return raise("ValueError", "Unknown timespec value");
  const clock = `${clockText({ ...value, microsecond: 0 })}.${String(value.microsecond).padStart(6, "0")}`.slice(0, length);
  const offset = offsetOf(value);
  return `${dateText(value)}${separator}${clock}${offset === undefined ? "" : offsetText(offset)}`;
}

function replaceMethod(value: DateTimeValue, name: string): Callable {
  const names = [...dateFields, ...clockFields];
  return define(name, [...names.map((field) => `${field}?`), "tzinfo?", "*", "fold?"], (...bound) => {
    const fields = { ...plainFields(value), ...replaced(names, bound) };
    checkFields(fields);
    const zoneGiven = bound[7];
    const zone = zoneGiven === undefined ? value.zone : zoneGiven === null ? null : wantZone(zoneGiven);
    const fold = wantInteger(bound[8], "fold", value.fold);
    return value.pendulum ? createPendulum(fields, zone, fold) : new DateTimeValue(fields, zone, fold, false);
  });
}

function setFields(value: DateTimeValue, fields: { readonly [field in AbsoluteUnit]?: number }, zone: ZoneValue | null): DateTimeValue {
  return createPendulum({ ...plainFields(value), ...fields }, zone, value.fold);
}

function shiftMethod(value: DateTimeValue, name: string, sign: 1 | -1): Callable {
  return define(name, pendulumShift, (years, months, weeks, days, hours, minutes, seconds, microseconds) => {
    const micros =
      BigInt(wantInteger(hours, "hours", 0) * 3600 + wantInteger(minutes, "minutes", 0) * 60) * SECOND +
      microsOf((seconds ?? 0n) as bigint | number, SECOND) +
      BigInt(wantInteger(microseconds, "microseconds", 0));
    wantNumber(seconds, "seconds", 0);
    return shiftPendulum(value, {
      years: sign * wantInteger(years, "years", 0),
      months: sign * wantInteger(months, "months", 0),
      days: sign * (wantInteger(weeks, "weeks", 0) * 7 + wantInteger(days, "days", 0)),
      micros: BigInt(sign) * micros,
    });
  });
}

const stringFormats: { readonly [method: string]: string } = {
  to_time_string: "HH:mm:ss",
  to_datetime_string: "YYYY-MM-DD HH:mm:ss",
  to_day_datetime_string: "ddd, MMM D, YYYY h:mm A",
  to_atom_string: "YYYY-MM-DDTHH:mm:ssZ",
  to_cookie_string: "dddd, DD-MMM-YYYY HH:mm:ss zz",
  to_rfc822_string: "ddd, DD MMM YY HH:mm:ss ZZ",
  to_rfc850_string: "dddd, DD-MMM-YY HH:mm:ss zz",
  to_rfc1036_string: "ddd, DD MMM YY HH:mm:ss ZZ",
  to_rfc1123_string: "ddd, DD MMM YYYY HH:mm:ss ZZ",
  to_rfc2822_string: "ddd, DD MMM YYYY HH:mm:ss ZZ",
  to_rss_string: "ddd, DD MMM YYYY HH:mm:ss ZZ",
  to_w3c_string: "YYYY-MM-DDTHH:mm:ssZ",
};

function pendulumAttribute(value: DateTimeValue, name: string): Value | undefined {
  const method = (call: () => Value) => define(name, [], call);
  const pattern = stringFormats[name];
  if (pattern !== undefined) return method(() => formatTokens(value, pattern));
  const offset = offsetOf(value);
  switch (name) {
    case "tz":
    case "timezone":
      return value.zone;
    case "timezone_name":
      return value.zone?.rules.name ?? null;
    case "offset":
      return toIntegerOrNone(offset);
    case "offset_hours":
      return offset === undefined ? null : offset / 3600;
    case "get_offset":
      return method(() => toIntegerOrNone(offset));
    case "is_utc":
      return method(() => offset === 0);
    case "is_dst":
      return method(() => (value.zone?.rules.dst(utcMicros(value)) ?? 0) !== 0);
    case "int_timestamp":
      return (utcMicros(value) - BigInt(value.microsecond)) / MICROS_PER_SECOND;
    case "float_timestamp":
      return timestamp(value);
    case "naive":
      return method(() => new DateTimeValue(value, null, 0, true));
    case "in_timezone":
    case "in_tz":
      return define(name, ["tz"], (zone) => inZone(value, wantZone(zone)));
    case "add":
      return shiftMethod(value, name, 1);
    case "subtract":
      return shiftMethod(value, name, -1);
    case "set": {
      const names = [...dateFields, ...clockFields];
      return define(name, [...names.map((field) => `${field}?`), "tz?"], (...bound) =>
        setFields(value, replaced(names, bound), bound[7] === undefined || bound[7] === null ? value.zone : wantZone(bound[7])),
      );
    }
    case "on":
      return define(name, ["year", "month", "day"], (...bound) => setFields(value, replaced(dateFields, bound), value.zone));
    case "at":
      return define(name, ["hour", "minute?", "second?", "microsecond?"], (...bound) =>
        setFields(value, { minute: 0, second: 0, microsecond: 0, ...replaced(clockFields, bound) }, value.zone),
      );
    case "to_iso8601_string":
      return method(() => (value.zone?.rules.name === "UTC" ? isoText(value).replace("+00:00", "Z") : isoText(value)));
    case "to_rfc3339_string":
      return method(() => isoText(value));
    case "is_same_day":
      return define(name, ["dt"], (other) => isDate(other) && dateText(other) === dateText(value));
    case "diff_for_humans":
      return raise("Refused", "diff_for_humans() is not available in a local run");
    default:
      return undefined;
  }
}

function deltaAttribute(value: DeltaValue, name: string): Value | undefined {
  const total = () => Number(value.micros) / 1e6;
  const method = (call: () => Value) => define(name, [], call);
  if (name === "total_seconds") return method(total);
  if (value.kind === "timedelta") {
    const parts = deltaParts(value.micros);
    if (name === "days") return parts.days;
    return name === "seconds" || name === "microseconds" ? BigInt(parts[name]) : undefined;
  }
  const parts = durationParts(value.micros);
  const integer = (number: number) => BigInt(Math.trunc(number));
  const intervalPart = value.between === null ? undefined : intervalAttribute(value, value.between, name);
  if (intervalPart !== undefined) return intervalPart;
  switch (name) {
    case "years":
    case "months":
      return 0n;
    case "weeks":
    case "days":
    case "hours":
    case "minutes":
    case "seconds":
    case "microseconds":
      return BigInt(parts[name]);
    case "remaining_days":
      return BigInt(parts.remainingDays);
    case "remaining_seconds":
      return BigInt(parts.remainingSeconds);
    case "total_minutes":
      return method(() => total() / 60);
    case "total_hours":
      return method(() => total() / 3600);
    case "total_days":
      return method(() => total() / 86400);
    case "total_weeks":
      return method(() => total() / 86400 / 7);
    case "in_seconds":
      return method(() => integer(total()));
    case "in_minutes":
      return method(() => integer(total() / 60));
    case "in_hours":
      return method(() => integer(total() / 3600));
    case "in_days":
      return method(() => integer(total() / 86400));
    case "in_weeks":
      return method(() => integer(total() / 86400 / 7));
    case "in_words":
      return define(name, ["locale?", "separator?"], () => timeText(value));
    case "invert":
      return value.micros < 0n;
    case "as_timedelta":
      return method(() => new DeltaValue(value.micros));
    default:
      return undefined;
  }
}

function intervalAttribute(value: DeltaValue, between: NonNullable<DeltaValue["between"]>, name: string): Value | undefined {
  const { start, end } = between;
  const precise = () => preciseDifference(start, end);
  switch (name) {
    case "start":
      return start;
    case "end":
      return end;
    case "years":
    case "months":
    case "hours":
    case "minutes":
      return BigInt(precise()[name]);
    case "weeks":
      return BigInt(Math.trunc(precise().days / 7));
    case "remaining_days":
      return BigInt(precise().days % 7);
    case "in_years":
      return define(name, [], () => BigInt(precise().years));
    case "in_months":
      return define(name, [], () => BigInt(monthsBetween(start, end)));
    case "in_words":
      return define(name, ["locale?", "separator?"], (_, separator) => {
        const parts = precise();
        const units = [
          ["year", parts.years],
          ["month", parts.months],
          ["week", Math.trunc(parts.days / 7)],
          ["day", parts.days % 7],
          ["hour", parts.hours],
          ["minute", parts.minutes],
          ["second", durationParts(value.micros).remainingSeconds],
        ] as const;
        return unitWords(
          units,
          durationParts(value.micros).microseconds,
          separator === undefined ? " " : wantText(separator, "the separator"),
        );
      });
    case "as_duration":
      return define(name, [], () => new DeltaValue(value.micros, "duration"));
    case "as_interval":
      return define(name, [], () => value);
    case "range":
      return define(name, ["unit", "amount?"], (unit, amount) =>
        intervalRange(start, end, wantText(unit, "the unit"), wantInteger(amount, "the amount", 1)),
      );
    default:
      return undefined;
  }
}

/** A list of dates from start to end, `amount` units apart. */
function intervalRange(start: DateTimeValue | DateValue, end: DateTimeValue | DateValue, unit: string, amount: number): Value {
  if (amount <= 0) raise("Refused", "range() of an interval takes a positive amount");
  const items: Value[] = [];
  const backwards = subtractTimes(end, start).micros < 0n;
  for (let i = 0; ; i += amount) {
    const shift = timeAttribute(start, backwards ? "subtract" : "add");
    const next = shift instanceof Callable ? shift.call([], new Map<string, Value>([[unit, BigInt(i)]])) : null;
    if (!isDate(next)) return items;
    const left = subtractTimes(end, next).micros;
    if (backwards ? left > 0n : left < 0n) return items;
    items.push(next);
    if (items.length > 100_000) raise("Refused", "a range of more than 100000 dates");
  }
}
