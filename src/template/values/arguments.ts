/** Binding of a call's arguments to parameters, and reading them as what a function wants. */
import { raise } from "./error.ts";
import { isText, textOf, typeName } from "./kind.ts";
import { toInteger } from "./number.ts";
import { Callable, type Keywords, Undefined, type Value } from "./types.ts";

/**
 * Arguments in the order of `parameters`; undefined where none was given. A parameter is `name`, `name?` (may be missing),
 * `*` (keyword-only from here); with `/` first, names are documentation and keywords are refused.
 */
export function bind(name: string, parameters: readonly string[], args: readonly Value[], keywords: Keywords): (Value | undefined)[] {
  const positionalOnly = parameters[0] === "/";
  const listed = positionalOnly ? parameters.slice(1) : parameters;
  const star = listed.indexOf("*");
  const names = listed.filter((parameter) => parameter !== "*");
  const positional = star < 0 ? names.length : star;
  if (args.length > positional) {
    raise(
      "TypeError",
      `${name}() takes ${positional === 0 ? "no arguments" : `at most ${positional} argument${positional === 1 ? "" : "s"}`}, ${args.length} were given`,
    );
  }
  const bound: (Value | undefined)[] = names.map((_, index) => args[index]);
  for (const [keyword, value] of keywords) {
    const index = positionalOnly ? -1 : names.findIndex((parameter) => parameter.replace("?", "") === keyword);
    if (index < 0) raise("TypeError", `${name}() has no keyword argument '${keyword}'`);
    if (bound[index] !== undefined) raise("TypeError", `${name}() got two values for its argument '${keyword}'`);
    bound[index] = value;
  }
  names.forEach((parameter, index) => {
    if (!parameter.endsWith("?") && bound[index] === undefined) raise("TypeError", `${name}() needs its argument '${parameter}'`);
  });
  return bound;
}

/** A function of Python's with bound arguments. */
export function define(name: string, parameters: readonly string[], call: (...bound: (Value | undefined)[]) => Value): Callable {
  return new Callable(name, (args, keywords) => call(...bind(name, parameters, args, keywords)));
}

/** The argument as text. */
export function wantText(value: Value | undefined, what: string): string {
  if (value !== undefined && isText(value)) return textOf(value);
  if (value instanceof Undefined) raise("UndefinedError", value.message);
  return raise("TypeError", `${what} must be a str, not ${typeName(value ?? null)}`);
}

/** The argument as an int that fits JavaScript's; `otherwise` when it was not given. */
export function wantInteger(value: Value | undefined, what: string, otherwise?: number): number {
  if (value === undefined && otherwise !== undefined) return otherwise;
  if (value instanceof Undefined) raise("UndefinedError", value.message);
  if (typeof value === "boolean" || typeof value === "bigint") {
    const number = Number(toInteger(value));
    if (!Number.isSafeInteger(number)) raise("OverflowError", `${what} is too large`);
    return number;
  }
  return raise("TypeError", `${what} must be an int, not ${typeName(value ?? null)}`);
}

/** The argument as a number. */
export function wantNumber(value: Value | undefined, what: string, otherwise?: number): number {
  if (typeof value === "number") return value;
  if (value === undefined && otherwise !== undefined) return otherwise;
  if (typeof value === "boolean" || typeof value === "bigint") return Number(toInteger(value));
  if (value instanceof Undefined) raise("UndefinedError", value.message);
  return raise("TypeError", `${what} must be a number, not ${typeName(value ?? null)}`);
}
