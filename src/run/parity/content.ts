/** Where two artifacts first differ: a row and its columns, a line, a byte, a file of a folder. Files are read piece by piece, whatever their size. */
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { decodeManifest, type FolderFile, folderFileKey } from "../../launch/folder-artifact.ts";
import type { Artifact } from "../../protocol/result.ts";
import type { Store } from "../../storage/store.ts";
import { fetchArtifact } from "../fetch-artifact.ts";

export type ContentDifference =
  /** Data row `number`, from 1; 0 is the header. A side without text has no such row. */
  | {
      readonly kind: "row";
      readonly number: number;
      readonly here?: string;
      readonly there?: string;
      /** The columns that differ, when both rows have as many as the header. */
      readonly columns?: readonly { readonly name: string; readonly here: string; readonly there: string }[];
    }
  | { readonly kind: "line"; readonly number: number; readonly here?: string; readonly there?: string }
  /** Sixteen bytes from the first that differs, in hex; fewer at the end. */
  | { readonly kind: "byte"; readonly offset: number; readonly here: string; readonly there: string }
  /** A file of a folder: on one side only, or different inside. */
  | { readonly kind: "file"; readonly path: string; readonly only?: "here" | "there"; readonly inside?: ContentDifference }
  /** The store no longer has it. */
  | { readonly kind: "gone"; readonly side: "here" | "there" }
  | { readonly kind: "none" };

export interface Stored {
  readonly artifact: Artifact;
  readonly store: Store;
}

/** Fetches both and compares them. */
export async function compareContents(here: Stored, there: Stored): Promise<ContentDifference> {
  if (here.artifact.dir && there.artifact.dir) return compareFolders(here, there);
  const scratch = await mkdtemp(join(tmpdir(), "tradewind-parity-"));
  try {
    const [mine, theirs] = [join(scratch, "here"), join(scratch, "there")];
    if (!(await fetchArtifact(here.artifact, mine, here.store))) return { kind: "gone", side: "here" };
    if (!(await fetchArtifact(there.artifact, theirs, there.store))) return { kind: "gone", side: "there" };
    return await compareFiles(mine, theirs, here.artifact.type);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function compareFolders(here: Stored, there: Stored): Promise<ContentDifference> {
  const mine = await readManifest(here);
  const theirs = await readManifest(there);
  if (mine === undefined) return { kind: "gone", side: "here" };
  if (theirs === undefined) return { kind: "gone", side: "there" };
  for (const path of [...new Set([...mine.keys(), ...theirs.keys()])].sort()) {
    const [left, right] = [mine.get(path), theirs.get(path)];
    if (left === undefined || right === undefined) return { kind: "file", path, only: left === undefined ? "there" : "here" };
    if (left.sha256 === right.sha256) continue;
    const type = extname(path).slice(1);
    const inside = await compareContents(fileOf(here, path, type), fileOf(there, path, type));
    return { kind: "file", path, inside };
  }
  return { kind: "none" };
}

async function readManifest({ artifact, store }: Stored): Promise<ReadonlyMap<string, FolderFile> | undefined> {
  const bytes = await store.get(artifact.key);
  const files = bytes && decodeManifest(bytes);
  return files && new Map(files.map((file) => [file.path, file]));
}

function fileOf({ artifact, store }: Stored, path: string, type: string): Stored {
  return { artifact: { ...artifact, key: folderFileKey(artifact.key, path), dir: false, type }, store };
}

const tables: Readonly<Record<string, string>> = { csv: ",", tsv: "\t" };
const texts = new Set(["json", "jsonl", "text", "txt", "html", "yaml", "xml", "md"]);

/** Two files that may be read as `type` says. */
export async function compareFiles(here: string, there: string, type: string): Promise<ContentDifference> {
  const [mine, theirs] = await Promise.all([open(here), open(there)]);
  try {
    const delimiter = tables[type];
    const place = await findFirst(mine, theirs, delimiter !== undefined);
    if (place === undefined) return { kind: "none" };
    if (delimiter !== undefined || texts.has(type)) {
      const [left, right] = [
        await readUnit(mine, place.start, delimiter !== undefined),
        await readUnit(theirs, place.start, delimiter !== undefined),
      ];
      if (left !== "binary" && right !== "binary" && left !== right) {
        const shown = { ...(left !== undefined && { here: left }), ...(right !== undefined && { there: right }) };
        if (delimiter === undefined) return { kind: "line", number: place.units + 1, ...shown };
        const columns = await differingColumns(mine, left, right, delimiter, place.units);
        return { kind: "row", number: place.units, ...shown, ...(columns && { columns }) };
      }
    }
    const hex = async (file: FileHandle) => (await readAt(file, place.offset, 16)).toString("hex").replace(/(..)(?=.)/g, "$1 ");
    return { kind: "byte", offset: place.offset, here: await hex(mine), there: await hex(theirs) };
  } finally {
    await Promise.all([mine.close(), theirs.close()]);
  }
}

interface Place {
  /** Of the first byte that differs. */
  readonly offset: number;
  /** Lines or records before it. */
  readonly units: number;
  /** Where the line or record with it begins. */
  readonly start: number;
}

const chunk = 1 << 18;

/** Up to there both files are the same, so what is counted in one holds for both. */
async function findFirst(here: FileHandle, there: FileHandle, quotes: boolean): Promise<Place | undefined> {
  let [offset, units, start, quoted] = [0, 0, 0, false];
  for (;;) {
    const [mine, theirs] = await Promise.all([readAt(here, offset, chunk), readAt(there, offset, chunk)]);
    const common = Math.min(mine.length, theirs.length);
    const end = mine.subarray(0, common).equals(theirs.subarray(0, common)) ? common : firstDifferent(mine, theirs);
    for (let at = 0; at < end; at++) {
      const byte = mine[at];
      if (byte === 0x22 && quotes) quoted = !quoted;
      else if (byte === 0x0a && !quoted) {
        units += 1;
        start = offset + at + 1;
      }
    }
    if (end < common || mine.length !== theirs.length) return { offset: offset + end, units, start };
    if (common < chunk) return undefined;
    offset += common;
  }
}

function firstDifferent(one: Buffer, other: Buffer): number {
  let at = 0;
  while (one[at] === other[at]) at++;
  return at;
}

/** Longer ones are cut. */
const longestUnit = 16 << 10;

/** The line or record that begins at `start`; undefined when the file ends there, "binary" when it is no UTF-8. */
async function readUnit(file: FileHandle, start: number, quotes: boolean): Promise<string | undefined> {
  const bytes = await readAt(file, start, longestUnit);
  if (bytes.length === 0) return undefined;
  let [end, quoted] = [0, false];
  for (; end < bytes.length; end++) {
    if (bytes[end] === 0x22 && quotes) quoted = !quoted;
    else if (bytes[end] === 0x0a && !quoted) break;
  }
  const text = bytes.subarray(0, end).toString("utf8");
  return text.slice(0, -1).includes("\ufffd") ? "binary" : text;
}

async function differingColumns(file: FileHandle, here: string | undefined, there: string | undefined, delimiter: string, number: number) {
  const head = number === 0 ? undefined : await readUnit(file, 0, true);
  if (head === undefined || here === undefined || there === undefined) return undefined;
  const [names, mine, theirs] = [head, here, there].map((record) => splitRecord(record, delimiter));
  if (!names || !mine || !theirs || mine.length !== names.length || theirs.length !== names.length) return undefined;
  return names.flatMap((name, at) => {
    const [left = "", right = ""] = [mine[at], theirs[at]];
    return left === right ? [] : [{ name, here: left, there: right }];
  });
}

/** Fields of one record, quotes taken off. */
function splitRecord(record: string, delimiter: string): string[] {
  const fields: string[] = [];
  const text = record.replace(/\r$/, "");
  let at = 0;
  while (at <= text.length) {
    if (text[at] === '"') {
      let end = at + 1;
      while (end < text.length && !(text[end] === '"' && text[end + 1] !== '"')) end += text[end] === '"' ? 2 : 1;
      const next = text.indexOf(delimiter, end);
      fields.push(text.slice(at + 1, end).replaceAll('""', '"') + text.slice(end + 1, next < 0 ? text.length : next));
      at = next < 0 ? text.length + 1 : next + 1;
    } else {
      const next = text.indexOf(delimiter, at);
      fields.push(text.slice(at, next < 0 ? text.length : next));
      at = next < 0 ? text.length + 1 : next + 1;
    }
  }
  return fields;
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let size = 0;
  while (size < length) {
    const { bytesRead } = await file.read(buffer, size, length - size, offset + size);
    if (bytesRead === 0) break;
    size += bytesRead;
  }
  return buffer.subarray(0, size);
}
