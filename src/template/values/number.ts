/** Python's int and float: how they are printed, read, rounded and computed with. */

import { PYTHON_SPACE } from "../lex.ts";
import { floorDivide } from "./calendar.ts";
import { raise } from "./error.ts";

/** The int that a float equals, if it is whole. */
export function floatAsInteger(value: number): bigint | undefined {
  return Number.isInteger(value) ? BigInt(value) : undefined;
}

/** repr(float): the shortest digits that read back, with an exponent from 1e16 and below 1e-4. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  const sign = value < 0 ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    const shown = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${sign}${shown}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, "0")}.0`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** str(int); Python refuses more than 4300 digits. */
export function integerText(value: bigint): string {
  // 4300 digits are below 14300 bits; asking for the length of a longer one first would take long.
  const text = value.toString(16).length > 3600 ? "" : value.toString();
  if (text === "" || text.replace("-", "").length > 4300) {
    raise("ValueError", "an integer of more than 4300 digits cannot be printed");
  }
  return text;
}

const trimSpace = new RegExp(`^[${PYTHON_SPACE}]+|[${PYTHON_SPACE}]+$`, "g");

/** Decimal digits of any script as ASCII ones, which int() and float() take alike. */
function asciiDigits(text: string): string {
  return text.replace(/[\u0080-\u{10ffff}]/gu, (char) => {
    if (!/\p{Nd}/u.test(char)) return char;
    const code = char.codePointAt(0) ?? 0;
    // Digits stand in tens that begin at a multiple of 16 or, some, at 6 beyond; mathematical ones follow each other.
    if (code >= 0x1d7ce && code <= 0x1d7ff) return String((code - 0x1d7ce) % 10);
    return String((code % 16) - (code % 16 >= 6 && !/\p{Nd}/u.test(String.fromCodePoint(code - (code % 16))) ? 6 : 0));
  });
}

/** int(text, base); undefined where Python raises ValueError. */
export function parseInteger(text: string, base: number): bigint | undefined {
  const trimmed = asciiDigits(text.replace(trimSpace, ""));
  const sign = /^[+-]/.exec(trimmed)?.[0] ?? "";
  let digits = trimmed.slice(sign.length).toLowerCase();
  const prefix = /^0[box]/.exec(digits)?.[0];
  const prefixBase = prefix === undefined ? undefined : { "0b": 2, "0o": 8, "0x": 16 }[prefix];
  let radix = base;
  if (prefixBase !== undefined && (base === prefixBase || base === 0)) {
    radix = prefixBase;
    digits = digits.slice(2).replace(/^_/, "");
  } else if (base === 0) {
    radix = 10;
    if (/^0[_0-9]*[1-9]/.test(digits)) return undefined;
  }
  if (!/^[0-9a-z]+(?:_[0-9a-z]+)*$/.test(digits)) return undefined;
  digits = digits.replaceAll("_", "");
  if (digits.length > 4300) return undefined;
  if (radix === 10) return /^\d+$/.test(digits) ? BigInt(sign + digits) : undefined;
  let value = 0n;
  for (const digit of digits) {
    const weight = Number.parseInt(digit, 36);
    if (weight >= radix) return undefined;
    value = value * BigInt(radix) + BigInt(weight);
  }
  return sign === "-" ? -value : value;
}

/** float(text); undefined where Python raises ValueError. */
export function parseFloatText(text: string): number | undefined {
  const trimmed = asciiDigits(text.replace(trimSpace, ""));
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(trimmed);
  if (special !== null) {
    const value = /^nan$/i.test(special[2] ?? "") ? Number.NaN : Number.POSITIVE_INFINITY;
    return special[1] === "-" ? -value : value;
  }
  if (!/^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i.test(trimmed)) return undefined;
  return Number(trimmed.replaceAll("_", ""));
}

/** A finite float as `mantissa * 2 ** exponent`, exactly. */
function decompose(value: number): { mantissa: bigint; exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(value));
  const high = bits.getUint32(0);
  const biased = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  return biased === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

/** numerator / denominator, to the nearest integer, halves to even; both positive. */
function divideToEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  return twice > denominator || (twice === denominator && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** |value| * 10 ** digits to the nearest integer, from the float's exact value. */
function scaled(value: number, digits: number): bigint {
  const { mantissa, exponent } = decompose(value);
  const numerator = mantissa * (digits > 0 ? 10n ** BigInt(digits) : 1n) * (exponent > 0 ? 1n << BigInt(exponent) : 1n);
  const denominator = (digits < 0 ? 10n ** BigInt(-digits) : 1n) * (exponent < 0 ? 1n << BigInt(-exponent) : 1n);
  return divideToEven(numerator, denominator);
}

/** "%.<digits>f" of |value|, a finite float. */
export function fixedDigits(value: number, digits: number): string {
  const text = scaled(value, digits)
    .toString()
    .padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** "%.<digits>e" of |value|, a finite float, as its digits and exponent. */
export function exponentDigits(value: number, digits: number): { digits: string; exponent: number } {
  if (value === 0) return { digits: "0".repeat(digits + 1), exponent: 0 };
  let exponent = Number(Math.abs(value).toExponential().split("e")[1]);
  let text = scaled(value, digits - exponent).toString();
  if (text.length > digits + 1) {
    exponent += 1;
    text = scaled(value, digits - exponent).toString();
  }
  return { digits: text, exponent };
}

/** round(float, digits): the nearest decimal, halves of the exact value to even. */
export function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value) || value === 0 || digits > 330) return value;
  if (digits < -310) return 0;
  const text = scaled(value, digits).toString();
  const rounded = Number(`${text}e${-digits}`);
  return value < 0 ? -rounded : rounded;
}

/** round(int, digits) for negative digits. */
export function roundInteger(value: bigint, digits: number): bigint {
  if (digits >= 0) return value;
  if (digits < -5000) return 0n;
  const unit = 10n ** BigInt(-digits);
  const rounded = divideToEven(value < 0n ? -value : value, unit) * unit;
  return value < 0n ? -rounded : rounded;
}

/** A bool or int as int. */
export function toInteger(value: bigint | boolean): bigint {
  return typeof value === "bigint" ? value : value ? 1n : 0n;
}

/** An int as float; Python refuses what a float cannot hold. */
export function toFloat(value: bigint | number | boolean): number {
  if (typeof value === "number") return value;
  const float = Number(toInteger(value));
  if (!Number.isFinite(float)) raise("OverflowError", "int too large to convert to float");
  return float;
}

/** The int that a float is cut to. */
export function truncate(value: number): bigint {
  if (Number.isNaN(value)) raise("ValueError", "cannot convert float NaN to integer");
  if (!Number.isFinite(value)) raise("OverflowError", "cannot convert float infinity to integer");
  return BigInt(Math.trunc(value));
}

/** left / right of two ints, correctly rounded. */
function divideIntegers(left: bigint, right: bigint): number {
  const a = Number(left);
  const b = Number(right);
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) return a / b;
  const negative = left < 0n !== right < 0n;
  const numerator = left < 0n ? -left : left;
  const denominator = right < 0n ? -right : right;
  const shift = 66 + denominator.toString(2).length - numerator.toString(2).length;
  const quotient = shift > 0 ? (numerator << BigInt(shift)) / denominator : numerator / (denominator << BigInt(-shift));
  const exact = shift > 0 ? (numerator << BigInt(shift)) % denominator === 0n : numerator % (denominator << BigInt(-shift)) === 0n;
  // The lowest bit stands for all that was cut off, so that the one rounding below is the right one.
  const value = Number(exact ? quotient : quotient | 1n) * 2 ** -shift;
  if (!Number.isFinite(value)) raise("OverflowError", "integer division result too large for a float");
  return negative ? -value : value;
}

function floatModulo(left: number, right: number): number {
  if (right === 0) raise("ZeroDivisionError", "float modulo");
  const rest = left % right;
  if (rest === 0) return right < 0 ? -0 : 0;
  return rest < 0 !== right < 0 ? rest + right : rest;
}

function floatFloorDivide(left: number, right: number): number {
  if (right === 0) raise("ZeroDivisionError", "float floor division by zero");
  const rest = floatModulo(left, right);
  const quotient = (left - rest) / right;
  if (quotient === 0) return left < 0 !== right < 0 ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

/** Bits that a power may have; beyond, a template would only burn time. */
const MAX_POWER_BITS = 1_000_000;

function power(left: bigint | number, right: bigint | number): bigint | number {
  if (typeof left === "bigint" && typeof right === "bigint" && right >= 0n) {
    const bits = BigInt(left.toString(16).length * 4) * right;
    if (left !== 0n && left !== 1n && left !== -1n && bits > MAX_POWER_BITS)
      raise("Refused", `${left} ** ${right} is too large to compute in a template`);
    return left ** right;
  }
  const base = toFloat(left);
  const exponent = toFloat(right);
  if (base === 0 && exponent < 0) raise("ZeroDivisionError", "0.0 cannot be raised to a negative power");
  if (base < 0 && !Number.isInteger(exponent))
    raise("Refused", "a negative number to a broken power is a complex number, which a local run does not compute");
  const value = base === 1 ? 1 : base ** exponent;
  if (!Number.isFinite(value) && Number.isFinite(base) && Number.isFinite(exponent))
    raise("OverflowError", "Numerical result out of range");
  return value;
}

export type NumberOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";

/** Arithmetic between ints, floats and bools. */
export function computeNumbers(operator: NumberOperator, a: bigint | number | boolean, b: bigint | number | boolean): bigint | number {
  const left = typeof a === "boolean" ? toInteger(a) : a;
  const right = typeof b === "boolean" ? toInteger(b) : b;
  if (operator === "**") return power(left, right);
  if (typeof left === "bigint" && typeof right === "bigint") {
    if (right === 0n && (operator === "/" || operator === "//" || operator === "%")) {
      raise("ZeroDivisionError", operator === "/" ? "division by zero" : "integer division or modulo by zero");
    }
    switch (operator) {
      case "+":
        return left + right;
      case "-":
        return left - right;
      case "*":
        if (left.toString(16).length + right.toString(16).length > MAX_POWER_BITS / 4)
          raise("Refused", "the product is too large to compute in a template");
        return left * right;
      case "/":
        return divideIntegers(left, right);
      case "//":
        return floorDivide(left, right);
      case "%":
        return left - floorDivide(left, right) * right;
    }
  }
  const x = toFloat(left);
  const y = toFloat(right);
  switch (operator) {
    case "+":
      return x + y;
    case "-":
      return x - y;
    case "*":
      return x * y;
    case "/":
      return y === 0 ? raise("ZeroDivisionError", "float division by zero") : x / y;
    case "//":
      return floatFloorDivide(x, y);
    case "%":
      return floatModulo(x, y);
  }
}

/** -1, 0 or 1; undefined beside a NaN. Exact between large ints and floats. */
export function compareNumbers(a: bigint | number | boolean, b: bigint | number | boolean): number | undefined {
  const left = typeof a === "boolean" ? toInteger(a) : a;
  const right = typeof b === "boolean" ? toInteger(b) : b;
  if (left < right) return -1;
  if (left > right) return 1;
  // ECMAScript compares bigint with number by exact value.
  // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1 is the comparison that is wanted here
  return left == right ? 0 : undefined;
}
