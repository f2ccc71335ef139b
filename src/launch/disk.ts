/** What a script writes to its scratch folder, measured while it runs: the less often, the longer it takes to look. */
import { lstatSync, type Stats } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

export interface DiskWatch {
  /** Measures for the last time; the highest that was seen, in bytes. */
  stop(): Promise<number>;
}

/** Milliseconds until the first look, and between two at least. */
const pace = 1000;
/** Looking takes at most this part of the time. */
const share = 1 / 20;
/** Entries that are looked at before others have their turn. */
const slice = 500;

/** Calls `exceeded` once when `folders` together hold more than `limit` bytes on the disk. */
export function watchDisk(folders: readonly string[], limit: number | undefined, exceeded: () => void): DiskWatch {
  let peak = 0;
  let going: Promise<void> = Promise.resolve();
  let stopped = false;
  let timer: NodeJS.Timeout;
  const look = async (): Promise<void> => {
    const bytes = await measure(folders).catch(() => 0);
    peak = Math.max(peak, bytes);
    if (limit !== undefined && bytes > limit && !stopped) exceeded();
  };
  const wait = (time: number): void => {
    timer = setTimeout(() => {
      const since = performance.now();
      going = look();
      void going.then(() => stopped || wait(Math.max(limit === undefined ? pace * 5 : pace, (performance.now() - since) / share)));
    }, time);
  };
  wait(pace);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await going;
      await look();
      return peak;
    },
  };
}

/** Bytes on the disk of all files below, each once; what goes away meanwhile does not count. */
async function measure(folders: readonly string[]): Promise<number> {
  let bytes = 0;
  let seen = 0;
  const links = new Set<string>();
  const left = [...folders];
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    for (const entry of await entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (++seen % slice === 0) await setImmediate();
      const facts = factsOf(path);
      if (facts === undefined) continue;
      if (entry.isDirectory()) left.push(path);
      if (facts.nlink > 1 && !entry.isDirectory()) {
        const name = `${facts.dev}:${facts.ino}`;
        if (links.has(name)) continue;
        links.add(name);
      }
      bytes += facts.blocks * 512;
    }
  }
  return bytes;
}

async function entriesOf(folder: string) {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}

function factsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
