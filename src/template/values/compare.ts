/** ==, <, `in` and truth, as Python has them. */
import { daysFromCivil, utcMicros } from "./calendar.ts";
import { Dict, DictView } from "./dict.ts";
import { raise } from "./error.ts";
import { iterate } from "./iterate.ts";
import { isNumber, isText, textOf, typeName } from "./kind.ts";
import { countWork } from "./limits.ts";
import { compareNumbers } from "./number.ts";
import { DateTimeValue, DateValue, DeltaValue, RelativeDelta, TimeValue } from "./time-types.ts";
import { HostObject, Range, Tuple, Undefined, type Value } from "./types.ts";

function refuseUndefined(value: Value): void {
  if (value instanceof Undefined && !value.lax) raise("UndefinedError", value.message);
}

/** bool(value). */
export function isTrue(value: Value): boolean {
  if (value === null) return false;
  if (typeof value === "boolean") return value;
  if (typeof value === "bigint") return value !== 0n;
  if (typeof value === "number") return value !== 0;
  if (isText(value)) return textOf(value) !== "";
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof DictView) return value.dict.size > 0;
  if (value instanceof Range) return value.length > 0;
  if (value instanceof DeltaValue) return value.micros !== 0n;
  if (value instanceof RelativeDelta)
    return Object.values(value.relative).some((count) => count !== 0) || Object.keys(value.absolute).length > 0;
  refuseUndefined(value);
  return !(value instanceof Undefined);
}

/** left == right. */
export function isEqual(left: Value, right: Value): boolean {
  refuseUndefined(left);
  refuseUndefined(right);
  countWork();
  if (left === right) return typeof left !== "number" || !Number.isNaN(left);
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right) === 0;
  if (isText(left) && isText(right)) return textOf(left) === textOf(right);
  if (Array.isArray(left) && Array.isArray(right)) return areEqualItems(left, right);
  if (left instanceof Tuple && right instanceof Tuple) return areEqualItems(left.items, right.items);
  if (left instanceof Dict && right instanceof Dict) return areEqualDicts(left, right);
  if (left instanceof Range && right instanceof Range) {
    return (
      left.length === right.length && (left.length === 0 || (left.start === right.start && (left.length === 1 || left.step === right.step)))
    );
  }
  if (left instanceof DictView && right instanceof DictView && left.part !== "values" && right.part !== "values") {
    return left.dict.size === right.dict.size && left.items().every((item) => isIn(item, right));
  }
  if (left instanceof Undefined) return right instanceof Undefined;
  return isEqualTime(left, right);
}

function isEqualTime(left: Value, right: Value): boolean {
  if (left instanceof DateTimeValue && right instanceof DateTimeValue) {
    return (left.zone === null) === (right.zone === null) && utcMicros(left) === utcMicros(right);
  }
  if (left instanceof DateValue && right instanceof DateValue)
    return left.year === right.year && left.month === right.month && left.day === right.day;
  if (left instanceof TimeValue && right instanceof TimeValue) return clockMicros(left) === clockMicros(right);
  if (left instanceof DeltaValue && right instanceof DeltaValue) return left.micros === right.micros;
  if (left instanceof RelativeDelta && right instanceof RelativeDelta) {
    return JSON.stringify([left.relative, left.absolute]) === JSON.stringify([right.relative, right.absolute]);
  }
  return (
    left instanceof HostObject && right instanceof HostObject && left.type === right.type && left.text !== null && left.text === right.text
  );
}

function clockMicros(value: TimeValue): number {
  return ((value.hour * 60 + value.minute) * 60 + value.second) * 1e6 + value.microsecond;
}

function areEqualItems(left: readonly Value[], right: readonly Value[]): boolean {
  return left.length === right.length && left.every((item, index) => isEqual(item, right[index] ?? null));
}

function areEqualDicts(left: Dict, right: Dict): boolean {
  return (
    left.size === right.size &&
    left.entries().every(([key, item]) => {
      const other = right.get(key);
      return other !== undefined && isEqual(item, other);
    })
  );
}

export type OrderOperator = "<" | "<=" | ">" | ">=";

/** left < right and its like; TypeError where Python knows no order. */
export function isOrdered(operator: OrderOperator, left: Value, right: Value): boolean {
  const order = compareValues(operator, left, right);
  if (order === undefined) return false;
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

/** Negative, 0 or positive; undefined beside a NaN. */
export function compareValues(operator: OrderOperator, left: Value, right: Value): number | undefined {
  if (left instanceof Undefined) raise("UndefinedError", left.message);
  if (right instanceof Undefined) raise("UndefinedError", right.message);
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right);
  if (isText(left) && isText(right)) return compareText(textOf(left), textOf(right));
  if (Array.isArray(left) && Array.isArray(right)) return compareItems(operator, left, right);
  if (left instanceof Tuple && right instanceof Tuple) return compareItems(operator, left.items, right.items);
  if (left instanceof DateTimeValue && right instanceof DateTimeValue) {
    if ((left.zone === null) !== (right.zone === null)) raise("TypeError", "can't compare offset-naive and offset-aware datetimes");
    return sign(utcMicros(left) - utcMicros(right));
  }
  if (left instanceof DateValue && right instanceof DateValue) {
    return daysFromCivil(left.year, left.month, left.day) - daysFromCivil(right.year, right.month, right.day);
  }
  if (left instanceof TimeValue && right instanceof TimeValue) return clockMicros(left) - clockMicros(right);
  if (left instanceof DeltaValue && right instanceof DeltaValue) return sign(left.micros - right.micros);
  return raise("TypeError", `'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`);
}

function sign(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}

/** By code points, not by UTF-16 units: U+1F600 sorts behind U+FF5E. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    if (left.charCodeAt(i) !== right.charCodeAt(i)) {
      const a = left.codePointAt(i) ?? 0;
      const b = right.codePointAt(i) ?? 0;
      const surrogates = (a >= 0xd800 && a <= 0xdfff) || (b >= 0xd800 && b <= 0xdfff);
      // Second halves of two pairs with an equal first half compare as they stand.
      return surrogates && a < 0x10000 && b < 0x10000 ? left.charCodeAt(i) - right.charCodeAt(i) : a - b;
    }
  }
  return left.length - right.length;
}

function compareItems(operator: OrderOperator, left: readonly Value[], right: readonly Value[]): number | undefined {
  for (let i = 0; i < left.length && i < right.length; i++) {
    const a = left[i] ?? null;
    const b = right[i] ?? null;
    if (!isEqual(a, b)) return compareValues(operator, a, b);
  }
  return left.length - right.length;
}

/** item in container. */
export function isIn(item: Value, container: Value): boolean {
  refuseUndefined(container);
  if (isText(container)) {
    if (item instanceof Undefined) raise("UndefinedError", item.message);
    if (!isText(item)) raise("TypeError", `'in <string>' requires string as left operand, not ${typeName(item)}`);
    return textOf(container).includes(textOf(item));
  }
  if (container instanceof Dict) return container.has(item);
  if (container instanceof DictView && container.part === "keys") return container.dict.has(item);
  if (container instanceof DeltaValue && container.between !== null) {
    return isOrdered("<=", container.between.start, item) && isOrdered("<=", item, container.between.end);
  }
  if (item instanceof Undefined && !Array.isArray(container) && !(container instanceof Tuple)) raise("UndefinedError", item.message);
  for (const candidate of iterate(container, `argument of type '${typeName(container)}' is not iterable`)) {
    if (candidate === item || isEqual(candidate, item)) return true;
  }
  return false;
}

/** Stable, ascending; `reverse` keeps equal items in order, as sorted() does. */
export function sortValues<T>(items: readonly T[], key: (item: T) => Value, reverse: boolean): T[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  keyed.sort((a, b) => {
    // Only `<` is asked, since that is all that sorted() needs.
    if (isOrdered("<", a.key, b.key)) return reverse ? 1 : -1;
    return isOrdered("<", b.key, a.key) ? (reverse ? -1 : 1) : 0;
  });
  return keyed.map(({ item }) => item);
}
