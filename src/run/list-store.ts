/** What lies directly under a prefix of a store: objects, and folders with all that is below them. */
import type { Store } from "../storage/store.ts";
import type { Amount } from "./collect/survey.ts";

export interface Child extends Amount {
  /** One segment of a key; a folder's ends with a slash. */
  readonly name: string;
}

/** In key order. `prefix` is without a slash at its end. */
export async function listChildren(store: Store, prefix: string): Promise<readonly Child[]> {
  const children = new Map<string, { name: string; objects: number; bytes: number; newest: number }>();
  for await (const { key, size, modified } of store.list(prefix)) {
    const rest = key.slice(prefix.length + 1);
    const slash = rest.indexOf("/");
    const name = slash < 0 ? rest : rest.slice(0, slash + 1);
    const child = children.get(name) ?? { name, objects: 0, bytes: 0, newest: 0 };
    child.objects += 1;
    child.bytes += size;
    child.newest = Math.max(child.newest, modified);
    children.set(name, child);
  }
  return [...children.values()];
}

/** All objects of a prefix, in key order. */
export async function listObjects(store: Store, prefix: string): Promise<readonly Child[]> {
  const objects: Child[] = [];
  for await (const { key, size, modified } of store.list(prefix)) objects.push({ name: key, objects: 1, bytes: size, newest: modified });
  return objects;
}
