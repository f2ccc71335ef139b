/** Jinja's filters, and Airflow's five for dates. */
import { didYouMean } from "../protocol/suggest.ts";
import { PYTHON_SPACE } from "./lex.ts";
import { applyTest } from "./tests.ts";
import { getOnlyAttribute, makeGetter, makeGetters } from "./values/access.ts";
import { bind, wantInteger, wantText } from "./values/arguments.ts";
import { isEqual, isOrdered, isTrue, sortValues } from "./values/compare.ts";
import { Dict } from "./values/dict.ts";
import { PythonError, raise } from "./values/error.ts";
import { formatPercent } from "./values/format-percent.ts";
import { hashKey } from "./values/hash.ts";
import { codePointLength, isIterable, iterate, lengthOf, toList } from "./values/iterate.ts";
import { dumpJson } from "./values/json.ts";
import { isNumber, isText, textOf, typeName } from "./values/kind.ts";
import { limitItems, limitText } from "./values/limits.ts";
import { escapeHtml, stripTags } from "./values/markup.ts";
import { parseFloatText, parseInteger, roundFloat, roundInteger, toFloat, toInteger, truncate } from "./values/number.ts";
import { operate } from "./values/operate.ts";
import { absoluteRelative } from "./values/relative.ts";
import { takeIndex } from "./values/slice.ts";
import { formatTime } from "./values/strftime.ts";
import { toText } from "./values/text.ts";
import { capitalizeText, replaceText, splitLines, stripText, TEXT_METHODS } from "./values/text-methods.ts";
import { clockText, dateText, isoText } from "./values/time-text.ts";
import { DateTimeValue, DateValue, DeltaValue, RelativeDelta, TimeValue } from "./values/time-types.ts";
import { Generator_, type Keywords, Markup, Tuple, Undefined, type Value } from "./values/types.ts";

/** A filter and the names of its arguments behind the value, as for bind(). */
interface Filter {
  readonly parameters: readonly string[];
  readonly apply: (value: Value, ...args: (Value | undefined)[]) => Value;
}

const flag = (value: Value | undefined) => isTrue(value ?? false);

function refuseUndefined(value: Value): Value {
  return value instanceof Undefined ? raise("UndefinedError", value.message) : value;
}

/** soft_str(value): text stays what it is, Markup included. */
function softText(value: Value): string | Markup {
  return isText(value) ? value : toText(value);
}

/** The same kind of text: escaped text stays escaped. */
function like(source: string | Markup, text: string): string | Markup {
  return source instanceof Markup ? new Markup(text) : text;
}

function onText(change: (text: string, ...args: (Value | undefined)[]) => string, parameters: readonly string[] = []): Filter {
  return {
    parameters,
    apply: (value, ...args) => {
      const source = softText(value);
      return like(source, change(textOf(source), ...args));
    },
  };
}

const ignoreCase = (value: Value): Value => (isText(value) ? like(value, textOf(value).toLowerCase()) : value);
const keep = (value: Value): Value => value;

function titleText(text: string): string {
  return text
    .split(new RegExp(`([-${PYTHON_SPACE}({\\[<]+)`))
    .filter((part) => part !== "")
    .map((part) => {
      const [first = "", ...rest] = part;
      return first.toUpperCase() + rest.join("").toLowerCase();
    })
    .join("");
}

function toInt(value: Value, otherwise: Value | undefined, base: Value | undefined): Value {
  refuseUndefined(value);
  const fallback = otherwise === undefined ? 0n : otherwise;
  if (isText(value)) {
    const text = textOf(value);
    const whole = parseInteger(text, wantInteger(base, "the base", 10));
    if (whole !== undefined) return whole;
    const float = parseFloatText(text);
    return float === undefined || !Number.isFinite(float) ? fallback : truncate(float);
  }
  if (typeof value === "number")
    return Number.isFinite(value)
      ? truncate(value)
      : Number.isNaN(value)
        ? fallback
        : raise("OverflowError", "cannot convert float infinity to integer");
  return typeof value === "bigint" || typeof value === "boolean" ? toInteger(value) : fallback;
}

function toFloatOr(value: Value, otherwise: Value | undefined): Value {
  refuseUndefined(value);
  if (isNumber(value)) return toFloat(value);
  const float = isText(value) ? parseFloatText(textOf(value)) : undefined;
  if (float !== undefined) return float;
  return otherwise === undefined ? 0 : otherwise;
}

function roundValue(value: Value, precision: Value | undefined, method: Value | undefined): Value {
  const digits = wantInteger(precision, "precision", 0);
  const how = method === undefined ? "common" : wantText(method, "method");
  if (how !== "common" && how !== "ceil" && how !== "floor") raise("FilterArgumentError", "method must be common, ceil or floor");
  if (!isNumber(value)) return raise("TypeError", `type ${typeName(refuseUndefined(value))} doesn't define __round__ method`);
  if (how === "common") return typeof value === "number" ? roundFloat(value, digits) : roundInteger(toInteger(value), digits);
  const scaled = toFloat(operate("*", value, operate("**", 10n, BigInt(digits))) as bigint | number);
  return operate("/", truncate(how === "ceil" ? Math.ceil(scaled) : Math.floor(scaled)), operate("**", 10n, BigInt(digits)));
}

function absolute(value: Value): Value {
  if (typeof value === "bigint" || typeof value === "boolean") return toInteger(value) < 0n ? -toInteger(value) : toInteger(value);
  if (typeof value === "number") return Math.abs(value);
  if (value instanceof DeltaValue) return value.micros < 0n ? new DeltaValue(-value.micros, value.kind, value.between) : value;
  if (value instanceof RelativeDelta) return absoluteRelative(value);
  return raise("TypeError", `bad operand type for abs(): '${typeName(refuseUndefined(value))}'`);
}

function reverseValue(value: Value): Value {
  if (isText(value)) return like(value, [...textOf(value)].reverse().join(""));
  refuseUndefined(value);
  return new Generator_(toList(value).reverse(), "list_reverseiterator");
}

function first(value: Value): Value {
  for (const item of iterate(value)) return item;
  return new Undefined("No first item, sequence was empty.");
}

function last(value: Value): Value {
  if (value instanceof Generator_) raise("TypeError", `'${value.name}' object is not reversible: put \`| list\` before \`| last\``);
  if (value instanceof DeltaValue) raise("TypeError", "'Interval' object is not reversible");
  const item = value instanceof Markup ? takeIndex(value, -1n) : toList(value).at(-1);
  return item === undefined ? new Undefined("No last item, sequence was empty.") : item;
}

function join(value: Value, separator: Value | undefined, attribute: Value | undefined): Value {
  const getter = makeGetter(attribute);
  const by = separator === undefined ? "" : toText(separator);
  let text = "";
  let isFirst = true;
  for (const item of iterate(value)) {
    text += (isFirst ? "" : by) + toText(getter(item));
    isFirst = false;
    limitText(text.length);
  }
  return text;
}

function smallest(value: Value, caseSensitive: Value | undefined, attribute: Value | undefined, sign: "<" | ">"): Value {
  const getter = makeGetter(attribute);
  const post = flag(caseSensitive) ? keep : ignoreCase;
  let best: { item: Value; key: Value } | undefined;
  for (const item of iterate(value)) {
    const key = post(getter(item));
    if (best === undefined || isOrdered(sign, key, best.key)) best = { item, key };
  }
  return best === undefined ? new Undefined("No aggregated item, sequence was empty.") : best.item;
}

function sum(value: Value, attribute: Value | undefined, start: Value | undefined): Value {
  const getter = makeGetter(attribute);
  let total: Value = start ?? 0n;
  if (isText(total)) raise("TypeError", "sum() can't sum strings: use the filter `join`");
  for (const item of iterate(value)) total = operate("+", total, getter(item));
  return total;
}

function* unique(value: Value, caseSensitive: Value | undefined, attribute: Value | undefined): Generator<Value> {
  const getter = makeGetter(attribute);
  const post = flag(caseSensitive) ? keep : ignoreCase;
  const seen = new Set<string>();
  for (const item of iterate(value)) {
    const key = hashKey(post(getter(item)));
    if (seen.has(key)) continue;
    seen.add(key);
    yield item;
  }
}

function groupBy(value: Value, attribute: Value | undefined, otherwise: Value | undefined, caseSensitive: Value | undefined): Value {
  const getter = makeGetter(attribute, otherwise);
  const key = flag(caseSensitive) ? getter : (item: Value) => ignoreCase(getter(item));
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sortValues(toList(value), key, false)) {
    const group = groups.at(-1);
    if (group !== undefined && isEqual(group.key, key(item))) group.items.push(item);
    else groups.push({ key: key(item), items: [item] });
  }
  return groups.map(({ items }) => new Tuple([getter(items[0] ?? null), items], ["grouper", "list"]));
}

function dictSort(value: Value, caseSensitive: Value | undefined, by: Value | undefined, reverse: Value | undefined): Value {
  const part = by === undefined ? "key" : wantText(by, "by");
  if (part !== "key" && part !== "value") raise("FilterArgumentError", 'You can only sort by either "key" or "value"');
  if (!(value instanceof Dict)) return raise("TypeError", `dictsort takes a dict, not ${typeName(refuseUndefined(value))}`);
  const post = flag(caseSensitive) ? keep : ignoreCase;
  const pairs = sortValues(value.entries(), (entry) => post(entry[part === "key" ? 0 : 1]), flag(reverse));
  return pairs.map((pair) => new Tuple(pair));
}

function indent(value: Value, width: Value | undefined, isFirst: Value | undefined, blank: Value | undefined): Value {
  const by = width !== undefined && isText(width) ? textOf(width) : " ".repeat(Math.max(wantInteger(width, "width", 4), 0));
  limitText(by.length);
  if (!isText(value)) return raise("TypeError", `indent takes a text, not ${typeName(refuseUndefined(value))}`);
  const lines = splitLines(`${textOf(value)}\n`);
  limitText(textOf(value).length + lines.length * by.length);
  const body = lines.map((line, index) => (index > 0 && (line !== "" || flag(blank)) ? by + line : line)).join("\n");
  return like(value, flag(isFirst) ? by + body : body);
}

function truncateText(
  value: Value,
  length: Value | undefined,
  killWords: Value | undefined,
  end: Value | undefined,
  leeway: Value | undefined,
): Value {
  const size = wantInteger(length, "length", 255);
  const tail = end === undefined ? "..." : wantText(end, "end");
  const slack = leeway === undefined || leeway === null ? 5 : wantInteger(leeway, "leeway");
  if (size < codePointLength(tail)) raise("AssertionError", `expected length >= ${codePointLength(tail)}, got ${size}`);
  if (slack < 0) raise("AssertionError", `expected leeway >= 0, got ${slack}`);
  if (lengthOf(value) <= size + slack) return value;
  if (!isText(value)) return raise("TypeError", `truncate takes a text, not ${typeName(value)}`);
  const points = [...textOf(value)];
  const cut = points.slice(0, size - codePointLength(tail)).join("");
  const space = cut.lastIndexOf(" ");
  return like(value, (flag(killWords) || space < 0 ? cut : cut.slice(0, space)) + tail);
}

function* batch(value: Value, count: Value | undefined, fill: Value | undefined): Generator<Value> {
  const size = wantInteger(count, "linecount");
  let line: Value[] = [];
  for (const item of iterate(value)) {
    if (line.length === size) {
      yield line;
      line = [];
    }
    line.push(item);
  }
  if (line.length === 0) return;
  if (fill !== undefined && fill !== null) {
    limitItems(size);
    while (line.length < size) line.push(fill);
  }
  yield line;
}

function* sliceItems(value: Value, slices: Value | undefined, fill: Value | undefined): Generator<Value> {
  const count = wantInteger(slices, "slices");
  if (count === 0) raise("ZeroDivisionError", "integer division or modulo by zero");
  const items = toList(value);
  const size = Math.floor(items.length / count);
  const larger = items.length % count;
  for (let i = 0, start = 0; i < count; i++) {
    const end = start + size + (i < larger ? 1 : 0);
    const part = items.slice(start, end);
    if (fill !== undefined && fill !== null && i >= larger) part.push(fill);
    yield part;
    start = end;
  }
}

function fileSize(value: Value, binary: Value | undefined): Value {
  const given = isText(value)
    ? parseFloatText(textOf(value))
    : isNumber(value)
      ? toFloat(value)
      : raise("TypeError", `float() argument must be a number, not ${typeName(refuseUndefined(value))}`);
  const bytes = given === undefined ? raise("ValueError", "could not convert string to float") : given;
  const base = flag(binary) ? 1024 : 1000;
  if (bytes === 1) return "1 Byte";
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const prefixes = flag(binary)
    ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
  const index = prefixes.findIndex((_, position) => bytes < base ** (position + 2));
  const chosen = index < 0 ? prefixes.length - 1 : index;
  return `${formatPercent("%.1f", (base * bytes) / base ** (chosen + 2)) as string} ${prefixes[chosen]}`;
}

function quoteUrl(value: Value, query: boolean): string {
  const text = toText(value);
  let quoted = "";
  for (const byte of new TextEncoder().encode(text)) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9_.~-]/.test(char) || (char === "/" && !query)) quoted += char;
    else quoted += query && char === " " ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return quoted;
}

function urlEncode(value: Value): Value {
  refuseUndefined(value);
  if (isText(value) || !isIterable(value)) return quoteUrl(value, false);
  const pairs = value instanceof Dict ? value.entries() : toList(value).map(toList);
  return pairs
    .map(([key, item, ...rest]) => {
      if (key === undefined || item === undefined || rest.length > 0) return raise("ValueError", "urlencode takes a text, a dict or pairs");
      return `${quoteUrl(key, true)}=${quoteUrl(item, true)}`;
    })
    .join("&");
}

function xmlAttributes(value: Value, autospace: Value | undefined): Value {
  if (!(value instanceof Dict)) return raise("TypeError", "xmlattr takes a dict");
  const parts = value.entries().flatMap(([key, item]) => {
    if (item === null || item instanceof Undefined) return [];
    if (/[\s/>=]/.test(toText(key))) raise("ValueError", `Invalid character in attribute name: ${toText(key)}`);
    return [`${escapeHtml(key).text}="${escapeHtml(item).text}"`];
  });
  const text = parts.join(" ");
  return text !== "" && flag(autospace ?? true) ? ` ${text}` : text;
}

function toJson(value: Value, indentation: Value | undefined): Value {
  const width =
    indentation === undefined || indentation === null
      ? null
      : isText(indentation)
        ? textOf(indentation)
        : wantInteger(indentation, "indent");
  const text = dumpJson(value, { sortKeys: true, indent: width, ensureAscii: true });
  return new Markup(text.replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026").replaceAll("'", "\\u0027"));
}

// Airflow's filters take anything that has strftime and isoformat.
function onTime(format: (value: DateTimeValue | DateValue | TimeValue) => string): Filter {
  return {
    parameters: [],
    apply: (value) => {
      if (value === null) return null;
      if (value instanceof DateTimeValue || value instanceof DateValue || value instanceof TimeValue) return format(value);
      return raise("AttributeError", `this filter takes a date such as logical_date, not ${typeName(refuseUndefined(value))}`);
    },
  };
}

function isoOf(value: DateTimeValue | DateValue | TimeValue): string {
  if (value instanceof DateTimeValue) return isoText(value);
  return value instanceof DateValue ? dateText(value) : clockText(value);
}

function notHere(name: string): Filter {
  return {
    parameters: ["a?", "b?", "c?", "d?", "e?"],
    apply: () => raise("Refused", `the filter \`${name}\` is not available in a local run`),
  };
}

const dateFilter = onTime((value) => formatTime(value, "%Y-%m-%d"));
const escapeFilter: Filter = { parameters: [], apply: (value) => escapeHtml(refuseUndefined(value)) };
const lengthFilter: Filter = { parameters: [], apply: (value) => BigInt(lengthOf(value)) };
const defaultFilter: Filter = {
  parameters: ["default_value?", "boolean?"],
  apply: (value, otherwise, boolean) =>
    value instanceof Undefined || (flag(boolean) && !isTrue(value)) ? (otherwise === undefined ? "" : otherwise) : value,
};

const FILTERS: { readonly [name: string]: Filter } = {
  abs: { parameters: [], apply: absolute },
  attr: { parameters: ["name"], apply: (value, name) => getOnlyAttribute(value, wantText(name, "name")) },
  batch: { parameters: ["linecount", "fill_with?"], apply: (value, count, fill) => new Generator_(batch(value, count, fill), "generator") },
  capitalize: onText(capitalizeText),
  center: onText((text, width) => String(TEXT_METHODS.center?.call(text, width ?? 80n)), ["width?"]),
  count: lengthFilter,
  d: defaultFilter,
  default: defaultFilter,
  dictsort: { parameters: ["case_sensitive?", "by?", "reverse?"], apply: dictSort },
  e: escapeFilter,
  escape: escapeFilter,
  filesizeformat: { parameters: ["binary?"], apply: fileSize },
  first: { parameters: [], apply: first },
  float: { parameters: ["default?"], apply: toFloatOr },
  forceescape: { parameters: [], apply: (value) => escapeHtml(toText(value)) },
  groupby: { parameters: ["attribute", "default?", "case_sensitive?"], apply: groupBy },
  indent: { parameters: ["width?", "first?", "blank?"], apply: indent },
  int: { parameters: ["default?", "base?"], apply: toInt },
  items: {
    parameters: [],
    apply: (value) => {
      if (value instanceof Undefined) return [];
      if (!(value instanceof Dict)) return raise("TypeError", "Can only get item pairs from a mapping.");
      return new Generator_(
        value.entries().map((pair) => new Tuple(pair)),
        "generator",
      );
    },
  },
  join: { parameters: ["d?", "attribute?"], apply: join },
  last: { parameters: [], apply: last },
  length: lengthFilter,
  list: { parameters: [], apply: toList },
  lower: onText((text) => text.toLowerCase()),
  max: {
    parameters: ["case_sensitive?", "attribute?"],
    apply: (value, sensitive, attribute) => smallest(value, sensitive, attribute, ">"),
  },
  min: {
    parameters: ["case_sensitive?", "attribute?"],
    apply: (value, sensitive, attribute) => smallest(value, sensitive, attribute, "<"),
  },
  pprint: notHere("pprint"),
  random: {
    parameters: [],
    apply: () => raise("Refused", "the filter `random` gives another value in every run, so that nothing that uses it can be repeated"),
  },
  replace: {
    parameters: ["old", "new", "count?"],
    apply: (value, old, replacement, count) => {
      const times = count === undefined || count === null ? -1 : wantInteger(count, "count");
      return replaceText(toText(value), toText(old ?? null), toText(replacement ?? null), times);
    },
  },
  reverse: { parameters: [], apply: reverseValue },
  round: { parameters: ["precision?", "method?"], apply: roundValue },
  safe: { parameters: [], apply: (value) => new Markup(toText(value)) },
  slice: {
    parameters: ["slices", "fill_with?"],
    apply: (value, slices, fill) => new Generator_(sliceItems(value, slices, fill), "generator"),
  },
  sort: {
    parameters: ["reverse?", "case_sensitive?", "attribute?"],
    apply: (value, reverse, sensitive, attribute) =>
      sortValues(toList(value), makeGetters(attribute, flag(sensitive) ? keep : ignoreCase), flag(reverse)),
  },
  string: { parameters: [], apply: softText },
  striptags: { parameters: [], apply: (value) => stripTags(toText(value)) },
  sum: { parameters: ["attribute?", "start?"], apply: sum },
  // It is put together anew, and so no longer escaped.
  title: { parameters: [], apply: (value) => titleText(toText(value)) },
  tojson: { parameters: ["indent?"], apply: toJson },
  trim: onText((text, chars) => stripText(text, chars, true, true), ["chars?"]),
  truncate: { parameters: ["length?", "killwords?", "end?", "leeway?"], apply: truncateText },
  unique: {
    parameters: ["case_sensitive?", "attribute?"],
    apply: (value, sensitive, attribute) => new Generator_(unique(refuseUndefined(value), sensitive, attribute), "generator"),
  },
  upper: onText((text) => text.toUpperCase()),
  urlencode: { parameters: [], apply: urlEncode },
  urlize: notHere("urlize"),
  wordcount: { parameters: [], apply: (value) => BigInt([...toText(value).matchAll(/[\p{L}\p{N}_]+/gu)].length) },
  wordwrap: notHere("wordwrap"),
  xmlattr: { parameters: ["autospace?"], apply: xmlAttributes },
  ds: dateFilter,
  ds_nodash: onTime((value) => formatTime(value, "%Y%m%d")),
  ts: onTime(isoOf),
  ts_nodash: onTime((value) => formatTime(value, "%Y%m%dT%H%M%S")),
  ts_nodash_with_tz: onTime((value) => isoOf(value).replaceAll("-", "").replaceAll(":", "")),
};

const named = ["format", "map", "select", "reject", "selectattr", "rejectattr"];

/** All filters that a template may name. */
export const FILTER_NAMES: ReadonlySet<string> = new Set([...Object.keys(FILTERS), ...named]);

/** Filters that Airflow has and a local run has not. */
export const FILTERS_NOT_HERE: readonly string[] = ["pprint", "random", "urlize", "wordwrap"];

/** Applies a filter by name. */
export function applyFilter(name: string, value: Value, args: readonly Value[], keywords: Keywords): Value {
  switch (name) {
    case "format": {
      if (args.length > 0 && keywords.size > 0)
        raise("FilterArgumentError", "can't handle positional and keyword arguments at the same time");
      return formatPercent(softText(value), keywords.size > 0 ? Dict.of(keywords) : new Tuple(args));
    }
    case "map":
      return new Generator_(mapItems(refuseUndefined(value), args, keywords), "generator");
    case "select":
    case "reject":
    case "selectattr":
    case "rejectattr":
      return new Generator_(selectItems(name, refuseUndefined(value), args, keywords), "generator");
    default: {
      const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
      if (filter === undefined) throw new PythonError("TypeError", `No filter named '${name}'${didYouMean(name, FILTER_NAMES)}`);
      return filter.apply(value, ...bind(name, filter.parameters, args, keywords));
    }
  }
}

function* mapItems(value: Value, args: readonly Value[], keywords: Keywords): Generator<Value> {
  if (!isTrue(value)) return;
  const attribute = keywords.get("attribute");
  if (args.length === 0 && attribute !== undefined) {
    const unknown = [...keywords.keys()].find((name) => name !== "attribute" && name !== "default");
    if (unknown !== undefined) raise("FilterArgumentError", `Unexpected keyword argument '${unknown}'`);
    const getter = makeGetter(attribute, keywords.get("default"));
    for (const item of iterate(value)) yield getter(item);
    return;
  }
  const [name, ...rest] = args;
  if (name === undefined) raise("FilterArgumentError", "map requires a filter argument");
  const filter = wantText(name, "the name of a filter");
  for (const item of iterate(value)) yield applyFilter(filter, item, rest, keywords);
}

function* selectItems(filter: string, value: Value, args: readonly Value[], keywords: Keywords): Generator<Value> {
  if (!isTrue(value)) return;
  const byAttribute = filter.endsWith("attr");
  if (byAttribute && args[0] === undefined) raise("FilterArgumentError", "Missing parameter for attribute name");
  const getter = byAttribute ? makeGetter(args[0]) : keep;
  const [name, ...rest] = byAttribute ? args.slice(1) : args;
  const wanted = filter.startsWith("select");
  for (const item of iterate(value)) {
    const candidate = getter(item);
    const holds =
      name === undefined ? isTrue(candidate) : applyTest(wantText(name, "the name of a test"), candidate, rest, keywords, FILTER_NAMES);
    if (holds === wanted) yield item;
  }
}
