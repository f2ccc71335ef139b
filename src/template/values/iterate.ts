/** Iteration over what Python iterates. */
import { shiftDate, shiftPendulum, subtractTimes } from "./date-arithmetic.ts";
import { Dict, DictView } from "./dict.ts";
import { raise } from "./error.ts";
import { isText, textOf, typeName } from "./kind.ts";
import { countWork, limitItems } from "./limits.ts";
import { DateTimeValue, DeltaValue } from "./time-types.ts";
import { Generator_, Range, Tuple, Undefined, type Value } from "./types.ts";

/** The items of a value; TypeError with `otherwise` when it has none. A generator is used up. */
export function* iterate(value: Value, otherwise?: string): Generator<Value> {
  for (const item of itemsOf(value, otherwise)) {
    countWork();
    yield item;
  }
}

function* itemsOf(value: Value, otherwise?: string): Generator<Value> {
  if (Array.isArray(value)) yield* value;
  else if (value instanceof Tuple) yield* value.items;
  else if (isText(value)) yield* textOf(value);
  else if (value instanceof Dict) for (const [key] of value.entries()) yield key;
  else if (value instanceof DictView) yield* value.items();
  else if (value instanceof Range) for (let i = 0; i < value.length; i++) yield value.at(i);
  else if (value instanceof Generator_) {
    for (let next = value.source.next(); next.done !== true; next = value.source.next()) yield next.value;
  } else if (value instanceof DeltaValue && value.between !== null) yield* daysOf(value.between);
  else if (value instanceof Undefined && value.lax) return;
  else if (value instanceof Undefined) raise("UndefinedError", value.message);
  else raise("TypeError", otherwise ?? `'${typeName(value)}' object is not iterable`);
}

/** A day apart, from one end of an interval to the other. */
function* daysOf({ start, end }: NonNullable<DeltaValue["between"]>): Generator<Value> {
  const direction = subtractTimes(end, start).micros < 0n ? -1 : 1;
  for (let days = 0; ; days += direction) {
    const day = start instanceof DateTimeValue ? shiftPendulum(start, { days }) : shiftDate(start, 0, 0, days);
    const left = subtractTimes(end, day).micros;
    if (direction === 1 ? left < 0n : left > 0n) return;
    yield day;
  }
}

/** list(value). */
export function toList(value: Value): Value[] {
  const items: Value[] = [];
  for (const item of iterate(value)) {
    limitItems(items.length + 1);
    items.push(item);
  }
  return items;
}

/** True when iter(value) works. */
export function isIterable(value: Value): boolean {
  return (
    Array.isArray(value) ||
    isText(value) ||
    value instanceof Tuple ||
    value instanceof Dict ||
    value instanceof DictView ||
    value instanceof Range ||
    value instanceof Generator_ ||
    (value instanceof DeltaValue && value.between !== null)
  );
}

/** len(value). Text counts code points. */
export function lengthOf(value: Value): number {
  if (Array.isArray(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (isText(value)) return codePointLength(textOf(value));
  if (value instanceof Dict) return value.size;
  if (value instanceof DictView) return value.dict.size;
  if (value instanceof Range) return value.length;
  if (value instanceof Undefined) return value.lax ? 0 : raise("UndefinedError", value.message);
  return raise("TypeError", `object of type '${typeName(value)}' has no len()`);
}

const surrogate = /[\ud800-\udfff]/;

export function codePointLength(text: string): number {
  return surrogate.test(text) ? [...text].length : text.length;
}

/** The characters of a text: its UTF-16 units when each is one. */
export function codePoints(text: string): string | string[] {
  return surrogate.test(text) ? [...text] : text;
}
