/** Writing a file so that nobody ever reads half of it. */
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { explainSystemError, Failure } from "./errors.ts";

/** Makes the folder, keeps the mode, follows a link to the file that it names. A Failure leaves the file as it was. */
export function replaceFile(path: string, text: string): void {
  try {
    writeBesideAndRename(path, text);
  } catch (error) {
    const said = explainSystemError(error);
    throw said === undefined ? error : new Failure(`${path} was not written: ${said}`);
  }
}

function writeBesideAndRename(path: string, text: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  const target = stats === undefined ? path : realpathSync(path);
  const folder = dirname(target);
  makeFolder(folder);
  const scratch = join(folder, `.tradewind-${randomUUID()}`);
  try {
    const file = openSync(scratch, "wx");
    try {
      const bytes = Buffer.from(text, "utf8");
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (stats !== undefined) chmodSync(scratch, stats.mode & 0o777);
    renameSync(scratch, target);
  } finally {
    rmSync(scratch, { force: true });
  }
}

/** Makes a folder and those above it. Not by `recursive`, which never comes back from a file system that refuses (/proc). */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else made it just now.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
