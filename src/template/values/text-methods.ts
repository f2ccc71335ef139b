/** Methods of str. */

import { PYTHON_SPACE } from "../lex.ts";
import { wantInteger, wantText } from "./arguments.ts";
import { raise } from "./error.ts";
import { codePointLength, iterate } from "./iterate.ts";
import { isText, textOf, typeName } from "./kind.ts";
import { limitText } from "./limits.ts";
import { sliceBounds } from "./slice.ts";
import { Tuple, type Value } from "./types.ts";

/** `parameters` as for bind(); `call` gets the text itself first. */
export interface TextMethod {
  readonly parameters: readonly string[];
  readonly call: (text: string, ...args: (Value | undefined)[]) => Value;
}

const spaces = new RegExp(`[${PYTHON_SPACE}]+`);
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python ends a line at these
const lineEnd = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;

/** Splits at line ends as str.splitlines does. */
export function splitLines(text: string, keep = false): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const found of text.matchAll(lineEnd)) {
    lines.push(text.slice(start, keep ? found.index + found[0].length : found.index));
    start = found.index + found[0].length;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** str.strip and its halves; without `chars`, white space. */
export function stripText(text: string, chars: Value | undefined, left: boolean, right: boolean): string {
  const given = chars === undefined || chars === null ? undefined : new Set(wantText(chars, "what is stripped"));
  const isStripped = (char: string) => (given === undefined ? spaces.test(char) : given.has(char));
  const points = [...text];
  let from = 0;
  let to = points.length;
  if (left) while (from < to && isStripped(points[from] ?? "")) from += 1;
  if (right) while (to > from && isStripped(points[to - 1] ?? "")) to -= 1;
  return points.slice(from, to).join("");
}

/** str.replace(old, new, count). */
export function replaceText(text: string, old: string, replacement: string, count: number): string {
  if (count === 0) return text;
  const parts = old === "" ? ["", ...text, ""] : text.split(old);
  const limit = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  limitText(text.length + limit * replacement.length);
  let result = parts[0] ?? "";
  for (let i = 1; i < parts.length; i++) result += (i <= limit ? replacement : old) + (parts[i] ?? "");
  return result;
}

function splitText(text: string, separator: Value | undefined, limit: Value | undefined, fromRight: boolean): Value {
  const maximum = wantInteger(limit, "maxsplit", -1);
  if (separator === undefined || separator === null) return splitAtSpaces(text, maximum, fromRight);
  const by = wantText(separator, "the separator");
  if (by === "") raise("ValueError", "empty separator");
  const parts = text.split(by);
  if (maximum < 0 || parts.length - 1 <= maximum) return parts;
  if (fromRight) return [parts.slice(0, parts.length - maximum).join(by), ...parts.slice(parts.length - maximum)];
  return [...parts.slice(0, maximum), parts.slice(maximum).join(by)];
}

function splitAtSpaces(text: string, maximum: number, fromRight: boolean): Value {
  const words = text.split(spaces).filter((word) => word !== "");
  if (maximum < 0 || words.length - 1 <= maximum) return words;
  const kept: string[] = [];
  let rest = stripText(text, undefined, !fromRight, fromRight);
  for (let i = 0; i < maximum; i++) {
    const pattern = fromRight
      ? new RegExp(`^([\\s\\S]*?)[${PYTHON_SPACE}]+([^${PYTHON_SPACE}]+)$`)
      : new RegExp(`^([^${PYTHON_SPACE}]+)[${PYTHON_SPACE}]+([\\s\\S]*)$`);
    const found = pattern.exec(rest);
    if (found === null) break;
    kept.push((fromRight ? found[2] : found[1]) ?? "");
    rest = (fromRight ? found[1] : found[2]) ?? "";
  }
  rest = stripText(rest, undefined, !fromRight, fromRight);
  return fromRight ? [rest, ...kept.reverse()] : [...kept, rest];
}

/** The part of the text that `start` and `end` leave, and where it begins, in code points. */
function windowOf(
  text: string,
  start: Value | undefined,
  end: Value | undefined,
): { points: string[]; from: number; to: number; empty: boolean } {
  const points = [...text];
  const { from, to } = sliceBounds(points.length, start ?? null, end ?? null);
  const empty = typeof start === "bigint" && Number(start) > points.length;
  return { points, from, to: Math.max(to, from), empty };
}

function findText(text: string, wanted: Value | undefined, start: Value | undefined, end: Value | undefined, last: boolean): number {
  const { points, from, to, empty } = windowOf(text, start, end);
  if (empty) return -1;
  const part = points.slice(from, to).join("");
  const needle = wantText(wanted, "what is searched");
  const index = last ? part.lastIndexOf(needle) : part.indexOf(needle);
  return index < 0 ? -1 : from + codePointLength(part.slice(0, index));
}

function hasAffix(
  text: string,
  affix: Value | undefined,
  start: Value | undefined,
  end: Value | undefined,
  name: "startsWith" | "endsWith",
): boolean {
  const { points, from, to, empty } = windowOf(text, start, end);
  const part = points.slice(from, to).join("");
  const affixes = affix instanceof Tuple ? affix.items : [affix];
  return !empty && affixes.some((one) => part[name](wantText(one, "the beginning or end")));
}

function partition(text: string, separator: Value | undefined, last: boolean): Tuple {
  const by = wantText(separator, "the separator");
  if (by === "") raise("ValueError", "empty separator");
  const index = last ? text.lastIndexOf(by) : text.indexOf(by);
  if (index < 0) return new Tuple(last ? ["", "", text] : [text, "", ""]);
  return new Tuple([text.slice(0, index), by, text.slice(index + by.length)]);
}

function padText(text: string, width: Value | undefined, fill: Value | undefined, side: "left" | "right" | "both"): string {
  const size = wantInteger(width, "the width");
  const char = fill === undefined ? " " : wantText(fill, "the fill character");
  if (codePointLength(char) !== 1) raise("TypeError", "The fill character must be exactly one character long");
  limitText(size);
  const missing = size - codePointLength(text);
  if (missing <= 0) return text;
  if (side !== "both") return side === "left" ? char.repeat(missing) + text : text + char.repeat(missing);
  const left = Math.floor(missing / 2) + (missing & size & 1);
  return char.repeat(left) + text + char.repeat(missing - left);
}

const cased = /[\p{Lu}\p{Ll}\p{Lt}]/u;

/** str.title(): upper case after everything that is not a letter. */
function titleText(text: string): string {
  let after = false;
  let result = "";
  for (const char of text) {
    result += after ? char.toLowerCase() : char.toUpperCase();
    after = cased.test(char);
  }
  return result;
}

export function capitalizeText(text: string): string {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("").toLowerCase();
}

function swapCase(text: string): string {
  return [...text].map((char) => (/\p{Lu}/u.test(char) ? char.toLowerCase() : char.toUpperCase())).join("");
}

function zeroFill(text: string, width: Value | undefined): string {
  const size = wantInteger(width, "the width");
  limitText(size);
  const missing = size - codePointLength(text);
  if (missing <= 0) return text;
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}

/** separator.join(items). */
function joinTexts(separator: string, items: Value | undefined): string {
  const parts: string[] = [];
  let length = 0;
  for (const item of iterate(items ?? null, "can only join an iterable")) {
    if (!isText(item))
      raise(
        "TypeError",
        `sequence item ${parts.length}: expected str instance, ${typeName(item)} found: use the filter \`join\`, which takes any value`,
      );
    parts.push(textOf(item));
    length += textOf(item).length + separator.length;
    limitText(length);
  }
  return parts.join(separator);
}

function isAll(text: string, pattern: RegExp): boolean {
  return text !== "" && pattern.test(text);
}

function countText(text: string, wanted: Value | undefined, start: Value | undefined, end: Value | undefined): bigint {
  const { points, from, to, empty } = windowOf(text, start, end);
  const needle = wantText(wanted, "what is counted");
  if (empty) return 0n;
  if (needle === "") return BigInt(to - from + 1);
  return BigInt(points.slice(from, to).join("").split(needle).length - 1);
}

function found(index: number): bigint {
  return index < 0 ? raise("ValueError", "substring not found") : BigInt(index);
}

function translate(text: string): Value {
  return raise("Refused", `str.translate() is not available in a local run: use replace() on \`${text.slice(0, 20)}\``);
}

const plain = (call: (text: string) => Value): TextMethod => ({ parameters: [], call });

/** All methods but format and format_map, which need attribute access (text-format.ts). */
export const TEXT_METHODS: { readonly [name: string]: TextMethod } = {
  capitalize: plain(capitalizeText),
  casefold: plain((text) => text.toLowerCase().replaceAll("ß", "ss")),
  center: { parameters: ["/", "width", "fillchar?"], call: (text, width, fill) => padText(text, width, fill, "both") },
  count: { parameters: ["/", "sub", "start?", "end?"], call: countText },
  endswith: {
    parameters: ["/", "suffix", "start?", "end?"],
    call: (text, suffix, start, end) => hasAffix(text, suffix, start, end, "endsWith"),
  },
  expandtabs: { parameters: ["tabsize?"], call: (text, size) => expandTabs(text, wantInteger(size, "tabsize", 8)) },
  find: { parameters: ["/", "sub", "start?", "end?"], call: (text, sub, start, end) => BigInt(findText(text, sub, start, end, false)) },
  index: { parameters: ["/", "sub", "start?", "end?"], call: (text, sub, start, end) => found(findText(text, sub, start, end, false)) },
  isalnum: plain((text) => isAll(text, /^[\p{L}\p{N}]+$/u)),
  isalpha: plain((text) => isAll(text, /^\p{L}+$/u)),
  isascii: plain((text) => [...text].every((char) => char < "\x80")),
  isdecimal: plain((text) => isAll(text, /^\p{Nd}+$/u)),
  isdigit: plain((text) => isAll(text, /^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u)),
  isidentifier: plain((text) => /^[\p{ID_Start}_]\p{ID_Continue}*$/u.test(text)),
  islower: plain((text) => cased.test(text) && text === text.toLowerCase()),
  isnumeric: plain((text) => isAll(text, /^\p{N}+$/u)),
  isspace: plain((text) => text !== "" && stripText(text, undefined, true, true) === ""),
  istitle: plain((text) => cased.test(text) && text === titleText(text)),
  isupper: plain((text) => cased.test(text) && text === text.toUpperCase()),
  join: { parameters: ["/", "iterable"], call: (text, items) => joinTexts(text, items) },
  ljust: { parameters: ["/", "width", "fillchar?"], call: (text, width, fill) => padText(text, width, fill, "right") },
  lower: plain((text) => text.toLowerCase()),
  lstrip: { parameters: ["/", "chars?"], call: (text, chars) => stripText(text, chars, true, false) },
  partition: { parameters: ["/", "sep"], call: (text, separator) => partition(text, separator, false) },
  removeprefix: { parameters: ["/", "prefix"], call: (text, prefix) => removeAffix(text, wantText(prefix, "the prefix"), true) },
  removesuffix: { parameters: ["/", "suffix"], call: (text, suffix) => removeAffix(text, wantText(suffix, "the suffix"), false) },
  replace: {
    parameters: ["/", "old", "new", "count?"],
    call: (text, old, replacement, count) =>
      replaceText(text, wantText(old, "old"), wantText(replacement, "new"), wantInteger(count, "count", -1)),
  },
  rfind: { parameters: ["/", "sub", "start?", "end?"], call: (text, sub, start, end) => BigInt(findText(text, sub, start, end, true)) },
  rindex: { parameters: ["/", "sub", "start?", "end?"], call: (text, sub, start, end) => found(findText(text, sub, start, end, true)) },
  rjust: { parameters: ["/", "width", "fillchar?"], call: (text, width, fill) => padText(text, width, fill, "left") },
  rpartition: { parameters: ["/", "sep"], call: (text, separator) => partition(text, separator, true) },
  rsplit: { parameters: ["sep?", "maxsplit?"], call: (text, separator, limit) => splitText(text, separator, limit, true) },
  rstrip: { parameters: ["/", "chars?"], call: (text, chars) => stripText(text, chars, false, true) },
  split: { parameters: ["sep?", "maxsplit?"], call: (text, separator, limit) => splitText(text, separator, limit, false) },
  splitlines: {
    parameters: ["keepends?"],
    call: (text, keep) => splitLines(text, keep === true || (typeof keep === "bigint" && keep !== 0n)),
  },
  startswith: {
    parameters: ["/", "prefix", "start?", "end?"],
    call: (text, prefix, start, end) => hasAffix(text, prefix, start, end, "startsWith"),
  },
  strip: { parameters: ["/", "chars?"], call: (text, chars) => stripText(text, chars, true, true) },
  swapcase: plain(swapCase),
  title: plain(titleText),
  translate: { parameters: ["/", "table"], call: translate },
  upper: plain((text) => text.toUpperCase()),
  zfill: { parameters: ["/", "width"], call: zeroFill },
};

function removeAffix(text: string, affix: string, first: boolean): string {
  if (affix === "") return text;
  if (first) return text.startsWith(affix) ? text.slice(affix.length) : text;
  return text.endsWith(affix) ? text.slice(0, -affix.length) : text;
}

function expandTabs(text: string, size: number): string {
  let column = 0;
  let result = "";
  for (const char of text) {
    if (char === "\t") {
      const width = size > 0 ? size - (column % size) : 0;
      result += " ".repeat(width);
      column += width;
    } else {
      result += char;
      column = char === "\n" || char === "\r" ? 0 : column + 1;
    }
    limitText(result.length);
  }
  return result;
}
