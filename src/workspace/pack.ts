/**
 * Code folders as tar archives whose bytes depend on nothing but names, contents and the executable bit, so that the
 * digest of the archive names the code. The store holds them gzipped; the digest is of the tar.
 */
import { createHash } from "node:crypto";
import { closeSync, type Dirent, existsSync, fstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Hashed } from "../pipeline/sources.ts";

/** What tools leave behind in a folder: never code, and it would change the digest after every run. */
const leftOut = new Set([
  ".git",
  ".venv",
  ".tradewind",
  "__pycache__",
  ".pytest_cache",
  ".mypy_cache",
  ".ruff_cache",
  ".ipynb_checkpoints",
  ".DS_Store",
]);

/** A folder that cannot be packed: the message is a sentence's end, "holds a link: a -> b". */
class PackError extends Error {
  override readonly name = "PackError";
}

/** sha256 of the folder's tar, or why it cannot be packed. */
export function hashFolder(folder: string): Hashed {
  const hash = createHash("sha256");
  try {
    for (const chunk of tarFolder(folder)) hash.update(chunk);
  } catch (error) {
    return { problem: problemOf(error) };
  }
  return { sha256: hash.digest("hex") };
}

/** sha256 of a file's bytes, or why it cannot be read. */
export function hashFile(path: string): Hashed {
  const hash = createHash("sha256");
  try {
    const file = openSync(path, "r");
    try {
      if (!fstatSync(file).isFile()) return { problem: "is no file" };
      const buffer = Buffer.allocUnsafe(1 << 18);
      for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer)) hash.update(buffer.subarray(0, size));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { problem: problemOf(error) };
  }
  return { sha256: hash.digest("hex") };
}

function problemOf(error: unknown): string {
  if (error instanceof PackError) return error.message;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "does not exist";
  if (code === "ENOTDIR") return "is no folder";
  if (code === "EISDIR") return "is no file";
  if (code === "EACCES" || code === "EPERM") return "may not be read by this user";
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

/**
 * The tar of a folder, piece by piece: files only, sorted by path, no times, no owners. Throws PackError or the system's error.
 * `<folder>/*` is the folder without those in it that are operators of their own: the code of Python classes.
 */
export function* tarFolder(folder: string): Generator<Uint8Array> {
  const manifests = ["operator.yaml", "operator.yml"];
  const shared = basename(folder) === "*";
  const root = shared ? dirname(folder) : folder;
  const own = (path: string) => !shared || !manifests.some((name) => existsSync(join(root, path.split("/")[0] ?? "", name)));
  for (const path of packedFiles(root, own)) yield* tarFile(root, path);
  yield new Uint8Array(1024);
}

/** Paths of the files that a folder's tar holds, sorted. */
function packedFiles(folder: string, wanted: (path: string) => boolean): string[] {
  const paths: string[] = [];
  collect(folder, "", wanted, paths);
  return paths.sort();
}

function collect(folder: string, below: string, wanted: (path: string) => boolean, paths: string[]): void {
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    if (leftOut.has(entry.name) || entry.name.endsWith(".pyc")) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (!wanted(path)) continue;
    if (entry.isDirectory()) collect(folder, path, wanted, paths);
    else if (entry.isFile()) paths.push(checkName(path));
    else throw new PackError(`holds ${kindOf(folder, path, entry)}; put a plain file there`);
  }
}

function kindOf(folder: string, path: string, entry: Dirent): string {
  return entry.isSymbolicLink() ? `a link: ${path} -> ${readlinkSync(join(folder, path))}` : `what is no file: ${path}`;
}

function checkName(path: string): string {
  if (path.includes("\ufffd")) throw new PackError(`holds a file whose name is not UTF-8: ${path}`);
  return path;
}

const block = 512;

function* tarFile(folder: string, path: string): Generator<Uint8Array> {
  const file = openSync(join(folder, path), "r");
  try {
    const { size, mode } = fstatSync(file);
    yield* header(path, size, (mode & 0o100) === 0 ? 0o644 : 0o755);
    let left = size;
    while (left > 0) {
      // A fresh buffer each time: whoever takes the chunk may keep it.
      const chunk = Buffer.allocUnsafe(Math.min(left, 1 << 18));
      const read = readSync(file, chunk);
      if (read === 0) throw new PackError(`holds a file that became shorter while it was read: ${path}`);
      yield chunk.subarray(0, read);
      left -= read;
    }
    if (size % block !== 0) yield new Uint8Array(block - (size % block));
  } finally {
    closeSync(file);
  }
}

/** A ustar header; where a name or a size does not fit in it, a pax header comes first (POSIX.1-2001). */
function* header(path: string, size: number, mode: number): Generator<Uint8Array> {
  const bytes = Buffer.from(path, "utf8");
  const place = splitName(path);
  const records: string[] = [];
  if (place === undefined || bytes.length !== path.length) records.push(paxRecord("path", path));
  if (size > 0o77777777777) records.push(paxRecord("size", String(size)));
  if (records.length > 0) {
    const text = Buffer.from(records.join(""), "utf8");
    yield ustar("", "pax", text.length, 0o644, "x");
    yield text;
    if (text.length % block !== 0) yield new Uint8Array(block - (text.length % block));
  }
  const [prefix, name] = place ?? ["", bytes.subarray(0, 100).toString("latin1")];
  yield ustar(prefix, name, Math.min(size, 0o77777777777), mode, "0");
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** Prefix (at most 155 bytes) and name (at most 100), cut at a slash; both as the bytes' latin1 text. */
function splitName(path: string): readonly [string, string] | undefined {
  const text = Buffer.from(path, "utf8").toString("latin1");
  if (text.length <= 100) return ["", text];
  for (let at = text.indexOf("/"); at > 0 && at <= 155; at = text.indexOf("/", at + 1)) {
    if (text.length - at - 1 <= 100) return [text.slice(0, at), text.slice(at + 1)];
  }
  return undefined;
}

function ustar(prefix: string, name: string, size: number, mode: number, kind: string): Uint8Array {
  const head = Buffer.alloc(block);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`;
  head.write(name, 0, 100, "latin1");
  head.write(octal(mode, 8), 100, "latin1");
  head.write(octal(0, 8), 108, "latin1");
  head.write(octal(0, 8), 116, "latin1");
  head.write(octal(size, 12), 124, "latin1");
  head.write(octal(0, 12), 136, "latin1");
  head.write("        ", 148, "latin1");
  head.write(kind, 156, "latin1");
  head.write("ustar\x0000", 257, "latin1");
  head.write(prefix, 345, 155, "latin1");
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return head;
}
