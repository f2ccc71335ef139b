/** str(), repr() and isoformat() of dates, times and durations. */
import { floorDivide, MICROS_PER_DAY, offsetOf } from "./calendar.ts";
import { DateTimeValue, DateValue, DeltaValue, type RelativeDelta, TimeValue, ZoneValue } from "./time-types.ts";

export function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

/** `+03:00`, `-05:30:15`. */
export function offsetText(seconds: number, separator = ":"): string {
  const whole = Math.abs(seconds);
  const rest = whole % 60 === 0 ? "" : `${separator}${pad(whole % 60)}`;
  return `${seconds < 0 ? "-" : "+"}${pad(Math.floor(whole / 3600))}${separator}${pad(Math.floor(whole / 60) % 60)}${rest}`;
}

export function dateText(value: { readonly year: number; readonly month: number; readonly day: number }): string {
  return `${pad(value.year, 4)}-${pad(value.month)}-${pad(value.day)}`;
}

export function clockText(value: {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
}): string {
  return `${pad(value.hour)}:${pad(value.minute)}:${pad(value.second)}${value.microsecond === 0 ? "" : `.${pad(value.microsecond, 6)}`}`;
}

/** datetime.isoformat(separator). */
export function isoText(value: DateTimeValue, separator = "T"): string {
  const offset = offsetOf(value);
  return `${dateText(value)}${separator}${clockText(value)}${offset === undefined ? "" : offsetText(offset)}`;
}

/** Days, seconds and microseconds as datetime.timedelta keeps them: only the days may be negative. */
export function deltaParts(micros: bigint): { days: bigint; seconds: number; microseconds: number } {
  const days = floorDivide(micros, MICROS_PER_DAY);
  const rest = Number(micros - days * MICROS_PER_DAY);
  return { days, seconds: Math.floor(rest / 1_000_000), microseconds: rest % 1_000_000 };
}

/** Parts of a pendulum.Duration: all of one sign. `days` are all days, `remainingDays` those beyond whole weeks. */
export function durationParts(micros: bigint) {
  const sign = micros < 0n ? -1 : 1;
  const size = micros < 0n ? -micros : micros;
  const days = Number(size / MICROS_PER_DAY);
  const rest = Number(size % MICROS_PER_DAY);
  const seconds = Math.floor(rest / 1_000_000);
  const signed = (value: number) => (value === 0 ? 0 : value * sign);
  return {
    weeks: signed(Math.floor(days / 7)),
    days: signed(days),
    remainingDays: signed(days % 7),
    hours: signed(Math.floor(seconds / 3600)),
    minutes: signed(Math.floor(seconds / 60) % 60),
    seconds: signed(seconds),
    remainingSeconds: signed(seconds % 60),
    microseconds: signed(rest % 1_000_000),
  };
}

/** `1 week 2 days`: pendulum's words in English. */
export function unitWords(parts: readonly (readonly [unit: string, count: number])[], microseconds: number, separator = " "): string {
  const words = parts.filter(([, count]) => count !== 0).map(([unit, count]) => `${count} ${unit}${Math.abs(count) === 1 ? "" : "s"}`);
  if (words.length > 0) return words.join(separator);
  return microseconds === 0 ? "0 microseconds" : `${(Math.abs(microseconds) / 1e6).toFixed(2)} seconds`;
}

function durationWords(micros: bigint): string {
  const parts = durationParts(micros);
  const units = [
    ["week", parts.weeks],
    ["day", parts.remainingDays],
    ["hour", parts.hours],
    ["minute", parts.minutes],
    ["second", parts.remainingSeconds],
  ] as const;
  return unitWords(units, parts.microseconds);
}

function timedeltaText(micros: bigint): string {
  const { days, seconds, microseconds } = deltaParts(micros);
  const clock = `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  const fraction = microseconds === 0 ? "" : `.${pad(microseconds, 6)}`;
  return `${days === 0n ? "" : `${days} day${days === 1n || days === -1n ? "" : "s"}, `}${clock}${fraction}`;
}

function deltaText(value: DeltaValue): string {
  if (value.kind === "timedelta") return timedeltaText(value.micros);
  return value.between === null ? durationWords(value.micros) : timeRepr(value);
}

export function timeText(value: DateTimeValue | DateValue | TimeValue | DeltaValue | RelativeDelta | ZoneValue): string {
  if (value instanceof DateTimeValue) return isoText(value, " ");
  if (value instanceof DateValue) return dateText(value);
  if (value instanceof TimeValue) return clockText(value);
  if (value instanceof DeltaValue) return deltaText(value);
  return value instanceof ZoneValue ? value.rules.name : timeRepr(value);
}

export function timeRepr(value: DateTimeValue | DateValue | TimeValue | DeltaValue | RelativeDelta | ZoneValue): string {
  if (value instanceof DateTimeValue) return dateTimeRepr(value);
  if (value instanceof DateValue) return `${value.pendulum ? "Date" : "datetime.date"}(${value.year}, ${value.month}, ${value.day})`;
  if (value instanceof TimeValue) return clockRepr(value);
  if (value instanceof DeltaValue) return deltaRepr(value);
  return value instanceof ZoneValue ? value.text : relativeRepr(value);
}

function dateTimeRepr(value: DateTimeValue): string {
  const { year, month, day, hour, minute, second, microsecond } = value;
  const numbers = [year, month, day, hour, minute];
  if (value.pendulum || second !== 0 || microsecond !== 0) numbers.push(second);
  if (microsecond !== 0) numbers.push(microsecond);
  const fold = !value.pendulum && value.fold === 1 ? ", fold=1" : "";
  const zone = value.zone === null ? "" : `, tzinfo=${value.zone.text}`;
  return `${value.pendulum ? "DateTime" : "datetime.datetime"}(${numbers.join(", ")}${fold}${zone})`;
}

function clockRepr(value: TimeValue): string {
  const numbers = [value.hour, value.minute];
  if (value.pendulum || value.second !== 0 || value.microsecond !== 0) numbers.push(value.second);
  if (value.microsecond !== 0) numbers.push(value.microsecond);
  return `${value.pendulum ? "Time" : "datetime.time"}(${numbers.join(", ")})`;
}

function deltaRepr(value: DeltaValue): string {
  if (value.between !== null) return `<Interval [${timeText(value.between.start)} -> ${timeText(value.between.end)}]>`;
  if (value.kind === "timedelta") {
    const { days, seconds, microseconds } = deltaParts(value.micros);
    const parts = [
      days !== 0n && `days=${days}`,
      seconds !== 0 && `seconds=${seconds}`,
      microseconds !== 0 && `microseconds=${microseconds}`,
    ];
    return `datetime.timedelta(${parts.filter((part) => part !== false).join(", ") || "0"})`;
  }
  const parts = durationParts(value.micros);
  const shown = [
    parts.weeks !== 0 && `weeks=${parts.weeks}`,
    parts.days !== 0 && `days=${parts.remainingDays}`,
    parts.hours !== 0 && `hours=${parts.hours}`,
    parts.minutes !== 0 && `minutes=${parts.minutes}`,
    parts.remainingSeconds !== 0 && `seconds=${parts.remainingSeconds}`,
    parts.microseconds !== 0 && `microseconds=${parts.microseconds}`,
  ];
  return `Duration(${shown.filter((part) => part !== false).join(", ")})`;
}

function relativeRepr(value: RelativeDelta): string {
  const relative = Object.entries(value.relative)
    .filter(([, count]) => count !== 0)
    .map(([unit, count]) => `${unit}=${count < 0 ? "" : "+"}${count}`);
  const absolute = Object.entries(value.absolute).map(([unit, count]) => `${unit}=${count}`);
  return `relativedelta(${[...relative, ...absolute].join(", ")})`;
}
