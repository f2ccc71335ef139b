/** When something in the cache was last used: its time of change says it, to the hour, so that using it costs next to nothing. */
import { readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

/** Seconds after which a use is noted again, and an environment looked at again. */
const hour = 3600;

/** True when the last use was noted long ago. */
export function isUnseen(modified: number): boolean {
  return Date.now() - modified > hour * 1000;
}

/** Notes a use. That it cannot be noted (a cache of somebody else's that may only be read) is no failure. */
export function markUsed(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // The next use tries again.
  }
}

/** How many files and bytes are under `folder`; what Python compiles by itself does not count. Links are not followed. */
export function measureFolder(folder: string): { readonly files: number; readonly bytes: number } {
  let files = 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === "__pycache__") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const inner = measureFolder(path);
      files += inner.files;
      bytes += inner.bytes;
      continue;
    }
    files += 1;
    if (entry.isFile()) bytes += statSync(path).size;
  }
  return { files, bytes };
}
