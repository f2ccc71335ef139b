/** Digits of a float for the presentation types e, f, g and %. */
import { exponentDigits, fixedDigits } from "./number.ts";

/** |value| in a presentation type; `alternate` keeps the point and trailing zeros. */
export function formatFloatBody(value: number, type: string, precision: number, alternate: boolean): string {
  const upper = type === type.toUpperCase() && type !== "%";
  if (!Number.isFinite(value)) {
    const text = Number.isNaN(value) ? "nan" : "inf";
    return upper ? text.toUpperCase() : text;
  }
  const lower = type.toLowerCase();
  const digits = Math.min(precision, 1100);
  const extra = "0".repeat(precision - digits);
  let body: string;
  if (lower === "f" || lower === "%")
    body = fixedDigits(value, digits) + (digits > 0 ? extra : "") + (alternate && digits === 0 ? "." : "");
  else if (lower === "e") body = exponential(value, digits, alternate);
  else body = general(value, digits, alternate);
  return upper ? body.toUpperCase() : body;
}

function exponential(value: number, precision: number, alternate: boolean): string {
  const { digits, exponent } = exponentDigits(value, precision);
  const point = precision > 0 || alternate ? "." : "";
  return `${digits[0]}${point}${digits.slice(1)}e${exponentText(exponent)}`;
}

function exponentText(exponent: number): string {
  return `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function general(value: number, precision: number, alternate: boolean): string {
  const significant = precision === 0 ? 1 : precision;
  const { digits, exponent } = exponentDigits(value, significant - 1);
  const strip = (text: string) => (alternate || !text.includes(".") ? text : text.replace(/\.?0+$/, ""));
  if (exponent < -4 || exponent >= significant) {
    const mantissa = strip(significant > 1 || alternate ? `${digits[0]}.${digits.slice(1)}` : `${digits[0]}`);
    return `${mantissa}e${exponentText(exponent)}`;
  }
  if (exponent < 0) return strip(`0.${"0".repeat(-exponent - 1)}${digits}`);
  const rest = digits.slice(exponent + 1);
  return strip(rest === "" && !alternate ? digits : `${digits.slice(0, exponent + 1)}.${rest}`);
}

/** Separators between groups of digits from the right. */
export function groupDigits(digits: string, separator: string, size: number): string {
  return digits.replace(new RegExp(`\\B(?=(?:\\w{${size}})+$)`, "g"), separator);
}
