/** Python's dict and its views. */
import { hashKey } from "./hash.ts";
import { Tuple, type Value } from "./types.ts";

/** A dict in order of insertion; 1, 1.0 and True are one key, as in Python. */
export class Dict {
  private readonly map = new Map<string, [Value, Value]>();
  get size(): number {
    return this.map.size;
  }
  get(key: Value): Value | undefined {
    return this.map.get(hashKey(key))?.[1];
  }
  has(key: Value): boolean {
    return this.map.has(hashKey(key));
  }
  set(key: Value, value: Value): void {
    const hash = hashKey(key);
    const old = this.map.get(hash);
    if (old === undefined) this.map.set(hash, [key, value]);
    else old[1] = value;
  }
  delete(key: Value): boolean {
    return this.map.delete(hashKey(key));
  }
  clear(): void {
    this.map.clear();
  }
  entries(): [Value, Value][] {
    return [...this.map.values()];
  }
  static of(entries: Iterable<readonly [Value, Value]>): Dict {
    const dict = new Dict();
    for (const [key, value] of entries) dict.set(key, value);
    return dict;
  }
}

/** dict.keys(), dict.values(), dict.items(). */
export class DictView {
  readonly dict: Dict;
  readonly part: "keys" | "values" | "items";
  constructor(dict: Dict, part: "keys" | "values" | "items") {
    this.dict = dict;
    this.part = part;
  }
  items(): Value[] {
    const entries = this.dict.entries();
    if (this.part === "keys") return entries.map(([key]) => key);
    return this.part === "values" ? entries.map(([, value]) => value) : entries.map((entry) => new Tuple(entry));
  }
}
