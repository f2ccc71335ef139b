/** Python expressions as a small tree, and Python's literals. `print.ts` lays them out. */
import { isJsonObject, type Json, type JsonObject } from "../../protocol/json.ts";

export type Expression =
  /** Printed as it is: a name, a number, a constant. */
  | { readonly kind: "code"; readonly code: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "call"; readonly callee: string; readonly args: readonly Argument[] }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "dict"; readonly entries: readonly Entry[] };

/** A positional argument when it has no name; `**value` when the name is `**`. */
export interface Argument {
  readonly name?: string;
  readonly value: Expression;
}

/** `**value` when it has no key. */
export interface Entry {
  readonly key?: string;
  readonly value: Expression;
}

/** Code that is printed as it is. */
export const code = (text: string): Expression => ({ kind: "code", code: text });

/** A string literal of this very text. */
export const string = (text: string): Expression => ({ kind: "string", text });

/** A call; the keys of `given` are the names of its arguments. */
export function call(callee: string, positional: readonly Expression[], given: Named): Expression {
  return { kind: "call", callee, args: [...positional.map((value) => ({ value })), ...named(given)] };
}

/** Values by argument name; `undefined` leaves the argument out. */
export interface Named {
  readonly [name: string]: Expression | undefined;
}

/** Named arguments, in the order of the keys. */
export function named(given: Named): readonly Argument[] {
  const args: Argument[] = [];
  for (const [name, value] of Object.entries(given)) if (value !== undefined) args.push({ name, value });
  return args;
}

/** Named arguments of JSON values; `**{"not": …}` holds those whose names Python would not take. */
export function literalArguments(values: JsonObject): readonly Argument[] {
  const args: Argument[] = [];
  const odd: [string, Json][] = [];
  for (const [name, value] of Object.entries(values)) {
    if (isIdentifier(name)) args.push({ name, value: literal(value) });
    else odd.push([name, value]);
  }
  return odd.length === 0 ? args : [...args, { name: "**", value: literal(Object.fromEntries(odd)) }];
}

/** A JSON value as a Python literal. */
export function literal(value: Json): Expression {
  if (value === null) return code("None");
  if (typeof value === "boolean") return code(value ? "True" : "False");
  if (typeof value === "number") return code(String(value).replace("e+", "e"));
  if (typeof value === "string") return string(value);
  if (!isJsonObject(value)) return { kind: "list", items: value.map(literal) };
  return { kind: "dict", entries: Object.entries(value).map(([key, item]) => ({ key, value: literal(item) })) };
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !keywords.has(name);
}

/** Words that Python 3 reserves. */
export const keywords: ReadonlySet<string> = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if import in is " +
    "lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

/** Characters that a reader cannot see or that change the reading: control, format, surrogate, private, separators but the space. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** Printable ASCII without `"` and `\`: most texts, and nothing in them needs a second look. */
const plain = /^[\x20!\x23-\x5b\x5d-\x7e]*$/;

/** What may need another spelling in a literal. */
const special = /["'\\]|[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** The text of a one-line literal, in the quotes that ruff would choose. */
export function quote(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  const quotes = text.match(/"/g)?.length ?? 0;
  const mark = quotes > (text.match(/'/g)?.length ?? 0) ? "'" : '"';
  const body = text.replace(special, (char) => (char === mark ? `\\${mark}` : char === '"' || char === "'" ? char : escapeChar(char)));
  return `${mark}${body}${mark}`;
}

/** A triple-quoted literal of several lines, or nothing when it would not be plain to read. */
export function tripleQuote(text: string): string | undefined {
  if (!text.includes("\n")) return undefined;
  if (!/\n./s.test(text) || text.includes('"""') || /[ \t](?:\n|$)/.test(text) || unseen.test(text.replaceAll(/[\n\t]/g, "")))
    return undefined;
  const body = text.replaceAll("\\", "\\\\").replace(/"$/, '\\"');
  return `"""\\\n${body}"""`;
}

function escapeChar(char: string): string {
  switch (char) {
    case "\\":
      return "\\\\";
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    case "\t":
      return "\\t";
  }
  if (!unseen.test(char)) return char;
  const point = char.codePointAt(0) ?? 0;
  if (point <= 0xff) return `\\x${point.toString(16).padStart(2, "0")}`;
  return point <= 0xffff ? `\\u${point.toString(16).padStart(4, "0")}` : `\\U${point.toString(16).padStart(8, "0")}`;
}
