/** `text % values`: printf-style formatting. */

import { Dict } from "./dict.ts";
import { raise } from "./error.ts";
import { formatFloatBody } from "./format-number.ts";
import { isText, textOf, typeName } from "./kind.ts";
import { limitText } from "./limits.ts";
import { escapeHtml } from "./markup.ts";
import { toFloat, toInteger, truncate } from "./number.ts";
import { toRepr, toText } from "./text.ts";
import { Markup, Range, Tuple, Undefined, type Value } from "./types.ts";

const directive = /%(?:\(([^()]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(?:[hlL])?([\s\S])?/g;

/** Throws TypeError, ValueError or KeyError as Python does. In escaped text the values are escaped. */
export function formatPercent(format: string | Markup, values: Value): string | Markup {
  const escaped = format instanceof Markup;
  const args: readonly Value[] = values instanceof Tuple ? values.items : [values];
  let used = 0;
  let mapped = false;
  const next = (): Value => (used < args.length ? (args[used++] ?? null) : raise("TypeError", "not enough arguments for format string"));
  const text = textOf(format).replace(
    directive,
    (
      whole: string,
      key: string | undefined,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      type: string | undefined,
    ) => {
      if (type === "%") return "%";
      if (type === undefined) return raise("ValueError", "incomplete format");
      if (!"sradiufFeEgGxXoc".includes(type)) return raise("ValueError", `unsupported format character '${type}'`);
      if (key !== undefined && !(values instanceof Dict)) raise("TypeError", "format requires a mapping");
      if (key !== undefined) mapped = true;
      const size = width === "*" ? Number(toInteger(next() as bigint)) : Number(width ?? 0);
      const hasPrecision = precision !== undefined || /\.[hlL]?[\s\S]$/.test(whole);
      const digits = precision === "*" ? Number(toInteger(next() as bigint)) : Number(precision ?? 0);
      const value = key === undefined ? next() : wantKey(values as Dict, key);
      limitText(size + digits);
      return padField(formatOne(value, type, flags, hasPrecision ? digits : undefined, escaped), flags, size, type);
    },
  );
  if (!mapped && used < args.length && !isMapping(values)) raise("TypeError", "not all arguments converted during string formatting");
  return escaped ? new Markup(text) : text;
}

/** What has items but is no tuple or text may be left over. */
function isMapping(value: Value): boolean {
  return value instanceof Dict || Array.isArray(value) || value instanceof Range || value instanceof Undefined;
}

function wantKey(values: Dict, key: string): Value {
  const value = values.get(key);
  return value === undefined ? raise("KeyError", toRepr(key)) : value;
}

function formatOne(value: Value, type: string, flags: string, digits: number | undefined, escaped: boolean): string {
  if (type === "s" || type === "r" || type === "a") {
    const plain = type === "s" ? (escaped ? escapeHtml(value).text : toText(value)) : toRepr(value);
    return digits === undefined ? plain : [...plain].slice(0, digits).join("");
  }
  if (type === "c") {
    if (isText(value) && [...textOf(value)].length === 1) return textOf(value);
    if (typeof value === "bigint" && value >= 0n && value < 0x110000n) return String.fromCodePoint(Number(value));
    return raise("TypeError", "%c requires int or char");
  }
  if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "boolean") {
    return raise(
      "TypeError",
      `%${type} format: a ${"xXo".includes(type) ? "n integer" : "real number"} is required, not ${typeName(value)}`.replace("a n ", "an "),
    );
  }
  const signOf = (negative: boolean) => (negative ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "");
  if ("diuxXo".includes(type)) {
    if (typeof value === "number" && "xXo".includes(type)) raise("TypeError", `%${type} format: an integer is required, not float`);
    const integer = typeof value === "number" ? truncate(value) : toInteger(value);
    const radix = type === "o" ? 8 : type === "x" || type === "X" ? 16 : 10;
    const prefix = flags.includes("#") ? { o: "0o", x: "0x", X: "0X" }[type as "o" | "x" | "X"] : undefined;
    const body = (integer < 0n ? -integer : integer).toString(radix).padStart(digits ?? 1, "0");
    return signOf(integer < 0n) + (prefix ?? "") + (type === "X" ? body.toUpperCase() : body);
  }
  const float = toFloat(value);
  return signOf(float < 0 || Object.is(float, -0)) + formatFloatBody(float, type, digits ?? 6, flags.includes("#"));
}

function padField(text: string, flags: string, width: number, type: string): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (!flags.includes("0") || "srac".includes(type)) return " ".repeat(missing) + text;
  const head = /^[-+ ]?(?:0[xXo])?/.exec(text)?.[0] ?? "";
  return /inf|nan/i.test(text) ? " ".repeat(missing) + text : head + "0".repeat(missing) + text.slice(head.length);
}
