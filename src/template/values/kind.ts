/** Names of Python's types, for messages, and what is iterable or has a length. */
import { Dict, DictView } from "./dict.ts";
import { DateTimeValue, DateValue, DeltaValue, RelativeDelta, TimeValue, ZoneValue } from "./time-types.ts";
import { Callable, Generator_, HostObject, Markup, Range, Slice, Tuple, Undefined, type Value } from "./types.ts";

/** `type(value).__name__` in Python. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float";
  if (typeof value === "string") return "str";
  if (Array.isArray(value)) return "list";
  if (value instanceof Markup) return "Markup";
  if (value instanceof Tuple) return value.label === "" ? "tuple" : value.label;
  if (value instanceof Dict) return "dict";
  if (value instanceof DictView) return `dict_${value.part}`;
  if (value instanceof Range) return "range";
  if (value instanceof Generator_) return value.name;
  if (value instanceof Callable) return "function";
  if (value instanceof HostObject) return value.type;
  if (value instanceof Slice) return "slice";
  if (value instanceof Undefined) return "StrictUndefined";
  if (value instanceof DateTimeValue) return value.pendulum ? "DateTime" : "datetime";
  if (value instanceof DateValue) return value.pendulum ? "Date" : "date";
  if (value instanceof TimeValue) return value.pendulum ? "Time" : "time";
  if (value instanceof DeltaValue) return { timedelta: "timedelta", duration: "Duration", interval: "Interval" }[value.kind];
  if (value instanceof RelativeDelta) return "relativedelta";
  if (value instanceof ZoneValue) return "Timezone";
  return value satisfies never;
}

/** True for str and Markup. */
export function isText(value: Value): value is string | Markup {
  return typeof value === "string" || value instanceof Markup;
}

/** The text of a str or Markup. */
export function textOf(value: string | Markup): string {
  return typeof value === "string" ? value : value.text;
}

/** True for int, float and bool. */
export function isNumber(value: Value): value is bigint | number | boolean {
  return typeof value === "bigint" || typeof value === "number" || typeof value === "boolean";
}
