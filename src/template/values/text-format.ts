/** format(value, spec), str.format and str.format_map. */

import type { Dict } from "./dict.ts";
import { raise } from "./error.ts";
import { formatFloatBody, groupDigits } from "./format-number.ts";
import { codePointLength } from "./iterate.ts";
import { isText, textOf, typeName } from "./kind.ts";
import { limitText } from "./limits.ts";
import { escapeHtml } from "./markup.ts";
import { floatText, toFloat, toInteger } from "./number.ts";
import { formatTokens } from "./pendulum-format.ts";
import { formatTime } from "./strftime.ts";
import { toRepr, toText } from "./text.ts";
import { DateTimeValue, DateValue, TimeValue } from "./time-types.ts";
import { type Keywords, Markup, Undefined, type Value } from "./types.ts";

interface Spec {
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly alternate: boolean;
  readonly zero: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

const specPattern = /^(?:([\s\S])?([<>=^]))?([-+ ])?z?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/u;

function parseSpec(text: string, value: Value): Spec {
  const found = specPattern.exec(text);
  if (found === null) return raise("ValueError", `Invalid format specifier '${text}' for object of type '${typeName(value)}'`);
  const [, fill, align = "", sign = "", alternate, zero, width, grouping = "", precision, type = ""] = found;
  const size = Number(width ?? 0);
  const digits = precision === undefined ? undefined : Number(precision);
  limitText(size + (digits ?? 0));
  return {
    fill: fill ?? " ",
    align,
    sign,
    alternate: alternate !== undefined,
    zero: zero !== undefined,
    width: size,
    grouping,
    precision: digits,
    type,
  };
}

/** format(value, spec). */
function formatValue(value: Value, spec: string): string {
  if (value instanceof Undefined) raise("UndefinedError", value.message);
  if (value instanceof DateTimeValue || value instanceof DateValue || value instanceof TimeValue) {
    if (spec === "") return toText(value);
    if (value.pendulum && !spec.includes("%")) {
      return value instanceof TimeValue
        ? raise("Refused", "a local run formats times with % only, as in {:%H:%M}")
        : formatTokens(value, spec);
    }
    return formatTime(value, spec);
  }
  if (spec === "") return toText(value);
  if (isText(value)) return formatText(textOf(value), parseSpec(spec, value));
  if (typeof value === "bigint" || typeof value === "boolean") {
    const parsed = parseSpec(spec, value);
    return typeof value === "boolean" && parsed.type === "" && spec === "" ? toText(value) : formatInteger(toInteger(value), parsed);
  }
  if (typeof value === "number") return formatFloat(value, parseSpec(spec, value));
  return raise("TypeError", `unsupported format string passed to ${typeName(value)}.__format__`);
}

function align(text: string, spec: Spec, otherwise: string): string {
  const missing = spec.width - codePointLength(text);
  if (missing <= 0) return text;
  const side = spec.align === "" ? otherwise : spec.align;
  if (side === "<") return text + spec.fill.repeat(missing);
  if (side === ">") return spec.fill.repeat(missing) + text;
  const left = Math.floor(missing / 2);
  return spec.fill.repeat(left) + text + spec.fill.repeat(missing - left);
}

function formatText(text: string, spec: Spec): string {
  if (spec.type !== "" && spec.type !== "s") raise("ValueError", `Unknown format code '${spec.type}' for object of type 'str'`);
  if (spec.sign !== "") raise("ValueError", "Sign not allowed in string format specifier");
  if (spec.grouping !== "") raise("ValueError", `Cannot specify '${spec.grouping}' with 's'.`);
  if (spec.align === "=") raise("ValueError", "'=' alignment not allowed in string format specifier");
  const cut = spec.precision === undefined ? text : [...text].slice(0, spec.precision).join("");
  return align(cut, spec.zero && spec.fill === " " ? { ...spec, fill: "0" } : spec, "<");
}

function formatInteger(value: bigint, spec: Spec): string {
  if ("eEfFgG%".includes(spec.type) && spec.type !== "") return formatFloat(toFloat(value), spec);
  if (spec.precision !== undefined) raise("ValueError", "Precision not allowed in integer format specifier");
  if (spec.type === "c") return align(String.fromCodePoint(Number(value)), spec, "<");
  const radix = { "": 10, d: 10, n: 10, b: 2, o: 8, x: 16, X: 16 }[spec.type];
  if (radix === undefined) return raise("ValueError", `Unknown format code '${spec.type}' for object of type 'int'`);
  const digits = (value < 0n ? -value : value).toString(radix);
  const prefix = spec.alternate && radix !== 10 ? `0${spec.type}` : "";
  return signAndPad(value < 0n, prefix, spec.type === "X" ? digits.toUpperCase() : digits, "", spec, radix === 10 ? 3 : 4);
}

function formatFloat(value: number, spec: Spec): string {
  const negative = value < 0 || Object.is(value, -0);
  const finite = Number.isFinite(value);
  let body: string;
  if (spec.type === "" && spec.precision === undefined) body = floatText(Math.abs(value));
  else if (spec.type === "") {
    body = formatFloatBody(value, "g", spec.precision ?? 6, spec.alternate);
    if (finite && !/[.e]/.test(body)) body += ".0";
  } else if (spec.type === "%") body = `${formatFloatBody(value * 100, "f", spec.precision ?? 6, spec.alternate)}%`;
  else if ("eEfFgGn".includes(spec.type))
    body = formatFloatBody(value, spec.type === "n" ? "g" : spec.type, spec.precision ?? 6, spec.alternate);
  else return raise("ValueError", `Unknown format code '${spec.type}' for object of type 'float'`);
  const whole = finite ? (/^\d+/.exec(body)?.[0] ?? "") : "";
  return signAndPad(negative && !Number.isNaN(value), "", finite ? whole : body, finite ? body.slice(whole.length) : "", spec, 3);
}

function signAndPad(negative: boolean, prefix: string, digits: string, rest: string, spec: Spec, group: number): string {
  const sign = negative ? "-" : spec.sign === "+" || spec.sign === " " ? spec.sign : "";
  const head = sign + prefix;
  const separate = (text: string) => (spec.grouping === "" ? text : groupDigits(text, spec.grouping, group));
  const zeros = (spec.zero && spec.align === "") || (spec.align === "=" && spec.fill === "0");
  if (!zeros) {
    const body = separate(digits) + rest;
    return spec.align === "="
      ? head + align(body, { ...spec, width: spec.width - head.length, align: ">" }, ">")
      : align(head + body, spec, ">");
  }
  // Zeros are grouped too, so digits are added until the width is reached.
  let padded = digits;
  while (head.length + separate(padded).length + rest.length < spec.width) padded = `0${padded}`;
  const text = separate(padded);
  return head + (text.startsWith(spec.grouping) && spec.grouping !== "" ? `0${text}` : text) + rest;
}

/** How a replacement field reaches into its value: `{0.name}`, `{0[key]}`. */
export interface Access {
  readonly attribute: (value: Value, name: string) => Value;
  readonly item: (value: Value, key: Value) => Value;
}

/** format.format(*args, **keywords). Escaped text escapes what is put in. */
export function formatFields(format: string | Markup, args: readonly Value[], keywords: Keywords | Dict, access: Access): string | Markup {
  const escaped = format instanceof Markup;
  let automatic = 0;
  let numbering: "automatic" | "manual" | undefined;
  const lookUp = (field: string): Value => {
    const [, first = "", rest = ""] = /^([^.[]*)([\s\S]*)$/.exec(field) ?? [];
    let value: Value | undefined;
    if (first === "" || /^\d+$/.test(first)) {
      const kind = first === "" ? "automatic" : "manual";
      if (numbering !== undefined && numbering !== kind) raise("ValueError", `cannot switch from ${numbering} field numbering to ${kind}`);
      numbering = kind;
      value = args[first === "" ? automatic++ : Number(first)];
      if (value === undefined) raise("IndexError", "Replacement index out of range for positional args tuple");
    } else {
      value = keywords.get(first);
      if (value === undefined) raise("KeyError", toRepr(first));
    }
    let reached: Value = value ?? null;
    for (const [, name, key] of rest.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)) {
      reached =
        name !== undefined
          ? access.attribute(reached, name)
          : access.item(reached, /^\d+$/.test(key ?? "") ? BigInt(key ?? 0) : (key ?? ""));
    }
    return reached;
  };
  const expand = (text: string, depth: number): string => {
    if (depth > 3) raise("ValueError", "Max string recursion exceeded");
    let result = "";
    for (let position = 0; position < text.length; ) {
      const char = text[position] ?? "";
      if ((char === "{" || char === "}") && text[position + 1] === char) {
        result += char;
        position += 2;
      } else if (char === "}") {
        raise("ValueError", "Single '}' encountered in format string");
      } else if (char === "{") {
        const end = closingBrace(text, position);
        result += replaceField(text.slice(position + 1, end), depth);
        position = end + 1;
      } else {
        result += char;
        position += 1;
      }
      limitText(result.length);
    }
    return result;
  };
  const replaceField = (field: string, depth: number): string => {
    const [, name = "", conversion, spec = ""] =
      /^((?:[^!:[]|\[[^\]]*\])*)(?:!([\s\S]))?(?::([\s\S]*))?$/.exec(field) ??
      raise("ValueError", "expected ':' after conversion specifier");
    let value = lookUp(name);
    if (conversion === "r" || conversion === "a") value = toRepr(value);
    else if (conversion === "s") value = toText(value);
    else if (conversion !== undefined) raise("ValueError", `Unknown conversion specifier ${conversion}`);
    const text = formatValue(value, expand(spec, depth + 1));
    return escaped ? escapeHtml(value instanceof Markup ? new Markup(text) : text).text : text;
  };
  const text = expand(textOf(format), 1);
  return escaped ? new Markup(text) : text;
}

function closingBrace(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    if (text[i] === "{") depth += 1;
    else if (text[i] === "}" && --depth === 0) return i;
  }
  return raise("ValueError", depth > 1 ? "expected '}' before end of string" : "Single '{' encountered in format string");
}
