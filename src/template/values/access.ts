/** value.name and value[key], as Jinja's sandbox looks them up. */
import { didYouMean } from "../../protocol/suggest.ts";
import { define, wantText } from "./arguments.ts";
import { dictMethod, listMethod, sequenceMethod } from "./container-methods.ts";
import { Dict, DictView } from "./dict.ts";
import { raise } from "./error.ts";
import { toList } from "./iterate.ts";
import { isText, textOf, typeName } from "./kind.ts";
import { escapeHtml } from "./markup.ts";
import { takeIndex, takeSlice } from "./slice.ts";
import { quoteText, toRepr } from "./text.ts";
import { type Access, formatFields } from "./text-format.ts";
import { TEXT_METHODS } from "./text-methods.ts";
import { timeAttribute } from "./time-methods.ts";
import { DateTimeValue, DateValue, DeltaValue, RelativeDelta, TimeValue, ZoneValue } from "./time-types.ts";
import { Callable, HostObject, type Keywords, Markup, Range, Slice, Tuple, Undefined, type Value } from "./types.ts";

/** getattr(value, name); undefined where Python raises AttributeError. */
function attributeOf(value: Value, name: string): Value | undefined {
  if (value instanceof Undefined) return raise("UndefinedError", value.message);
  if (name.startsWith("__"))
    return new Undefined(`access to attribute ${quoteText(name)} of ${quoteText(typeName(value))} object is unsafe.`);
  if (isText(value)) return textMethod(value, name);
  if (Array.isArray(value)) return listMethod(value, name);
  if (value instanceof Dict) return dictMethod(value, name);
  if (value instanceof HostObject || value instanceof Callable) return value.attribute(name);
  if (value instanceof Tuple) {
    const index = value.names.indexOf(name);
    return index >= 0 ? value.items[index] : sequenceMethod(value.items, name);
  }
  if (value instanceof Range)
    return name === "start" || name === "stop" || name === "step" ? value[name] : sequenceMethod(toList(value), name);
  if (value === null || value instanceof DictView || value instanceof Slice) return undefined;
  if (
    value instanceof DateTimeValue ||
    value instanceof DateValue ||
    value instanceof TimeValue ||
    value instanceof DeltaValue ||
    value instanceof RelativeDelta ||
    value instanceof ZoneValue
  ) {
    return timeAttribute(value, name);
  }
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" ? numberAttribute(value, name) : undefined;
}

function numberAttribute(value: number | bigint | boolean, name: string): Value | undefined {
  if (name === "real") return typeof value === "boolean" ? BigInt(value) : value;
  if (name === "imag") return typeof value === "number" ? 0 : 0n;
  if (name === "is_integer" && typeof value === "number") return define(name, [], () => Number.isInteger(value));
  if (name === "bit_length" && typeof value !== "number") {
    return define(name, [], () => BigInt(BigInt(value) === 0n ? 0 : BigInt(value).toString(2).replace("-", "").length));
  }
  return undefined;
}

const formatAccess: Access = {
  attribute: (value, name) => {
    const found = getAttribute(value, name);
    return found instanceof Undefined ? raise("AttributeError", found.message) : found;
  },
  item: (value, key) => {
    const found = getItem(value, key);
    return found instanceof Undefined ? raise("KeyError", toRepr(key)) : found;
  },
};

function textMethod(value: string | Markup, name: string): Callable | undefined {
  if (name === "format") return new Callable(name, (args, keywords) => formatFields(value, args, keywords, formatAccess));
  if (name === "format_map") {
    return define(name, ["/", "mapping"], (mapping) => {
      if (!(mapping instanceof Dict)) return raise("TypeError", "format_map() takes a dict");
      return formatFields(value, [], mapping, formatAccess);
    });
  }
  if (name === "encode") return raise("Refused", "bytes are not available in a local run");
  const method = Object.hasOwn(TEXT_METHODS, name) ? TEXT_METHODS[name] : undefined;
  if (method === undefined) return undefined;
  if (typeof value === "string") return define(name, method.parameters, (...args) => method.call(value, ...args));
  return define(name, method.parameters, (...args) => asMarkup(method.call(value.text, ...args.map(escapeArgument))));
}

function escapeArgument(value: Value | undefined): Value | undefined {
  if (typeof value === "string") return escapeHtml(value).text;
  return Array.isArray(value) ? value.map((item) => escapeHtml(item).text) : value;
}

function asMarkup(value: Value): Value {
  if (typeof value === "string") return new Markup(value);
  if (Array.isArray(value)) return value.map(asMarkup);
  return value instanceof Tuple ? new Tuple(value.items.map(asMarkup)) : value;
}

/** value[key]; undefined where Python raises LookupError or TypeError. */
function itemOf(value: Value, key: Value): Value | undefined {
  if (key instanceof Undefined) return raise("UndefinedError", key.message);
  if (value instanceof Dict) return key instanceof Slice || Array.isArray(key) || key instanceof Dict ? undefined : value.get(key);
  return key instanceof Slice ? takeSlice(value, key) : takeIndex(value, key);
}

function describe(value: Value): string {
  return value === null ? "None" : `${quoteText(`${typeName(value)} object`)}`;
}

function namesOf(value: Value): Iterable<string> {
  if (value instanceof Dict) return value.entries().flatMap(([key]) => (typeof key === "string" ? [key] : []));
  if (value instanceof HostObject) return value.names;
  if (isText(value)) return [...Object.keys(TEXT_METHODS), "format"];
  return value instanceof Tuple ? value.names : [];
}

/** `value.name`: the attribute, else the item, else an undefined value. */
export function getAttribute(value: Value, name: string): Value {
  const attribute = attributeOf(value, name);
  if (attribute !== undefined) return attribute;
  const item = itemOf(value, name);
  return item === undefined ? missing(value, name) : item;
}

/** `value[key]`: the item, else the attribute, else an undefined value. */
export function getItem(value: Value, key: Value): Value {
  if (value instanceof Undefined) return raise("UndefinedError", value.message);
  const item = itemOf(value, key);
  if (item !== undefined) return item;
  if (isText(key)) return getOnlyAttribute(value, textOf(key));
  return new Undefined(`${describe(value)} has no element ${key instanceof Slice ? "of that slice" : toRepr(key)}`);
}

/** `value[a:b]`, which Jinja takes past its own look-up: what cannot be sliced is an error at once. */
export function getSlice(value: Value, slice: Slice): Value {
  const taken = takeSlice(value, slice);
  return taken === undefined ? raise("TypeError", `'${typeName(value)}' object cannot be sliced`) : taken;
}

function missing(value: Value, name: string): Undefined {
  return new Undefined(`${describe(value)} has no attribute ${quoteText(name)}${didYouMean(name, namesOf(value))}`);
}

/** obj.name, and nothing else: the filter `attr`. */
export function getOnlyAttribute(value: Value, name: string): Value {
  const attribute = attributeOf(value, name);
  return attribute === undefined ? missing(value, name) : attribute;
}

/** Calls a function, method or class. */
export function callValue(callee: Value, args: readonly Value[], keywords: Keywords): Value {
  if (callee instanceof Callable) return callee.call(args, keywords);
  if (callee instanceof Undefined) return raise("UndefinedError", callee.message);
  return raise(
    "TypeError",
    `'${typeName(callee)}' object is not callable${callee === null ? "" : ": it is a value, leave the parentheses out"}`,
  );
}

/** An attribute path of a filter, `a.b.0`, or an index; undefined values become `otherwise` when it is given. */
export function makeGetter(attribute: Value | undefined, otherwise?: Value): (value: Value) => Value {
  if (attribute === undefined || attribute === null) return (value) => value;
  const parts: Value[] = isText(attribute)
    ? textOf(attribute)
        .split(".")
        .map((part) => (/^\d+$/.test(part) ? BigInt(part) : part))
    : [attribute];
  return (value) => {
    let reached = value;
    for (const part of parts) {
      reached = getItem(reached, part);
      if (otherwise !== undefined && otherwise !== null && reached instanceof Undefined) reached = otherwise;
    }
    return reached;
  };
}

/** Attribute paths with commas between them; the values as a list. */
export function makeGetters(attribute: Value | undefined, post: (value: Value) => Value): (value: Value) => Value[] {
  const paths = attribute !== undefined && isText(attribute) ? wantText(attribute, "attribute").split(",") : [attribute];
  const getters = paths.map((path) => makeGetter(path));
  return (value) => getters.map((getter) => post(getter(value)));
}
