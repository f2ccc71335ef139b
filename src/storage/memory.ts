/** A store in this process's memory: for tests and for dry runs. */
import { readFile, writeFile } from "node:fs/promises";
import { checkKey, compareKeys } from "./key.ts";
import type { Entry, PutOptions, Store } from "./store.ts";

/** An empty store that lives as long as the value does. */
export function createMemoryStore(): Store {
  const objects = new Map<string, { readonly bytes: Uint8Array; readonly modified: number }>();

  function put(key: string, bytes: Uint8Array, options?: PutOptions): boolean {
    checkKey(key);
    if (options?.ifAbsent && objects.has(key)) return false;
    objects.set(key, { bytes: bytes.slice(), modified: Date.now() });
    return true;
  }

  function under(prefix: string): string[] {
    checkKey(prefix);
    return [...objects.keys()].filter((key) => key.startsWith(`${prefix}/`)).sort(compareKeys);
  }

  return {
    url: "memory:",
    async get(key) {
      checkKey(key);
      return objects.get(key)?.bytes.slice();
    },
    async head(key) {
      checkKey(key);
      const object = objects.get(key);
      return object && { key, size: object.bytes.length, modified: object.modified };
    },
    async put(key, bytes, options) {
      return put(key, bytes, options);
    },
    async putFile(key, path, options) {
      checkKey(key);
      return put(key, await readFile(path), options);
    },
    async getFile(key, path) {
      checkKey(key);
      const object = objects.get(key);
      if (!object) return undefined;
      await writeFile(path, object.bytes, { flag: "wx" });
      return {};
    },
    async *list(prefix) {
      for (const key of under(prefix)) {
        const object = objects.get(key);
        if (object) yield { key, size: object.bytes.length, modified: object.modified } satisfies Entry;
      }
    },
    async folders(prefix) {
      const names = under(prefix)
        .map((key) => key.slice(prefix.length + 1))
        .filter((rest) => rest.includes("/"))
        .map((rest) => rest.slice(0, rest.indexOf("/")));
      return [...new Set(names)].sort(compareKeys);
    },
    async delete(key) {
      checkKey(key);
      objects.delete(key);
    },
  };
}
