/** Methods of list, tuple, dict, and range. Lists and dicts change in place, as Airflow's sandbox allows. */
import { define, wantInteger } from "./arguments.ts";
import { isEqual, isTrue, sortValues } from "./compare.ts";
import { Dict, DictView } from "./dict.ts";
import { raise } from "./error.ts";
import { iterate, toList } from "./iterate.ts";
import { typeName } from "./kind.ts";
import { limitItems } from "./limits.ts";
import { sliceBounds } from "./slice.ts";
import { toRepr } from "./text.ts";
import { Callable, type Keywords, Tuple, type Value } from "./types.ts";

function indexIn(items: readonly Value[], wanted: Value, start: Value, stop: Value): bigint {
  const { from, to } = sliceBounds(items.length, start, stop);
  for (let i = from; i < to; i++) if (isEqual(items[i] ?? null, wanted)) return BigInt(i);
  return raise("ValueError", `${toRepr(wanted)} is not in list`);
}

function checkRoom(list: readonly Value[]): void {
  limitItems(list.length);
}

/** A method of list. */
export function listMethod(list: Value[], name: string): Callable | undefined {
  switch (name) {
    case "append":
      return define(name, ["/", "object"], (item) => {
        list.push(item ?? null);
        checkRoom(list);
        return null;
      });
    case "extend":
      return define(name, ["/", "iterable"], (items) => {
        for (const item of toList(items ?? null)) list.push(item);
        checkRoom(list);
        return null;
      });
    case "insert":
      return define(name, ["/", "index", "object"], (index, item) => {
        list.splice(sliceBounds(list.length, index ?? null, null).from, 0, item ?? null);
        checkRoom(list);
        return null;
      });
    case "pop":
      return define(name, ["/", "index?"], (index) => {
        if (list.length === 0) raise("IndexError", "pop from empty list");
        const at = wantInteger(index, "the index", -1);
        const real = at < 0 ? at + list.length : at;
        if (real < 0 || real >= list.length) raise("IndexError", "pop index out of range");
        return list.splice(real, 1)[0] ?? null;
      });
    case "remove":
      return define(name, ["/", "value"], (value) => {
        list.splice(Number(indexIn(list, value ?? null, null, null)), 1);
        return null;
      });
    case "clear":
      return define(name, [], () => {
        list.length = 0;
        return null;
      });
    case "copy":
      return define(name, [], () => [...list]);
    case "reverse":
      return define(name, [], () => {
        list.reverse();
        return null;
      });
    case "sort":
      return define(name, ["*", "key?", "reverse?"], (key, reverse) => {
        const by = key instanceof Callable ? (item: Value) => key.call([item], new Map()) : (item: Value) => item;
        list.splice(0, list.length, ...sortValues(list, by, isTrue(reverse ?? false)));
        return null;
      });
    default:
      return sequenceMethod(list, name);
  }
}

/** count() and index(), of list, tuple and range. */
export function sequenceMethod(items: readonly Value[], name: string): Callable | undefined {
  if (name === "count") return define(name, ["/", "value"], (value) => BigInt(items.filter((item) => isEqual(item, value ?? null)).length));
  if (name === "index")
    return define(name, ["/", "value", "start?", "stop?"], (value, start, stop) =>
      indexIn(items, value ?? null, start ?? null, stop ?? null),
    );
  return undefined;
}

/** A method of dict. */
export function dictMethod(dict: Dict, name: string): Callable | undefined {
  switch (name) {
    case "get":
      return define(name, ["/", "key", "default?"], (key, otherwise) => firstGiven(dict.get(key ?? null), otherwise));
    case "keys":
    case "values":
    case "items":
      return define(name, [], () => new DictView(dict, name));
    case "copy":
      return define(name, [], () => Dict.of(dict.entries()));
    case "clear":
      return define(name, [], () => {
        dict.clear();
        return null;
      });
    case "pop":
      return define(name, ["/", "key", "default?"], (key, otherwise) => {
        if (!dict.has(key ?? null) && otherwise === undefined) return raise("KeyError", toRepr(key ?? null));
        const found = firstGiven(dict.get(key ?? null), otherwise);
        dict.delete(key ?? null);
        return found;
      });
    case "popitem":
      return define(name, [], () => {
        const last = dict.entries().at(-1);
        if (last === undefined) return raise("KeyError", "'popitem(): dictionary is empty'");
        dict.delete(last[0]);
        return new Tuple(last);
      });
    case "setdefault":
      return define(name, ["/", "key", "default?"], (key, otherwise) => {
        const found = dict.get(key ?? null);
        if (found !== undefined) return found;
        dict.set(key ?? null, otherwise ?? null);
        return otherwise ?? null;
      });
    case "update":
      return new Callable(name, (args, keywords) => {
        for (const [key, value] of makeDict(args, keywords).entries()) dict.set(key, value);
        return null;
      });
    case "fromkeys":
      return define(name, ["/", "iterable", "value?"], (keys, value) => Dict.of(toList(keys ?? null).map((key) => [key, value ?? null])));
    default:
      return undefined;
  }
}

/** None is a value, so `??` would not do. */
function firstGiven(...values: readonly (Value | undefined)[]): Value {
  for (const value of values) if (value !== undefined) return value;
  return null;
}

/** dict(mapping or pairs, name=value…). */
export function makeDict(args: readonly Value[], keywords: Keywords): Dict {
  const [source, ...more] = args;
  if (more.length > 0) raise("TypeError", `dict expected at most 1 argument, got ${args.length}`);
  const dict = new Dict();
  if (source instanceof Dict) for (const [key, value] of source.entries()) dict.set(key, value);
  else if (source !== undefined) {
    for (const pair of iterate(source)) {
      const [key, value, ...rest] = toList(pair);
      if (key === undefined || value === undefined || rest.length > 0) raise("ValueError", `dict() takes pairs; ${typeName(pair)} is none`);
      dict.set(key, value);
    }
  }
  for (const [key, value] of keywords) dict.set(key, value);
  return dict;
}
