/** Python's and pendulum's dates, times and durations, as plain immutable values. */

/** A time zone. `micros` are of UTC since 1970; `seconds` east of Greenwich. */
export interface ZoneRules {
  readonly name: string;
  offset(micros: bigint): number;
  abbreviation(micros: bigint): string;
  /** Seconds by which summer time differs. */
  dst(micros: bigint): number;
}

/** A tzinfo object. */
export class ZoneValue {
  readonly rules: ZoneRules;
  /** How repr() prints it. */
  readonly text: string;
  constructor(rules: ZoneRules, text: string) {
    this.rules = rules;
    this.text = text;
  }
}

export interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
}

/** datetime.datetime, or pendulum.DateTime when `pendulum`. Fields are local to `zone`; null is a naive one. */
export class DateTimeValue implements Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  readonly zone: ZoneValue | null;
  readonly fold: number;
  readonly pendulum: boolean;
  constructor(fields: Fields, zone: ZoneValue | null, fold: number, pendulum: boolean) {
    this.year = fields.year;
    this.month = fields.month;
    this.day = fields.day;
    this.hour = fields.hour;
    this.minute = fields.minute;
    this.second = fields.second;
    this.microsecond = fields.microsecond;
    this.zone = zone;
    this.fold = fold;
    this.pendulum = pendulum;
  }
}

/** datetime.date or pendulum.Date. */
export class DateValue {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly pendulum: boolean;
  constructor(year: number, month: number, day: number, pendulum: boolean) {
    this.year = year;
    this.month = month;
    this.day = day;
    this.pendulum = pendulum;
  }
}

/** datetime.time or pendulum.Time, always without a zone. */
export class TimeValue {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  readonly pendulum: boolean;
  constructor(hour: number, minute: number, second: number, microsecond: number, pendulum: boolean) {
    this.hour = hour;
    this.minute = minute;
    this.second = second;
    this.microsecond = microsecond;
    this.pendulum = pendulum;
  }
}

/** datetime.timedelta (`kind` timedelta), pendulum.Duration, or pendulum.Interval between `start` and `end`. */
export class DeltaValue {
  readonly micros: bigint;
  readonly kind: "timedelta" | "duration" | "interval";
  /** Of an interval. */
  readonly between: { readonly start: DateTimeValue | DateValue; readonly end: DateTimeValue | DateValue } | null;
  constructor(micros: bigint, kind: "timedelta" | "duration" | "interval" = "timedelta", between: DeltaValue["between"] = null) {
    this.micros = micros;
    this.kind = kind;
    this.between = between;
  }
}

export type RelativeUnit = "years" | "months" | "days" | "hours" | "minutes" | "seconds" | "microseconds";
export type AbsoluteUnit = "year" | "month" | "day" | "hour" | "minute" | "second" | "microsecond";

/** dateutil.relativedelta.relativedelta. */
export class RelativeDelta {
  readonly relative: { readonly [unit in RelativeUnit]: number };
  readonly absolute: { readonly [unit in AbsoluteUnit]?: number };
  constructor(relative: { readonly [unit in RelativeUnit]: number }, absolute: { readonly [unit in AbsoluteUnit]?: number }) {
    this.relative = relative;
    this.absolute = absolute;
  }
}
