/**
 * A store in a folder of a file system, local or shared. Every object is written beside the store's tree (`.tmp/`), then
 * moved to its place by rename(2), or by link(2) where only one writer may win: a reader sees a whole object or none.
 * A durable object's bytes are on the disk before it gets its name. A record's name (`put`) is there when the call answers, and so is
 * every name that was given before it, since journals keep the order: a power failure loses neither a pointer nor what it points to.
 * A file's name (`putFile`) alone may be lost, until the record that names it is written.
 *
 * Names and small objects are handled by synchronous calls: each takes microseconds, where a trip to a thread and back takes a
 * hundred, and a task makes thirty of them. What may take long (big objects, fsync) is asynchronous.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  fsync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { copyFile, readFile, rmdir, unlink, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { checkKey, compareKeys, isKey } from "./key.ts";
import { type Entry, type PutOptions, type Store, StoreError } from "./store.ts";

const temporary = ".tmp";

/** Bytes of an object that is read or written by one synchronous call. */
const small = 1 << 20;

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
      await inFolder(target, () => (options?.ifAbsent ? linkOrCopy(source, target) : renameSync(source, target)));
      if (options?.ifAbsent) unlinkSync(source);
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
      return reading(key, root, () => readObject(path));
    },
    async head(key) {
      const path = place(key);
      const found = await reading(key, root, () => statSync(path));
      return found?.isFile() ? { key, size: found.size, modified: found.mtimeMs } : undefined;
    },
    async put(key, bytes, options) {
      const done = await commit(key, options, async (path) => {
        if (bytes.length > small) await writeFile(path, bytes, { flag: "wx", mode: 0o644 });
        await settle(path, bytes.length > small ? "r+" : "wx", options, (file) => {
          if (bytes.length <= small) writeAll(file, bytes);
        });
      });
      if (done && options?.durable !== false) await flushNames(dirname(place(key)));
      return done;
    },
    putFile(key, source, options) {
      return commit(key, options, async (path) => {
        await copyObject(source, path);
        await settle(path, "r+", options, (file) => fchmodSync(file, 0o644));
      });
    },
    async getFile(key, target) {
      const path = place(key);
      // A missing folder around `target` must not read as a missing key.
      if (!(await reading(key, root, () => statSync(path)))?.isFile()) return undefined;
      try {
        await copyObject(path, target);
        return {};
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
      const entries = (await reading(prefix, root, () => readdirSync(path, { withFileTypes: true }))) ?? [];
      return entries
        .filter((entry) => entry.isDirectory() && isKey(`${prefix}/${entry.name}`))
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
    async *leftovers() {
      for (const name of (await reading(temporary, root, () => readdirSync(join(root, temporary)))) ?? []) {
        const path = join(root, temporary, name);
        const found = await reading(name, root, () => statSync(path));
        if (found?.isFile())
          yield { name: `${temporary}/${name}`, size: found.size, modified: found.mtimeMs, remove: () => unlink(path).catch(() => {}) };
      }
    },
  };
}

const flush = promisify(fsync);

/** Makes the names in a folder last, and with them, in the journal's order, all that were given before. Some file systems cannot. */
async function flushNames(folder: string): Promise<void> {
  try {
    const file = openSync(folder, "r");
    try {
      await flush(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // The object is in its place; only how long that takes to last is up to the file system.
  }
}

/** Opens a file of ours, finishes it by `write`, and makes it last when it must. */
async function settle(path: string, flags: "r+" | "wx", options: PutOptions | undefined, write: (file: number) => void): Promise<void> {
  const file = openSync(path, flags, 0o644);
  try {
    write(file);
    if (options?.durable !== false) await flush(file);
  } finally {
    closeSync(file);
  }
}

/** A write may take a part only: on a full disk the next one says so. */
function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

async function readObject(path: string): Promise<Uint8Array> {
  const file = openSync(path, "r");
  try {
    if (fstatSync(file).size <= small) return readFileSync(file);
  } finally {
    closeSync(file);
  }
  return readFile(path);
}

async function copyObject(source: string, target: string): Promise<void> {
  const mode = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
  if (statSync(source).size <= small) copyFileSync(source, target, mode);
  else await copyFile(source, target, mode);
}

async function* walk(root: string, prefix: string): AsyncGenerator<Entry> {
  const folder = join(root, prefix);
  const entries = (await reading(prefix, root, () => readdirSync(folder, { withFileTypes: true }))) ?? [];
  // In key order `a/b` comes after `a-b`, so folders sort with their slash.
  const named = entries.map((entry) => ({ entry, order: entry.isDirectory() ? `${entry.name}/` : entry.name }));
  for (const { entry } of named.sort((a, b) => compareKeys(a.order, b.order))) {
    const key = `${prefix}/${entry.name}`;
    // People and their programs may have put something there that no store of ours would.
    if (!isKey(key)) continue;
    if (entry.isDirectory()) yield* walk(root, key);
    if (!entry.isFile()) continue;
    const found = await reading(key, root, () => statSync(join(root, key)));
    if (found) yield { key, size: found.size, modified: found.mtimeMs };
  }
}

/** Where the file system has no hard links, creating is still exclusive; only a reader might see the few bytes arrive. */
function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(codeOf(error))) throw error;
    copyFileSync(source, target, constants.COPYFILE_EXCL);
  }
}

/** Runs `write`; when a folder on the way to `path` is missing (or was just removed as empty) makes it and tries again. */
async function inFolder(path: string, write: () => Promise<void> | void): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || attempt === 3) throw error;
      // (ENOENT again: somebody removed it as empty meanwhile.)
      try {
        makeFolder(dirname(path));
      } catch (reason) {
        if (codeOf(reason) !== "ENOENT") throw reason;
      }
    }
  }
}

/** Node's own `recursive` never ends where the system refuses a folder by ENOENT although its parent is there (/proc, autofs). */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    try {
      mkdirSync(path);
    } catch (again) {
      if (codeOf(again) !== "EEXIST") throw again;
    }
  }
}

async function reading<T>(key: string, root: string, read: () => Promise<T> | T): Promise<T | undefined> {
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
