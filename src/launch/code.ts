/**
 * The job's code in the folder where the script runs. The cache holds its tar, named by its digest, which is compared at every use: what a
 * cleaner, a bad disk or a hand has spoilt is noticed and fetched again, and no script can damage what the next one gets.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { EXIT } from "../protocol/exit.ts";
import { codeKey } from "../protocol/layout.ts";
import type { Store } from "../storage/store.ts";
import { sha256 } from "./digest.ts";
import { Failure } from "./failure.ts";
import { readTar, TarError } from "./tar.ts";
import { isUnseen, markUsed } from "./used.ts";

/** A bigger code folder holds data that belongs into an input; it also bounds what a hostile archive unpacks to. */
const largest = 1 << 30;

/** Puts a writable copy of code/<digest>.tar.gz into the existing folder `target`, which is empty. */
export async function provideCode(digest: string, store: Store, cache: string, target: string): Promise<void> {
  const file = join(cache, "code", `${digest}.tar`);
  const tar = (await readCached(file, digest)) ?? (await fetchCode(digest, store, file));
  try {
    await unpack(tar, target);
  } catch (error) {
    if (error instanceof TarError) throw unusable(`the code ${codeKey(digest)} ${error.message}; publish it again`);
    throw error;
  }
}

/** Undefined when it is not there, or not what its name says. */
async function readCached(file: string, digest: string): Promise<Uint8Array | undefined> {
  const facts = await stat(file).catch(() => undefined);
  const tar = facts && (await readFile(file).catch(() => undefined));
  if (tar === undefined || sha256(tar) !== digest) return undefined;
  if (isUnseen(facts?.mtimeMs ?? 0)) markUsed(file);
  return tar;
}

async function fetchCode(digest: string, store: Store, file: string): Promise<Uint8Array> {
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
  const temporary = `${file}.${process.pid}-${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, tar);
    // Two launchers may come here at once, with the same content.
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
  return tar;
}

/** The archive names no file twice and no link, and the folder is ours alone: so nothing is written outside of it. */
async function unpack(tar: Uint8Array, target: string): Promise<void> {
  for (const file of readTar(tar)) {
    const path = join(target, file.path);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, file.bytes, { flag: "wx", mode: file.executable ? 0o755 : 0o644 });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (code === "ENAMETOOLONG") throw new TarError(`holds a name that is too long for this file system: "${file.path.slice(0, 80)}…"`);
      // One that does not tell upper case from lower case, as on a Mac.
      if (code === "EEXIST" || code === "ENOTDIR")
        throw new TarError(`holds "${file.path}", which this file system takes for another file of it`);
      throw error;
    }
  }
}

/** Publishing it again mends it, so another try may. */
function unusable(message: string): Failure {
  return new Failure({ reason: "code", origin: "platform", retryable: true, exit_code: EXIT.unavailable, message });
}
