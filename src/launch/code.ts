/** The job's code in the folder where the script runs: unpacked once per content, then copied, so that no script can damage it. */
import { randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { EXIT } from "../protocol/exit.ts";
import { codeKey } from "../protocol/layout.ts";
import type { Store } from "../storage/store.ts";
import { sha256 } from "./digest.ts";
import { Failure } from "./failure.ts";
import { readTar, TarError } from "./tar.ts";

/** A bigger code folder holds data that belongs into an input; it also bounds what a hostile archive unpacks to. */
const largest = 1 << 30;

/** Puts a writable copy of code/<digest>.tar.gz into the existing folder `target`. */
export async function provideCode(digest: string, store: Store, cache: string, target: string): Promise<void> {
  const folder = join(cache, "code", digest);
  if (!existsSync(folder)) await unpack(digest, store, folder);
  await copyFolder(folder, target);
}

async function unpack(digest: string, store: Store, folder: string): Promise<void> {
  const key = codeKey(digest);
  const packed = await store.get(key);
  if (!packed) throw unusable(`the code ${key} is not in the store; run \`tradewind publish\` first`);
  // Most launches unpack nothing, and loading it costs them milliseconds.
  const { gunzip } = await import("node:zlib");
  const tar = await promisify(gunzip)(packed, { maxOutputLength: largest }).catch((error: Error) => {
    throw unusable(`the code ${key} cannot be unpacked: ${error.message}; publish it again`);
  });
  if (sha256(tar) !== digest)
    throw unusable(`the code ${key} does not have the digest in its name; delete it and run \`tradewind publish\``);
  const temporary = `${folder}.${process.pid}-${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(temporary, { recursive: true });
    for (const file of readTar(tar)) {
      const path = join(temporary, file.path);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, file.bytes, { flag: "wx", mode: file.executable ? 0o755 : 0o644 });
    }
    // Two launchers may come here at once; the second finds a full folder in its way, with the same content.
    await rename(temporary, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } catch (error) {
    if (error instanceof TarError) throw unusable(`the code ${key} ${error.message}; publish it again`);
    throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function copyFolder(source: string, target: string): Promise<void> {
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const from = join(source, entry.name);
    const to = join(target, entry.name);
    if (entry.isDirectory()) {
      await mkdir(to);
      await copyFolder(from, to);
    } else {
      await copyFile(from, to, constants.COPYFILE_FICLONE);
    }
  }
}

/** Publishing it again mends it, so another try may. */
function unusable(message: string): Failure {
  return new Failure({ reason: "code", origin: "platform", retryable: true, exit_code: EXIT.unavailable, message });
}
