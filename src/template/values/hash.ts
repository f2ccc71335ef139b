/** One text for all values that are one key of a dict: 1, 1.0 and True; equal tuples; equal instants. */

import { utcMicros } from "./calendar.ts";
import { raise } from "./error.ts";
import { countWork, limitText } from "./limits.ts";
import { floatAsInteger } from "./number.ts";
import { DateTimeValue, DateValue, DeltaValue, RelativeDelta, TimeValue, ZoneValue } from "./time-types.ts";
import { Callable, Generator_, HostObject, Markup, Range, Tuple, Undefined, type Value } from "./types.ts";

/** Throws TypeError for a list or dict, which cannot be keys. */
export function hashKey(value: Value): string {
  countWork();
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "n1" : "n0";
  if (typeof value === "bigint") return `n${value}`;
  if (typeof value === "number") {
    const whole = floatAsInteger(value);
    return whole === undefined ? `f${value}` : `n${whole}`;
  }
  if (typeof value === "string") return `s${value}`;
  if (value instanceof Markup) return `s${value.text}`;
  if (value instanceof Tuple) return hashTuple(value);
  if (value instanceof DateTimeValue) return `${value.zone === null ? "naive" : "aware"}${utcMicros(value)}`;
  if (value instanceof DateValue) return `d${value.year}-${value.month}-${value.day}`;
  if (value instanceof TimeValue) return `h${value.hour}:${value.minute}:${value.second}.${value.microsecond}`;
  if (value instanceof DeltaValue) return `m${value.micros}`;
  if (value instanceof RelativeDelta) return `r${JSON.stringify([value.relative, value.absolute])}`;
  if (value instanceof Undefined) return raise("UndefinedError", value.message);
  if (value instanceof Range) return `g${value.length}:${value.length > 0 ? value.start : ""}:${value.length > 1 ? value.step : ""}`;
  if (value instanceof HostObject || value instanceof Callable || value instanceof Generator_ || value instanceof ZoneValue)
    return identityOf(value);
  return raise("TypeError", `unhashable type: '${Array.isArray(value) ? "list" : value.constructor.name.toLowerCase()}'`);
}

/** Lengths keep the parts apart, whatever they hold. */
function hashTuple(value: Tuple): string {
  let key = "t";
  for (const item of value.items) {
    const part = hashKey(item);
    key += `${part.length}:${part}`;
    limitText(key.length);
  }
  return key;
}

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** Other objects are keys by being themselves. */
function identityOf(value: object): string {
  const known = identities.get(value);
  if (known !== undefined) return `o${known}`;
  lastIdentity += 1;
  identities.set(value, lastIdentity);
  return `o${lastIdentity}`;
}
