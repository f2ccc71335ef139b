/** Python's binary and unary operators over all values. */

import { addDelta, addRelative, computeClock, subtractTimes } from "./date-arithmetic.ts";
import { computeDelta } from "./delta.ts";
import { raise } from "./error.ts";
import { formatPercent } from "./format-percent.ts";
import { isNumber, isText, textOf, typeName } from "./kind.ts";
import { limitItems, limitText } from "./limits.ts";
import { escapeHtml } from "./markup.ts";
import { computeNumbers, type NumberOperator, toInteger } from "./number.ts";
import { addRelatives, multiplyRelative } from "./relative.ts";
import { DateTimeValue, DateValue, DeltaValue, RelativeDelta, TimeValue } from "./time-types.ts";
import { Markup, Tuple, Undefined, type Value } from "./types.ts";

/** left operator right. */
export function operate(operator: NumberOperator, left: Value, right: Value): Value {
  if (isNumber(left) && isNumber(right)) return computeNumbers(operator, left, right);
  if (left instanceof Undefined) raise("UndefinedError", left.message);
  if (operator === "%" && isText(left)) return formatPercent(left, right);
  if (right instanceof Undefined) raise("UndefinedError", right.message);
  const done = operator === "+" ? add(left, right) : operator === "*" ? (repeat(left, right) ?? repeat(right, left)) : undefined;
  return done ?? operateOnTime(operator, left, right) ?? refuse(operator, left, right);
}

function refuse(operator: string, left: Value, right: Value): never {
  const name = operator === "**" ? "** or pow()" : operator;
  return raise("TypeError", `unsupported operand type(s) for ${name}: '${typeName(left)}' and '${typeName(right)}'`);
}

function add(left: Value, right: Value): Value | undefined {
  if (isText(left) && isText(right)) {
    limitText(textOf(left).length + textOf(right).length);
    if (typeof left === "string" && typeof right === "string") return left + right;
    // What is added to escaped text is escaped first.
    return new Markup(escapeHtml(left).text + escapeHtml(right).text);
  }
  if (Array.isArray(left) && Array.isArray(right)) return limited([...left, ...right]);
  if (left instanceof Tuple && right instanceof Tuple) return new Tuple(limited([...left.items, ...right.items]));
  if (isText(left) && !(right instanceof RelativeDelta)) {
    return raise("TypeError", `can only concatenate str (not "${typeName(right)}") to str: join with \`~\`, which takes any value`);
  }
  return undefined;
}

function limited(items: Value[]): Value[] {
  limitItems(items.length);
  return items;
}

function repeat(value: Value, times: Value): Value | undefined {
  if (typeof times !== "bigint" && typeof times !== "boolean") return undefined;
  const count = Math.max(Number(toInteger(times)), 0);
  if (isText(value)) {
    limitText(textOf(value).length * count);
    const text = textOf(value) === "" ? "" : textOf(value).repeat(count);
    return typeof value === "string" ? text : new Markup(text);
  }
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined;
  if (items === undefined) return undefined;
  limitItems(items.length * count);
  const repeated =
    items.length === 0 ? [] : Array.from({ length: items.length * count }, (_, index) => items[index % items.length] ?? null);
  return Array.isArray(value) ? repeated : new Tuple(repeated);
}

function isDate(value: Value): value is DateTimeValue | DateValue {
  return value instanceof DateTimeValue || value instanceof DateValue;
}

function operateOnTime(operator: NumberOperator, left: Value, right: Value): Value | undefined {
  if (operator === "+" || operator === "-") {
    const sign = operator === "+" ? 1 : -1;
    if (isDate(left) && right instanceof DeltaValue) return addDelta(left, right, sign);
    if (isDate(left) && right instanceof RelativeDelta) return addRelative(left, right, sign);
    if (operator === "+" && isDate(right) && left instanceof DeltaValue) return addDelta(right, left, 1);
    if (operator === "+" && isDate(right) && left instanceof RelativeDelta) return addRelative(right, left, 1);
    if (left instanceof TimeValue && (right instanceof DeltaValue || right instanceof TimeValue)) return computeClock(left, right, sign);
    if (operator === "-" && isDate(left) && isDate(right)) return subtractTimes(left, right);
    if (left instanceof RelativeDelta && right instanceof RelativeDelta) return addRelatives(left, right, sign);
  }
  if (operator === "*" && left instanceof RelativeDelta && isNumber(right)) return multiplyRelative(left, right);
  if (operator === "/" && left instanceof RelativeDelta && isNumber(right)) return multiplyRelative(left, computeNumbers("/", 1n, right));
  if (operator === "*" && right instanceof RelativeDelta && isNumber(left)) return multiplyRelative(right, left);
  return left instanceof DeltaValue || right instanceof DeltaValue ? computeDelta(operator, left, right) : undefined;
}

/** -value or +value. */
export function operateUnary(operator: "-" | "+", value: Value): Value {
  if (typeof value === "number") return operator === "-" ? -value : value;
  if (typeof value === "bigint" || typeof value === "boolean") return operator === "-" ? -toInteger(value) : toInteger(value);
  if (value instanceof DeltaValue) return operator === "+" ? value : negateDelta(value);
  if (value instanceof RelativeDelta) return operator === "+" ? value : multiplyRelative(value, -1n);
  if (value instanceof Undefined) raise("UndefinedError", value.message);
  return raise("TypeError", `bad operand type for unary ${operator}: '${typeName(value)}'`);
}

function negateDelta(value: DeltaValue): DeltaValue {
  const between = value.between === null ? null : { start: value.between.end, end: value.between.start };
  return new DeltaValue(-value.micros, value.kind, between);
}
