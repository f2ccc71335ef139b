/** One text for all values that are one key of a dict: 1, 1.0 and True; equal tuples; equal instants. */

import { utcMicros } from "./calendar.ts";
import { raise } from "./error.ts";
import { floatAsInteger } from "./number.ts";
import { DateTimeValue, DateValue, DeltaValue, TimeValue } from "./time-types.ts";
import { Markup, Tuple, Undefined, type Value } from "./types.ts";

/** Throws TypeError for a list or dict, which cannot be keys. */
export function hashKey(value: Value): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "n1" : "n0";
  if (typeof value === "bigint") return `n${value}`;
  if (typeof value === "number") {
    const whole = floatAsInteger(value);
    return whole === undefined ? `f${value}` : `n${whole}`;
  }
  if (typeof value === "string") return `s${value}`;
  if (value instanceof Markup) return `s${value.text}`;
  if (value instanceof Tuple) return `t(${value.items.map((item) => JSON.stringify(hashKey(item))).join(",")})`;
  if (value instanceof DateTimeValue) return `${value.zone === null ? "naive" : "aware"}${utcMicros(value)}`;
  if (value instanceof DateValue) return `d${value.year}-${value.month}-${value.day}`;
  if (value instanceof TimeValue) return `h${value.hour}:${value.minute}:${value.second}.${value.microsecond}`;
  if (value instanceof DeltaValue) return `m${value.micros}`;
  if (value instanceof Undefined) return raise("UndefinedError", value.message);
  return raise("TypeError", `unhashable type: '${Array.isArray(value) ? "list" : value.constructor.name.toLowerCase()}'`);
}
