/**
 * A store in a folder of a file system, local or shared. Every object is written beside the store's tree (`.tmp/`), then
 * moved to its place by rename(2), or by link(2) where only one writer may win: a reader sees a whole object or none.
 * A durable object's bytes are on the disk before it gets its name; the name itself follows with the file system's journal,
 * in order, so that a power failure may lose the newest names but never shows a pointer to what is not there.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, open, readdir, readFile, rename, rmdir, stat, unlink } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { checkKey, compareKeys } from "./key.ts";
import { type Entry, type PutOptions, type Store, StoreError } from "./store.ts";

const temporary = ".tmp";

/** The store whose root is the absolute path `root`; the folder is made by the first write. */
export function createFolderStore(root: string): Store {
  if (!isAbsolute(root)) throw new StoreError("invalid", `the store's folder "${root}" must be an absolute path`);

  function place(key: string): string {
    checkKey(key);
    return join(root, key);
  }

  /** Calls `write` with a path in `.tmp/` and puts the finished file in its place. */
  async function commit(key: string, options: PutOptions | undefined, write: (path: string) => Promise<void>): Promise<boolean> {
    const target = place(key);
    const source = join(root, temporary, `${process.pid}-${randomBytes(8).toString("hex")}`);
    try {
      await inFolder(source, () => write(source));
      await inFolder(target, () => (options?.ifAbsent ? linkOrCopy(source, target) : rename(source, target)));
      if (options?.ifAbsent) await unlink(source);
      return true;
    } catch (error) {
      await unlink(source).catch(() => {});
      if (options?.ifAbsent && codeOf(error) === "EEXIST") return false;
      throw storeError(error, `write "${key}" to`, root);
    }
  }

  return {
    url: root,
    async get(key) {
      const path = place(key);
      return reading(key, root, () => readFile(path));
    },
    async head(key) {
      const path = place(key);
      const found = await reading(key, root, () => stat(path));
      return found?.isFile() ? { key, size: found.size, modified: found.mtimeMs } : undefined;
    },
    put(key, bytes, options) {
      return commit(key, options, async (path) => {
        const file = await open(path, "wx", 0o644);
        try {
          await file.writeFile(bytes);
          if (options?.durable !== false) await file.sync();
        } finally {
          await file.close();
        }
      });
    },
    putFile(key, source, options) {
      return commit(key, options, async (path) => {
        await copyFile(source, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
        const file = await open(path, "r+");
        try {
          await file.chmod(0o644);
          if (options?.durable !== false) await file.sync();
        } finally {
          await file.close();
        }
      });
    },
    async getFile(key, target) {
      const path = place(key);
      // A missing folder around `target` must not read as a missing key.
      if (!(await reading(key, root, () => stat(path)))?.isFile()) return false;
      try {
        await copyFile(path, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
        return true;
      } catch (error) {
        throw storeError(error, `copy "${key}" from`, root);
      }
    },
    async *list(prefix) {
      checkKey(prefix);
      yield* walk(root, prefix);
    },
    async folders(prefix) {
      const path = place(prefix);
      const entries = (await reading(prefix, root, () => readdir(path, { withFileTypes: true }))) ?? [];
      return entries
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort(compareKeys);
    },
    async delete(key) {
      const path = place(key);
      try {
        await unlink(path);
        // A key prefix exists only as long as something lies under it.
        for (let folder = dirname(path); folder !== root; folder = dirname(folder)) await rmdir(folder);
      } catch (error) {
        if (!["ENOENT", "ENOTDIR", "ENOTEMPTY", "EEXIST"].includes(codeOf(error))) throw storeError(error, `delete "${key}" from`, root);
      }
    },
  };
}

async function* walk(root: string, prefix: string): AsyncGenerator<Entry> {
  const folder = join(root, prefix);
  const entries = (await reading(prefix, root, () => readdir(folder, { withFileTypes: true }))) ?? [];
  // In key order `a/b` comes after `a-b`, so folders sort with their slash.
  const named = entries.map((entry) => ({ entry, order: entry.isDirectory() ? `${entry.name}/` : entry.name }));
  for (const { entry } of named.sort((a, b) => compareKeys(a.order, b.order))) {
    const key = `${prefix}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, key);
    if (!entry.isFile()) continue;
    const found = await reading(key, root, () => stat(join(root, key)));
    if (found) yield { key, size: found.size, modified: found.mtimeMs };
  }
}

/** Where the file system has no hard links, creating is still exclusive; only a reader might see the few bytes arrive. */
async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(codeOf(error))) throw error;
    await copyFile(source, target, constants.COPYFILE_EXCL);
  }
}

/** Runs `write`; when a folder on the way to `path` is missing (or was just removed as empty) makes it and tries again. */
async function inFolder(path: string, write: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || attempt === 3) throw error;
      await mkdir(dirname(path), { recursive: true });
    }
  }
}

async function reading<T>(key: string, root: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(error))) return undefined;
    throw storeError(error, `read "${key}" from`, root);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function storeError(error: unknown, doing: string, root: string): unknown {
  const code = codeOf(error);
  if (error instanceof StoreError || code === "") return error;
  const what = `could not ${doing} the store ${root}`;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new StoreError("full", `${what}: the disk is full; free some space and run again`, { cause: error });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new StoreError("denied", `${what}: permission denied; give this user the right to read and write there`, { cause: error });
  }
  const text = error instanceof Error ? error.message : String(error);
  return new StoreError("unavailable", `${what}: ${text}`, { cause: error });
}
