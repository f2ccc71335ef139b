/** Jinja's own functions: range, dict, namespace, cycler, joiner. */
import { define, wantInteger, wantText } from "./values/arguments.ts";
import { makeDict } from "./values/container-methods.ts";
import { raise } from "./values/error.ts";
import { Callable, HostObject, Range, type Value } from "./values/types.ts";

/** As many as Jinja's sandbox allows (sandbox.MAX_RANGE). */
const MAX_RANGE = 100_000;

const namespaces = new WeakMap<HostObject, Map<string, Value>>();

/** What `set ns.name = …` writes to; undefined for what is no namespace(). */
export function namespaceFields(object: HostObject): Map<string, Value> | undefined {
  return namespaces.get(object);
}

function makeRange(first: Value | undefined, second: Value | undefined, third: Value | undefined): Value {
  const start = second === undefined ? 0 : wantInteger(first, "the start");
  const stop = wantInteger(second ?? first, "the stop");
  const step = wantInteger(third, "the step", 1);
  if (step === 0) raise("ValueError", "range() arg 3 must not be zero");
  const length = Math.max(Math.ceil((stop - start) / step), 0);
  if (length > MAX_RANGE) raise("OverflowError", `Range too big. The sandbox blocks ranges larger than MAX_RANGE (${MAX_RANGE}).`);
  return new Range(BigInt(start), BigInt(stop), BigInt(step), length);
}

function makeNamespace(args: readonly Value[], keywords: ReadonlyMap<string, Value>): Value {
  const fields = new Map<string, Value>();
  for (const [key, value] of makeDict(args, keywords).entries()) fields.set(wantText(key, "the name of a field"), value);
  const object = new HostObject("Namespace", null, (name) => fields.get(name));
  namespaces.set(object, fields);
  return object;
}

function makeCycler(items: readonly Value[]): Value {
  if (items.length === 0) raise("TypeError", "at least one item has to be provided");
  let index = 0;
  const current = () => items[index] ?? null;
  const next = define("next", [], () => {
    const value = current();
    index = (index + 1) % items.length;
    return value;
  });
  const reset = define("reset", [], () => {
    index = 0;
    return null;
  });
  return new HostObject(
    "Cycler",
    null,
    (name) => (name === "current" ? current() : name === "next" ? next : name === "reset" ? reset : undefined),
    ["current", "next", "reset"],
  );
}

function makeJoiner(separator: Value | undefined): Value {
  const by = separator === undefined ? ", " : wantText(separator, "the separator");
  let used = false;
  return define("joiner", [], () => {
    if (used) return by;
    used = true;
    return "";
  });
}

const GLOBALS: { readonly [name: string]: Callable } = {
  range: define("range", ["/", "start", "stop?", "step?"], makeRange),
  dict: new Callable("dict", makeDict),
  namespace: new Callable("namespace", makeNamespace),
  cycler: new Callable("cycler", makeCycler),
  joiner: define("joiner", ["sep?"], makeJoiner),
  lipsum: new Callable("lipsum", () =>
    raise("Refused", "lipsum() gives another text in every run, so that nothing that uses it can be repeated"),
  ),
};

/** Names of Jinja's own functions. */
export const GLOBAL_NAMES: readonly string[] = Object.keys(GLOBALS);

/** One of Jinja's own functions by name. */
export function findGlobal(name: string): Value | undefined {
  return Object.hasOwn(GLOBALS, name) ? GLOBALS[name] : undefined;
}
