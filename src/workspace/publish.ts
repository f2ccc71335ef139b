/** What a Plan names by content, put into the store: code/<sha256>.tar.gz and files/<sha256>/<name>. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { codeKey, fileKey } from "../protocol/layout.ts";
import type { PublishItem } from "../protocol/plan.ts";
import { decodeNotice, isDoomed, noticeKey, publishedSafeAge } from "../protocol/removal.ts";
import type { Store } from "../storage/store.ts";
import { tarFolder } from "./pack.ts";

export interface Published {
  readonly item: PublishItem;
  readonly key: string;
  /** False: the store had it. */
  readonly written: boolean;
}

/** The workspace is not what it was when the Plan was made. */
class PublishError extends Error {
  override readonly name = "PublishError";
}

/**
 * Writes what the store lacks, and again what is old, so that `tradewind store gc` sees that it is needed. Throws PublishError when a
 * folder or file changed since it was hashed.
 */
export async function publishItems(root: string, items: readonly PublishItem[], store: Store): Promise<Published[]> {
  const published: Published[] = [];
  for (const item of items) {
    const key = item.kind === "code" ? codeKey(item.sha256) : fileKey(item.sha256, item.name);
    const found = await store.head(key);
    const old = found !== undefined && Date.now() - found.modified > (publishedSafeAge / 2) * 1000;
    if (!found) await publishItem(root, item, key, store, true);
    if (old) await renew(root, item, key, store);
    published.push({ item, key, written: !found });
  }
  return published;
}

/** Written again it is young, which a gc sees unless it has looked already; then its notice names it, and it is done with it soon. */
async function renew(root: string, item: PublishItem, key: string, store: Store): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (tries > 0) await sleep(1000);
    await publishItem(root, item, key, store, false);
    const notice = await store.get(noticeKey);
    const read = notice && decodeNotice(new TextDecoder().decode(notice));
    if (read === undefined || !isDoomed(new Set(read.doomed), [key])) return;
  }
  throw new PublishError(`${key} is being removed from the store by \`tradewind store gc\`; run this again when that is done`);
}

/** By way of a copy, so that what is stored is what was hashed even if somebody is saving the file just now. */
async function publishItem(root: string, item: PublishItem, key: string, store: Store, ifAbsent: boolean): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "tradewind-publish-"));
  try {
    const copy = join(scratch, "copy");
    const hash = createHash("sha256");
    const source = item.kind === "code" ? tarFolder(join(root, item.folder)) : createReadStream(join(root, item.path));
    const hashed = async function* () {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    };
    if (item.kind === "code") {
      // Most runs publish nothing, and loading it costs them milliseconds.
      const { createGzip } = await import("node:zlib");
      await pipeline(Readable.from(hashed()), createGzip(), createWriteStream(copy));
    } else await pipeline(Readable.from(hashed()), createWriteStream(copy));
    if (hash.digest("hex") !== item.sha256) {
      const what = item.kind === "code" ? `folder ${item.folder || "."}` : `file ${item.path}`;
      throw new PublishError(`${what} changed while it was being published; run this again`);
    }
    await store.putFile(key, copy, { ifAbsent });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
