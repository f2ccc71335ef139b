/** What lies in a cache folder: a line for each thing that a launcher would make again. */
import { readdirSync, readFileSync, rmSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { measureFolder } from "./used.ts";

export interface Cached {
  readonly kind: "code" | "python" | "launcher";
  /** The digest of a code folder, the key of an environment, the requirement of a launcher. */
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since the epoch, true to the hour. */
  readonly used: number;
  /** Absolute; the first says that it is there, so it goes first. */
  readonly paths: readonly string[];
}

/** Everything in the cache folder `cache`, the least recently used first. */
export function listCached(cache: string): readonly Cached[] {
  const found = [...listCode(join(cache, "code")), ...listEnvironments(join(cache, "python")), ...listLaunchers(join(cache, "launcher"))];
  return found.sort((a, b) => a.used - b.used || (a.name < b.name ? -1 : 1));
}

/** Removes it; a launcher that wants it next makes it again. */
export function removeCached({ paths }: Cached): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true, maxRetries: 2 });
}

function listCode(folder: string): Cached[] {
  return names(folder).flatMap((name) => {
    const facts = factsOf(join(folder, name));
    if (facts === undefined) return [];
    // A folder was made by an older launcher.
    const bytes = facts.isDirectory() ? measureFolder(join(folder, name)).bytes : facts.size;
    return [{ kind: "code", name: name.replace(/\.tar$/, ""), bytes, used: facts.mtimeMs, paths: [join(folder, name)] }];
  });
}

function listEnvironments(folder: string): Cached[] {
  return names(folder).flatMap((name) => {
    const ready = join(folder, name);
    const facts = name.endsWith(".ready") ? factsOf(ready) : undefined;
    const [made = ""] = facts === undefined ? [] : readFileSync(ready, "utf8").split(" ");
    if (facts === undefined || !/^[\w-]+$/.test(made) || factsOf(join(folder, made)) === undefined) return [];
    const { bytes } = measureFolder(join(folder, made));
    return [{ kind: "python", name: name.slice(0, -".ready".length), bytes, used: facts.mtimeMs, paths: [ready, join(folder, made)] }];
  });
}

function listLaunchers(folder: string): Cached[] {
  return names(folder).flatMap((name) => {
    const ready = join(folder, name, "ready");
    const facts = factsOf(ready);
    if (facts === undefined) return [];
    return [
      { kind: "launcher", name, bytes: measureFolder(join(folder, name)).bytes, used: facts.mtimeMs, paths: [ready, join(folder, name)] },
    ];
  });
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function factsOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
