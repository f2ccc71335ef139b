/** Writing a file so that nobody ever reads half of it. */
import { randomUUID } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes beside the file and renames; makes its folder; keeps its mode, and follows a link to the file that it names. */
export function replaceFile(path: string, text: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  const target = stats === undefined ? path : realpathSync(path);
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true });
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
