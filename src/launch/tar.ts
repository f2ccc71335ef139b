/** Reads tar archives of plain files (ustar, with pax headers for long names and sizes), and refuses everything else. */

export interface TarFile {
  /** Relative, `/` between names; never `..`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** Why an archive is not one of ours: a sentence's end. */
export class TarError extends Error {}

const block = 512;
/** Made when it is needed: the strict one takes milliseconds, and few tasks unpack code. */
let decoder: TextDecoder | undefined;

/** More are no code; it also bounds what a small hostile archive makes of a disk. */
const mostFiles = 100_000;

/** The files in the archive, in its order; none is named twice or lies in another. Throws TarError. */
export function* readTar(tar: Uint8Array): Generator<TarFile> {
  let extended: ReadonlyMap<string, string> = new Map();
  const files = new Set<string>();
  const folders = new Set<string>();
  for (let at = 0; at + block <= tar.length; ) {
    const header = tar.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) return;
    checkSum(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = type === "x" || type === "g" ? octal(header, 124, 12) : (decimal(extended.get("size")) ?? octal(header, 124, 12));
    if (size > tar.length - at - block) throw new TarError("is cut short");
    const bytes = tar.subarray(at + block, at + block + size);
    at += block + Math.ceil(size / block) * block;
    if (type === "x") {
      extended = paxRecords(bytes);
      continue;
    }
    if (type === "g") continue;
    const path = extended.get("path") ?? headerPath(header);
    extended = new Map();
    if (type === "5") continue; // folders come with their files
    if (type !== "0" && type !== "\0") throw new TarError(`holds "${path}", which is a link or a device; only plain files are unpacked`);
    addName(checkPath(path), files, folders);
    yield { path, bytes, executable: (octal(header, 100, 8) & 0o100) !== 0 };
  }
  throw new TarError("has no end");
}

/** Adds a file to those seen so far, and the folders that it lies in to theirs. */
function addName(path: string, files: Set<string>, folders: Set<string>): void {
  if (files.has(path)) throw new TarError(`holds "${path}" twice`);
  if (folders.has(path)) throw new TarError(`holds "${path}" as a file and as a folder`);
  files.add(path);
  if (files.size > mostFiles) throw new TarError(`holds more than ${mostFiles} files`);
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const folder = path.slice(0, end);
    if (files.has(folder)) throw new TarError(`holds "${folder}" as a file and as a folder`);
    if (folders.has(folder)) return;
    folders.add(folder);
  }
}

function checkSum(header: Uint8Array): void {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  if (sum !== octal(header, 148, 8)) throw new TarError("is not a tar archive");
}

function headerPath(header: Uint8Array): string {
  const name = text(header.subarray(0, 100));
  const ustar = text(header.subarray(257, 262)) === "ustar";
  const prefix = ustar ? text(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function checkPath(path: string): string {
  const names = path.split("/");
  if (path.includes("\0") || names.some((name) => name === "" || name === "." || name === "..")) {
    throw new TarError(`holds the path ${JSON.stringify(path)}, which would leave the folder`);
  }
  return path;
}

/** A field of a header ends at its first NUL. */
function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  return utf8(end < 0 ? field : field.subarray(0, end));
}

function utf8(bytes: Uint8Array): string {
  try {
    decoder ??= new TextDecoder("utf-8", { fatal: true });
    return decoder.decode(bytes);
  } catch {
    throw new TarError("holds a name that is not UTF-8");
  }
}

function octal(header: Uint8Array, start: number, length: number): number {
  const digits = text(header.subarray(start, start + length)).trim();
  if (!/^[0-7]*$/.test(digits)) throw new TarError("has a damaged header");
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

function decimal(digits: string | undefined): number | undefined {
  if (digits === undefined) return undefined;
  if (!/^\d{1,15}$/.test(digits)) throw new TarError("has a damaged header");
  return Number(digits);
}

/** `<length> <key>=<value>\n`, again and again. */
function paxRecords(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const length = decimal(text(bytes.subarray(at, Math.max(at, space)))) ?? 0;
    const end = at + length - 1;
    if (space < 0 || end <= space || bytes[end] !== 10) throw new TarError("has a damaged header");
    const record = utf8(bytes.subarray(space + 1, end));
    const equals = record.indexOf("=");
    if (equals < 1) throw new TarError("has a damaged header");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
