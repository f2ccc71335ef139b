/** pendulum's start_of, end_of, next and previous. */
import { daysInMonth, weekday } from "./calendar.ts";
import { createPendulum, plainFields, shiftDate, shiftPendulum } from "./date-arithmetic.ts";
import { raise } from "./error.ts";
import { DateTimeValue, DateValue } from "./time-types.ts";

type Day = DateTimeValue | DateValue;
const clockUnits = ["second", "minute", "hour"];
const dayUnits = ["day", "week", "month", "year", "decade", "century"];

function withDate<T extends Day>(value: T, year: number, month: number, day: number): T {
  const moved =
    value instanceof DateTimeValue
      ? createPendulum({ ...plainFields(value), year, month, day }, value.zone, value.fold)
      : new DateValue(year, month, day, true);
  return moved as T;
}

function shiftDays<T extends Day>(value: T, days: number): T {
  const moved = value instanceof DateTimeValue ? shiftPendulum(value, { days }) : shiftDate(value, 0, 0, days);
  return moved as T;
}

/** Sets the clock to its lowest or highest below `unit`. */
function setClock<T extends Day>(value: T, unit: string, highest: boolean): T {
  if (!(value instanceof DateTimeValue)) return value;
  const kept = clockUnits.indexOf(unit);
  const fields = plainFields(value);
  const clock = {
    hour: kept >= 0 ? fields.hour : highest ? 23 : 0,
    minute: kept >= 0 && kept < 2 ? fields.minute : highest ? 59 : 0,
    second: kept === 0 ? fields.second : highest ? 59 : 0,
    microsecond: highest ? 999_999 : 0,
  };
  return createPendulum({ ...fields, ...clock }, value.zone, value.fold) as Day as T;
}

function checkUnit(value: Day, unit: string): void {
  const units = value instanceof DateTimeValue ? [...clockUnits, ...dayUnits] : dayUnits;
  if (!units.includes(unit)) raise("ValueError", `"${unit}" is not a valid unit for start_of() or end_of(): there are ${units.join(", ")}`);
}

/** The first moment of the unit that a date lies in. */
export function startOf<T extends Day>(value: T, unit: string): T {
  checkUnit(value, unit);
  const start = setClock(value, unit, false);
  const { year, month, day } = value;
  switch (unit) {
    case "week":
      return shiftDays(start, -weekday(year, month, day));
    case "month":
      return withDate(start, year, month, 1);
    case "year":
      return withDate(start, year, 1, 1);
    case "decade":
      return withDate(start, year - (year % 10), 1, 1);
    case "century":
      return withDate(start, year - 1 - ((year - 1) % 100) + 1, 1, 1);
    default:
      return start;
  }
}

/** The last moment of the unit that a date lies in. */
export function endOf<T extends Day>(value: T, unit: string): T {
  checkUnit(value, unit);
  const end = setClock(value, unit, true);
  const { year, month, day } = value;
  switch (unit) {
    case "week":
      return shiftDays(end, 6 - weekday(year, month, day));
    case "month":
      return withDate(end, year, month, daysInMonth(year, month));
    case "year":
      return withDate(end, year, 12, 31);
    case "decade":
      return withDate(end, year - (year % 10) + 9, 12, 31);
    case "century":
      return withDate(end, year - 1 - ((year - 1) % 100) + 100, 12, 31);
    default:
      return end;
  }
}

/** The next or previous such weekday (Monday is 0), by default the own; at midnight unless the time is kept. */
export function stepToWeekday<T extends Day>(value: T, wanted: number | undefined, direction: 1 | -1, keepTime: boolean): T {
  const own = weekday(value.year, value.month, value.day);
  const goal = wanted ?? own;
  if (goal < 0 || goal > 6) raise("ValueError", "Invalid day of week: Monday is 0, Sunday is 6");
  const steps = (((goal - own) * direction + 6) % 7) + 1;
  const start = keepTime ? value : startOf(value, "day");
  return shiftDays(start, steps * direction);
}
