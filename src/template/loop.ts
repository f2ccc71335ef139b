/** The `loop` of a for loop. */
import { define } from "./values/arguments.ts";
import { isEqual } from "./values/compare.ts";
import { raise } from "./values/error.ts";
import { Callable, Tuple, Undefined, type Value } from "./values/types.ts";

export interface Loop {
  readonly value: Callable;
  /** To the next item; before the first one, too. */
  readonly advance: () => void;
}

/** `recurse` renders the loop again over children; undefined unless the loop is `recursive`. */
export function makeLoop(items: readonly Value[], depth: number, recurse: ((children: Value) => Value) | undefined): Loop {
  let index = -1;
  let last: Value | undefined;
  const attribute = (name: string): Value | undefined => {
    switch (name) {
      case "index":
        return BigInt(index + 1);
      case "index0":
        return BigInt(index);
      case "revindex":
        return BigInt(items.length - index);
      case "revindex0":
        return BigInt(items.length - index - 1);
      case "first":
        return index === 0;
      case "last":
        return index === items.length - 1;
      case "length":
        return BigInt(items.length);
      case "depth":
        return BigInt(depth + 1);
      case "depth0":
        return BigInt(depth);
      case "previtem":
        return items[index - 1] ?? (index === 0 ? new Undefined("there is no previous item") : null);
      case "nextitem":
        return items[index + 1] ?? (index + 1 === items.length ? new Undefined("there is no next item") : null);
      case "cycle":
        return new Callable(name, (args) => args[index % Math.max(args.length, 1)] ?? raise("TypeError", "no items for cycling given"));
      case "changed":
        return new Callable(name, (args) => {
          const now = new Tuple(args);
          const changed = last === undefined || !isEqual(last, now);
          last = now;
          return changed;
        });
      default:
        return undefined;
    }
  };
  const call = define("loop", ["/", "iterable"], (children) => {
    if (recurse === undefined) return raise("TypeError", "The loop must have the 'recursive' marker to be called recursively.");
    return recurse(children ?? null);
  });
  return {
    value: new Callable("loop", call.call, attribute),
    advance: () => {
      index += 1;
    },
  };
}
