/** Jinja's tests: what may stand behind `is`. */
import { bind, wantText } from "./values/arguments.ts";
import { isEqual, isIn, isOrdered } from "./values/compare.ts";
import { Dict } from "./values/dict.ts";
import { PythonError, raise } from "./values/error.ts";
import { isIterable, lengthOf } from "./values/iterate.ts";
import { isNumber, isText } from "./values/kind.ts";
import { operate } from "./values/operate.ts";
import { toText } from "./values/text.ts";
import { TEXT_METHODS } from "./values/text-methods.ts";
import { Callable, type Keywords, Markup, Range, Tuple, Undefined, type Value } from "./values/types.ts";

/** A test and the names of its arguments behind the value. */
export interface Test {
  readonly parameters: readonly string[];
  readonly holds: (value: Value, ...args: (Value | undefined)[]) => boolean;
}

const plain = (holds: (value: Value) => boolean): Test => ({ parameters: [], holds });
const compare = (holds: (value: Value, other: Value) => boolean): Test => ({
  parameters: ["/", "other"],
  holds: (value, other) => holds(value, other ?? null),
});
const remainder = (value: Value, by: Value) => operate("%", value, by);

function isSame(value: Value, other: Value): boolean {
  // Small ints and literals are one object in CPython; nothing else is told apart here.
  return value === other || (typeof value === "string" && typeof other === "string" && value === other);
}

function isSequence(value: Value): boolean {
  if (!(isText(value) || Array.isArray(value) || value instanceof Tuple || value instanceof Dict || value instanceof Range)) return false;
  return lengthOf(value) >= 0;
}

function textTest(name: "islower" | "isupper"): Test {
  return plain((value) => TEXT_METHODS[name]?.call(toText(value)) === true);
}

const equal = compare(isEqual);
const unequal = compare((value, other) => !isEqual(value, other));
const greater = compare((value, other) => isOrdered(">", value, other));
const atLeast = compare((value, other) => isOrdered(">=", value, other));
const less = compare((value, other) => isOrdered("<", value, other));
const atMost = compare((value, other) => isOrdered("<=", value, other));

/** All tests but `filter` and `test`, which ask for names (functions.ts). */
const TESTS: { readonly [name: string]: Test } = {
  odd: plain((value) => isEqual(remainder(value, 2n), 1n)),
  even: plain((value) => isEqual(remainder(value, 2n), 0n)),
  divisibleby: { parameters: ["num"], holds: (value, by) => isEqual(remainder(value, by ?? null), 0n) },
  defined: plain((value) => !(value instanceof Undefined)),
  undefined: plain((value) => value instanceof Undefined),
  none: plain((value) => value === null),
  boolean: plain((value) => typeof value === "boolean"),
  false: plain((value) => value === false),
  true: plain((value) => value === true),
  integer: plain((value) => typeof value === "bigint"),
  float: plain((value) => typeof value === "number"),
  lower: textTest("islower"),
  upper: textTest("isupper"),
  string: plain(isText),
  mapping: plain((value) => value instanceof Dict),
  number: plain(isNumber),
  sequence: plain(isSequence),
  iterable: plain((value) => {
    if (value instanceof Undefined && !value.lax) raise("UndefinedError", value.message);
    return value instanceof Undefined || isIterable(value);
  }),
  // An undefined value can be called, to its harm.
  callable: plain((value) => value instanceof Callable || value instanceof Undefined),
  sameas: compare(isSame),
  escaped: plain((value) => value instanceof Markup),
  in: compare(isIn),
  "==": equal,
  eq: equal,
  equalto: equal,
  "!=": unequal,
  ne: unequal,
  ">": greater,
  gt: greater,
  greaterthan: greater,
  ge: atLeast,
  ">=": atLeast,
  "<": less,
  lt: less,
  lessthan: less,
  "<=": atMost,
  le: atMost,
};

/** Names that may stand behind `is`. */
export const TEST_NAMES: readonly string[] = [...Object.keys(TESTS), "filter", "test"];

/** Applies a test by name; `filters` are the names of all filters. */
export function applyTest(name: string, value: Value, args: readonly Value[], keywords: Keywords, filters: ReadonlySet<string>): boolean {
  if (name === "filter") return filters.has(wantText(value, "the name of a filter"));
  if (name === "test") return TEST_NAMES.includes(wantText(value, "the name of a test"));
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (test === undefined) throw new PythonError("TypeError", `No test named '${name}'.`);
  return test.holds(value, ...bind(name, test.parameters, args, keywords));
}
