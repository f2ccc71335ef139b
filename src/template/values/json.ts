/** json.dumps and json.loads. */
import { isJsonObject, type Json } from "../../protocol/json.ts";
import { compareText, compareValues } from "./compare.ts";
import { Dict } from "./dict.ts";
import { raise } from "./error.ts";
import { isText, textOf, typeName } from "./kind.ts";
import { countWork } from "./limits.ts";
import { floatText, integerText } from "./number.ts";
import { Tuple, Undefined, type Value } from "./types.ts";

export interface JsonStyle {
  readonly sortKeys: boolean;
  /** Spaces, or the text itself; null for one line. */
  readonly indent: number | string | null;
  readonly ensureAscii: boolean;
  readonly separators?: readonly [item: string, key: string];
}

const MAX_NESTING = 200;
const short: { readonly [char: string]: string } = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

function quoteJson(text: string, ascii: boolean): string {
  let body = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? "";
    const code = text.charCodeAt(i);
    if (short[char] !== undefined) body += short[char];
    else if (code < 0x20 || (ascii && code > 0x7e)) body += `\\u${code.toString(16).padStart(4, "0")}`;
    else body += char;
  }
  return `"${body}"`;
}

function floatJson(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? floatText(value) : value > 0 ? "Infinity" : "-Infinity";
}

/** json.dumps(value). TypeError for what JSON has not, datetimes among it. */
export function dumpJson(value: Value, style: JsonStyle): string {
  const indent = typeof style.indent === "number" ? " ".repeat(Math.max(style.indent, 0)) : style.indent;
  const [itemSeparator, keySeparator] = style.separators ?? [indent === null ? ", " : ",", ": "];
  const write = (item: Value, depth: number): string => {
    countWork();
    if (depth > MAX_NESTING) raise("Refused", `a value nested deeper than ${MAX_NESTING} levels`);
    if (item === null) return "null";
    if (typeof item === "boolean") return item ? "true" : "false";
    if (typeof item === "bigint") return integerText(item);
    if (typeof item === "number") return floatJson(item);
    if (isText(item)) return quoteJson(textOf(item), style.ensureAscii);
    const wrap = (open: string, items: string[], close: string) => {
      if (items.length === 0) return open + close;
      if (indent === null) return open + items.join(itemSeparator) + close;
      const line = `\n${indent.repeat(depth + 1)}`;
      return `${open}${line}${items.join(itemSeparator + line)}\n${indent.repeat(depth)}${close}`;
    };
    if (Array.isArray(item))
      return wrap(
        "[",
        item.map((one) => write(one, depth + 1)),
        "]",
      );
    if (item instanceof Tuple)
      return wrap(
        "[",
        item.items.map((one) => write(one, depth + 1)),
        "]",
      );
    if (item instanceof Dict) {
      const entries = item.entries();
      if (style.sortKeys)
        entries.sort(([a], [b]) => (typeof a === "string" && typeof b === "string" ? compareText(a, b) : (compareValues("<", a, b) ?? 0)));
      return wrap(
        "{",
        entries.map(([key, one]) => `${quoteJson(keyText(key), style.ensureAscii)}${keySeparator}${write(one, depth + 1)}`),
        "}",
      );
    }
    if (item instanceof Undefined) return raise("UndefinedError", item.message);
    return raise(
      "TypeError",
      `Object of type ${typeName(item)} is not JSON serializable${typeName(item) === "dict" ? "" : ": make it a string first, with `| string`"}`,
    );
  };
  return write(value, 0);
}

function keyText(key: Value): string {
  if (isText(key)) return textOf(key);
  if (key === null) return "null";
  if (typeof key === "boolean") return key ? "true" : "false";
  if (typeof key === "bigint") return integerText(key);
  if (typeof key === "number") return floatJson(key);
  return raise("TypeError", `keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

/** JSON data as Python's values. A whole number is an int, as JSON has one kind of number only. */
export function fromJson(value: Json): Value {
  if (Array.isArray(value)) return value.map(fromJson);
  if (isJsonObject(value)) return Dict.of(Object.entries(value).map(([key, item]) => [key, fromJson(item)]));
  if (typeof value === "number") return Number.isInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
  return value as null | boolean | string;
}

const token =
  /[ \t\n\r]*(?:([[\]{},:])|("(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)|(true|false|null|NaN|-?Infinity))/uy;

/** json.loads(text): unlike JSON.parse it tells 1 from 1.0 and keeps large integers. Undefined when the text is no JSON. */
export function loadJson(text: string): Value | undefined {
  const end = /[ \t\n\r]*$/.exec(text)?.index ?? text.length;
  let position = 0;
  let depth = 0;
  const failed = Symbol("failed");
  const next = (): RegExpExecArray => {
    token.lastIndex = position;
    const found = token.exec(text);
    if (found === null) throw failed;
    position = token.lastIndex;
    return found;
  };
  const read = (found: RegExpExecArray): Value => {
    const [, mark, string, number, fraction, exponent, word] = found;
    if (string !== undefined) return JSON.parse(string) as string;
    if (number !== undefined) return fraction === undefined && exponent === undefined ? BigInt(number) : Number(number);
    if (word !== undefined) return word === "null" ? null : word === "true" || word === "false" ? word === "true" : Number(word);
    if (++depth > MAX_NESTING) throw failed;
    const value = mark === "[" ? readList() : mark === "{" ? readMap() : undefined;
    depth -= 1;
    if (value === undefined) throw failed;
    return value;
  };
  const readList = (): Value[] => {
    const items: Value[] = [];
    for (let found = next(); ; found = next()) {
      if (found[1] === "]" && items.length === 0) return items;
      items.push(read(found));
      const mark = next()[1];
      if (mark === "]") return items;
      if (mark !== ",") throw failed;
    }
  };
  const readMap = (): Dict => {
    const dict = new Dict();
    for (let found = next(); ; found = next()) {
      if (found[1] === "}" && dict.size === 0) return dict;
      if (found[2] === undefined || next()[1] !== ":") throw failed;
      dict.set(JSON.parse(found[2]) as string, read(next()));
      const mark = next()[1];
      if (mark === "}") return dict;
      if (mark !== ",") throw failed;
    }
  };
  try {
    const value = read(next());
    return position >= end ? value : undefined;
  } catch (error) {
    if (error === failed) return undefined;
    throw error;
  }
}
