/** The workspace on disk, read for the compiler: which files it sees, and what is wrong with those that are no text. */
import { isUtf8 } from "node:buffer";
import { type Dirent, existsSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import type { Unreadable } from "../pipeline/sources.ts";

/** The file that marks a workspace's root. */
export const workspaceFile = "tradewind.yaml";

/** Larger texts are no pipeline that a person wrote; they are named in a diagnostic instead of read. */
const largest = 10_000_000;

const folders = ["env", "operators", "pipelines", "presets", "projects", "templates"];
const skipped = new Set(["node_modules", "__pycache__", "venv", "dags"]);
const extensions = new Set([".yaml", ".yml", ".txt", ".j2"]);

/** The nearest folder at or above `from` that holds tradewind.yaml. */
export function findWorkspace(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, workspaceFile))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Every text that the compiler may read, by its path relative to the workspace: settings, pipelines, operators, presets,
 * templates, requirement files, and Python files that lie directly in an `operators` folder. Sorted by path.
 */
export function readTexts(root: string): Map<string, string | Unreadable> {
  const paths: string[] = [];
  if (existsSync(join(root, workspaceFile))) paths.push(workspaceFile);
  for (const folder of folders) collect(root, folder, [], paths);
  paths.sort();
  return new Map(paths.map((path) => [path, readText(join(root, path))]));
}

function collect(root: string, folder: string, above: readonly string[], paths: string[]): void {
  let entries: Dirent[];
  let real: string;
  try {
    real = realpathSync.native(join(root, folder));
    entries = readdirSync(real, { withFileTypes: true });
  } catch {
    return; // not there, or not ours to read: what needs it will say so
  }
  if (above.includes(real)) return; // a link that leads back up
  for (const entry of entries) {
    if (entry.name.startsWith(".") || skipped.has(entry.name)) continue;
    const path = `${folder}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? linkTarget(join(root, path)) : entry;
    if (kind?.isDirectory()) collect(root, path, [...above, real], paths);
    else if (kind?.isFile() && isText(folder, entry.name)) paths.push(path);
  }
}

/** What a link leads to, if it leads anywhere: one to itself does not. */
function linkTarget(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isText(folder: string, name: string): boolean {
  const extension = extname(name);
  return extensions.has(extension) || (extension === ".py" && /(^|\/)operators$/.test(folder));
}

/** The text of one file, or why it is none. */
export function readText(path: string): string | Unreadable {
  let bytes: Buffer;
  try {
    const { size } = statSync(path);
    if (size > largest) return { problem: `is ${Math.round(size / 1_000_000)} MB; a text may have at most ${largest / 1_000_000} MB` };
    bytes = readFileSync(path);
  } catch (error) {
    return { problem: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { problem: "is UTF-16; save it as UTF-8" };
  }
  const zero = bytes.indexOf(0);
  if (zero >= 0) return { problem: `is binary (a zero byte at offset ${zero})` };
  if (isUtf8(bytes)) return bytes.toString("utf8").replace(/^\ufeff/, "");
  const offset = validPrefix(bytes);
  const byte = (bytes[offset] ?? 0).toString(16).padStart(2, "0");
  return { problem: `is not UTF-8 (byte 0x${byte} at offset ${offset}); save it as UTF-8` };
}

/** Where the bytes first differ from what their best reading as UTF-8 would be. */
function validPrefix(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString("utf8"), "utf8");
  return bytes.findIndex((byte, at) => byte !== again[at]);
}
