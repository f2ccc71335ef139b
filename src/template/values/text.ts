/** str() and repr() as Python prints them. */
import { Dict, DictView } from "./dict.ts";
import { raise } from "./error.ts";
import { typeName } from "./kind.ts";
import { countWork } from "./limits.ts";
import { floatText, integerText } from "./number.ts";
import { timeRepr, timeText } from "./time-text.ts";
import { DateTimeValue, DateValue, DeltaValue, RelativeDelta, TimeValue, ZoneValue } from "./time-types.ts";
import { Callable, Generator_, HostObject, Markup, Range, Slice, Tuple, Undefined, type Value } from "./types.ts";

/** str(value). Throws UndefinedError for an undefined one. */
export function toText(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) return value.lax ? "" : raise("UndefinedError", value.message);
  if (isTime(value)) return timeText(value);
  return toRepr(value);
}

function isTime(value: Value): value is DateTimeValue | DateValue | TimeValue | DeltaValue | RelativeDelta | ZoneValue {
  return (
    value instanceof DateTimeValue ||
    value instanceof DateValue ||
    value instanceof TimeValue ||
    value instanceof DeltaValue ||
    value instanceof RelativeDelta ||
    value instanceof ZoneValue
  );
}

/** How deep a printed value may nest. */
const MAX_NESTING = 200;

/** repr(value). */
export function toRepr(value: Value): string {
  return write(value, 0);
}

function write(value: Value, depth: number): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return integerText(value);
  if (typeof value === "number") return floatText(value);
  if (typeof value === "string") return quoteText(value);
  if (depth > MAX_NESTING) raise("Refused", `a value nested deeper than ${MAX_NESTING} levels cannot be printed`);
  countWork();
  const inner = (item: Value) => write(item, depth + 1);
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  if (value instanceof Markup) return `Markup(${quoteText(value.text)})`;
  if (value instanceof Tuple) return tupleRepr(value, inner);
  if (value instanceof Dict) return `{${dictEntries(value, inner)}}`;
  if (value instanceof DictView) return `dict_${value.part}([${value.items().map(inner).join(", ")}])`;
  if (value instanceof Range) return `range(${value.start}, ${value.stop}${value.step === 1n ? "" : `, ${value.step}`})`;
  if (value instanceof Slice) return `slice(${inner(value.start)}, ${inner(value.stop)}, ${inner(value.step)})`;
  if (value instanceof HostObject)
    return value.text ?? raise("Refused", `a ${value.type} prints otherwise in every version of Airflow: print one of its attributes`);
  // StrictUndefined refuses str() but not repr(): in a list it prints.
  if (value instanceof Undefined) return "Undefined";
  if (value instanceof Generator_) {
    return raise("TypeError", `a ${value.name} would print as its address in memory: put \`| list\` or \`| join\` behind it`);
  }
  if (value instanceof Callable)
    return raise("TypeError", `\`${value.name}\` is a function, which would print as its address in memory: call it with \`()\``);
  return isTime(value) ? timeRepr(value) : raise("TypeError", `a ${typeName(value)} cannot be printed`);
}

function tupleRepr(value: Tuple, inner: (item: Value) => string): string {
  if (value.label !== "") return `${value.label}(${value.items.map((item, index) => `${value.names[index]}=${inner(item)}`).join(", ")})`;
  return value.items.length === 1 ? `(${value.items.map(inner).join("")},)` : `(${value.items.map(inner).join(", ")})`;
}

function dictEntries(value: Dict, inner: (item: Value) => string): string {
  return value
    .entries()
    .map(([key, item]) => `${inner(key)}: ${inner(item)}`)
    .join(", ");
}

const named: { readonly [char: string]: string } = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };
/** What str.isprintable() denies, space aside. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/u;

/** repr(str): single quotes unless the text holds only single ones; what cannot be printed is escaped. */
export function quoteText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === quote) body += `\\${char}`;
    else if (named[char] !== undefined) body += named[char];
    else if (char === " " || !unprintable.test(char)) body += char;
    else if (code < 0x100) body += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code < 0x10000) body += `\\u${code.toString(16).padStart(4, "0")}`;
    else body += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return quote + body + quote;
}
