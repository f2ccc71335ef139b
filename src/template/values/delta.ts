/** Arithmetic with durations. */
import { floorDivide } from "./calendar.ts";
import { raise } from "./error.ts";
import { isNumber } from "./kind.ts";
import { type NumberOperator, toInteger } from "./number.ts";
import { DeltaValue } from "./time-types.ts";
import type { Value } from "./types.ts";

const MAX_MICROS = 999_999_999n * 86_400_000_000n + 86_399_999_999n;

/** A duration of so many microseconds, of pendulum's kind when one of `parents` is. */
export function makeDelta(micros: bigint, ...parents: readonly DeltaValue[]): DeltaValue {
  if (micros > MAX_MICROS || micros < -MAX_MICROS) raise("OverflowError", "a duration takes at most 999999999 days");
  return new DeltaValue(micros, parents.some((parent) => parent.kind !== "timedelta") ? "duration" : "timedelta");
}

/** Undefined where Python knows no such operation. */
export function computeDelta(operator: NumberOperator, left: Value, right: Value): Value | undefined {
  if (left instanceof DeltaValue && right instanceof DeltaValue) return computeTwo(operator, left, right);
  if (left instanceof DeltaValue && isNumber(right)) {
    if (operator === "*") return makeDelta(scale(left.micros, right), left);
    if (operator === "/") return makeDelta(divide(left.micros, right), left);
    if (operator === "//" && typeof right !== "number") {
      const divisor = toInteger(right);
      return divisor === 0n
        ? raise("ZeroDivisionError", "integer division or modulo by zero")
        : makeDelta(floorDivide(left.micros, divisor), left);
    }
  }
  if (operator === "*" && right instanceof DeltaValue && isNumber(left)) return makeDelta(scale(right.micros, left), right);
  return undefined;
}

function computeTwo(operator: NumberOperator, left: DeltaValue, right: DeltaValue): Value | undefined {
  if (right.micros === 0n && (operator === "/" || operator === "//" || operator === "%")) raise("ZeroDivisionError", "division by zero");
  switch (operator) {
    case "+":
      return makeDelta(left.micros + right.micros, left, right);
    case "-":
      return makeDelta(left.micros - right.micros, left, right);
    case "/":
      return Number(left.micros) / Number(right.micros);
    case "//":
      return floorDivide(left.micros, right.micros);
    case "%":
      return makeDelta(left.micros - floorDivide(left.micros, right.micros) * right.micros, left, right);
    default:
      return undefined;
  }
}

function scale(micros: bigint, factor: bigint | number | boolean): bigint {
  return typeof factor === "number" ? roundToEven(micros, ratio(factor)) : micros * toInteger(factor);
}

function divide(micros: bigint, divisor: bigint | number | boolean): bigint {
  if (Number(divisor) === 0) raise("ZeroDivisionError", "division by zero");
  if (typeof divisor !== "number") return roundToEven(micros, { numerator: 1n, denominator: toInteger(divisor) });
  const { numerator, denominator } = ratio(divisor);
  return roundToEven(micros, { numerator: denominator, denominator: numerator });
}

/** float.as_integer_ratio(). */
function ratio(value: number): { numerator: bigint; denominator: bigint } {
  if (!Number.isFinite(value)) raise("OverflowError", "cannot convert Infinity or NaN to integer ratio");
  let denominator = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return { numerator: BigInt(scaled), denominator };
}

function roundToEven(micros: bigint, by: { numerator: bigint; denominator: bigint }): bigint {
  const sign = by.denominator < 0n ? -1n : 1n;
  const numerator = micros * by.numerator * sign;
  const denominator = by.denominator * sign;
  const quotient = floorDivide(numerator, denominator);
  const twice = (numerator - quotient * denominator) * 2n;
  return twice > denominator || (twice === denominator && quotient % 2n !== 0n) ? quotient + 1n : quotient;
}

/** Microseconds of a number of units, as timedelta() rounds them. */
export function microsOf(value: bigint | number | boolean, unit: bigint): bigint {
  if (typeof value !== "number") return toInteger(value) * unit;
  if (!Number.isFinite(value)) raise("ValueError", "cannot convert float NaN or infinity to integer");
  return roundToEven(unit, ratio(value));
}
