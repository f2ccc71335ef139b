/**
 * What a computation looked up in tables that others fill, so that it need not be done again while it would find the same. What it
 * never asked for may change as it likes.
 */
import type { Names } from "../catalog/catalog.ts";
import { isSame } from "../parse/kept.ts";

/** Asked for a name. One without `names` cannot tell which it has. */
export interface Table {
  readonly ask: (name: string) => unknown;
  readonly names?: () => readonly string[];
}

/** Tables by name at one moment, and what became different in them since another moment. */
export interface Tables {
  readonly now: { readonly [name: string]: Table };
  /** Stands for the moment. */
  readonly moment: object;
  readonly since?: object;
  /** By table, without those that are the same; undefined where the differences are not known. */
  readonly changed: ReadonlyMap<string, ReadonlySet<string> | undefined>;
}

export function tableOfMap(map: ReadonlyMap<string, unknown>): Table {
  return { ask: (name) => map.get(name), names: () => [...map.keys()] };
}

export function tableOfNames(names: Names): Table {
  return { ask: (name) => names.has(name), names: () => [...names] };
}

export class Lookups {
  /** By table, then by what was asked for. */
  readonly #found = new Map<string, Map<string, unknown>>();
  /** Tables whose names were all read. */
  readonly #listed = new Map<string, readonly string[]>();
  #heldAt: object | undefined;

  /** The table `name` was asked for `key`, and `found` was there. */
  note(name: string, key: string, found: unknown): void {
    const before = this.#found.get(name);
    if (before !== undefined) before.set(key, found);
    else this.#found.set(name, new Map([[key, found]]));
  }

  /** The map, with a note of each question. */
  watchMap<V>(name: string, map: ReadonlyMap<string, V>): ReadonlyMap<string, V> {
    return new WatchedMap(
      map,
      (key, found) => this.note(name, key, found),
      () => this.#listed.set(name, [...map.keys()]),
    );
  }

  watchNames(name: string, names: Names): Names {
    return {
      has: (key) => {
        const found = names.has(key);
        this.note(name, key, found);
        return found;
      },
      [Symbol.iterator]: () => {
        this.#listed.set(name, [...names]);
        return names[Symbol.iterator]();
      },
    };
  }

  /** True when each question would have the same answer. */
  hold(tables: Tables): boolean {
    const held = this.#heldAt === tables.moment || this.#holds(tables);
    if (held) this.#heldAt = tables.moment;
    return held;
  }

  #holds({ now, since, changed }: Tables): boolean {
    // Of two moments that follow each other little is different.
    const recent = since !== undefined && this.#heldAt === since;
    for (const name of recent ? changed.keys() : this.#found.keys()) {
      const found = this.#found.get(name);
      const table = now[name];
      if (found === undefined || table === undefined) continue;
      const different = recent ? changed.get(name) : undefined;
      const keys = different && different.size < found.size ? different : found.keys();
      for (const key of keys) if (found.has(key) && table.ask(key) !== found.get(key)) return false;
    }
    for (const [name, names] of this.#listed) if (!isSame(names, now[name]?.names?.() ?? [])) return false;
    return true;
  }
}

/** The tables now; `before` are those of the last moment. `compared` holds what was found out about tables that others have too. */
export function tablesSince(now: Tables["now"], before: Tables | undefined, compared: Map<Table, ReadonlySet<string> | undefined>): Tables {
  const changed = new Map<string, ReadonlySet<string> | undefined>();
  if (before === undefined) return { now, moment: {}, changed };
  for (const [name, table] of Object.entries(now)) {
    const old = before.now[name];
    if (old && !compared.has(old)) compared.set(old, differencesOf(old, table));
    const differences = old && compared.get(old);
    if (differences?.size !== 0) changed.set(name, differences);
  }
  return { now, moment: {}, since: before.moment, changed };
}

function differencesOf(before: Table, now: Table): ReadonlySet<string> | undefined {
  if (before.names === undefined || now.names === undefined) return undefined;
  const differences = new Set<string>();
  for (const name of before.names()) if (before.ask(name) !== now.ask(name)) differences.add(name);
  for (const name of now.names()) if (before.ask(name) !== now.ask(name)) differences.add(name);
  return differences;
}

class WatchedMap<V> implements ReadonlyMap<string, V> {
  readonly #map: ReadonlyMap<string, V>;
  readonly #onGet: (key: string, found: V | undefined) => void;
  readonly #onList: () => void;

  constructor(map: ReadonlyMap<string, V>, onGet: (key: string, found: V | undefined) => void, onList: () => void) {
    this.#map = map;
    this.#onGet = onGet;
    this.#onList = onList;
  }

  get(key: string): V | undefined {
    const found = this.#map.get(key);
    this.#onGet(key, found);
    return found;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    this.#onList();
    return this.#map.size;
  }

  keys(): MapIterator<string> {
    this.#onList();
    return this.#map.keys();
  }

  *entries(): MapIterator<[string, V]> {
    for (const key of this.keys()) yield [key, this.get(key) as V];
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }
}
