/** What a store in a folder can do: permissions, links, renames, room, speed. */
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { clockFinding, type Finding, find, median, showMilliseconds } from "./finding.ts";
import { createFolderStore } from "./folder.ts";
import { StoreError } from "./store.ts";

const racers = 8;
const little = 1 << 30;

/** Makes and removes a few files under probe/ in the folder. */
export async function examineFolder(root: string): Promise<readonly Finding[]> {
  const store = createFolderStore(root);
  const folder = `probe/${randomUUID()}`;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const before = Date.now();
  const write = await find("write", async () => {
    await store.put(`${folder}/a`, bytes("a"));
    return "files are written, and made anew as a whole (rename)";
  });
  if (write.state === "failed") return [write];
  const after = Date.now();
  const findings = [
    write,
    await find("read", async () => {
      const found = await store.get(`${folder}/a`);
      if (Buffer.from(found ?? []).toString() !== "a") throw new StoreError("invalid", `what was written to ${root} is not what is read`);
      return "what was written is read";
    }),
    await find("list", async () => {
      const names = await store.folders("probe");
      if (!names.includes(folder.slice("probe/".length))) throw new StoreError("invalid", `${root} does not list what was just written`);
      return "what was written is listed at once";
    }),
    await find("whole", async () => {
      let done = false;
      const writing = (async () => {
        for (let n = 0; n < 20; n++) await store.put(`${folder}/whole`, new Uint8Array(50_000).fill(n), { durable: false });
        done = true;
      })();
      while (!done) {
        const seen = await store.get(`${folder}/whole`);
        if (seen && (seen.length !== 50_000 || new Set(seen).size > 1))
          throw new StoreError("invalid", `a reader in ${root} sees half of a file that is replaced: rename is not atomic there`);
      }
      await writing;
      return "a reader sees the old file or the new one while it is replaced";
    }),
    await find("create once", async () => {
      const answers = await Promise.all(
        Array.from({ length: racers }, (_, n) => store.put(`${folder}/race`, bytes(String(n)), { ifAbsent: true })),
      );
      const winners = answers.filter((won) => won).length;
      if (winners === 1) return hardLinks(root, folder);
      throw new StoreError(
        "invalid",
        `of ${racers} writers of one key ${winners} won: ${root} must be on a file system that creates a file once`,
      );
    }),
    await find("speed", async () => {
      const times: number[] = [];
      for (let n = 0; n < 5; n++) {
        const started = performance.now();
        await store.put(`${folder}/durable`, bytes(String(n)));
        times.push(performance.now() - started);
      }
      return `a small file is on the disk in ${showMilliseconds(median(times))}`;
    }),
    await find("clock", async () => clockFinding(statSync(join(root, folder, "a")).mtimeMs, before, after, 1000)),
    await find("room", async () => {
      const { bavail, bsize } = await statfs(root);
      const free = bavail * bsize;
      const text = `${(free / 1e9).toFixed(1)} GB are free`;
      return free < little ? { state: "weak", text: `${text}: not much for artifacts; tradewind store gc removes old runs` } : text;
    }),
  ];
  findings.push(
    await find("delete", async () => {
      rmSync(join(root, folder), { recursive: true });
      return "what was written here is gone again";
    }),
  );
  return findings;
}

/** Without hard links a new file is created in its place, where a reader may see its first bytes alone. */
function hardLinks(root: string, folder: string): string | Omit<Finding, "name"> {
  const place = join(root, folder, "links");
  try {
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "a"), "");
    linkSync(join(place, "a"), join(place, "b"));
    return `of ${racers} writers of one key one wins, by a hard link`;
  } catch {
    return {
      state: "weak",
      text: `of ${racers} writers of one key one wins, but ${root} has no hard links: a reader may see a small file half written`,
    };
  }
}
