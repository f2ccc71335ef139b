/**
 * One worker at a time per name, among all processes that see the folder. The lock is a file made by link(2), touched while
 * its owner lives; the lock of a dead owner is taken over. It only saves work: what it guards must be right without it.
 */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { birthOf } from "./processes.ts";

interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly birth?: string;
  readonly token: string;
}

const usualBeat = 5_000;

/**
 * Runs `work` while holding `file`; waits for whoever holds it now. Rejects with the signal's reason when that comes first.
 * `beat`: milliseconds between two signs of life.
 */
export async function withLock<T>(file: string, signal: AbortSignal, work: () => Promise<T>, beat = usualBeat): Promise<T> {
  const token = randomBytes(8).toString("hex");
  const birth = birthOf(process.pid);
  const owner: Owner = { host: hostname(), pid: process.pid, ...(birth === undefined ? {} : { birth }), token };
  const mine = `${file}.${token}`;
  await writeFile(mine, JSON.stringify(owner));
  try {
    const watch = createWatch(beat);
    for (let wait = 20; !(await take(mine, file)); wait = Math.min(wait * 1.5, 500)) {
      signal.throwIfAborted();
      await breakIfDead(file, watch);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    const heart = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), beat);
    heart.unref();
    try {
      return await work();
    } finally {
      clearInterval(heart);
      if ((await readOwner(file))?.token === token) await unlink(file).catch(() => {});
    }
  } finally {
    await unlink(mine).catch(() => {});
  }
}

async function take(mine: string, file: string): Promise<boolean> {
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function breakIfDead(file: string, isSilent: Watch): Promise<void> {
  const owner = await readOwner(file);
  const facts = await stat(file).catch(() => undefined);
  if (!facts || (owner !== undefined && !isDead(owner, () => isSilent(owner, facts.mtimeMs)))) return;
  // Somebody else may have broken it and taken it meanwhile; then it is put back.
  const aside = `${file}.${randomBytes(8).toString("hex")}.dead`;
  await rename(file, aside).catch(() => {});
  const taken = await readOwner(aside);
  if (taken && owner && taken.token !== owner.token) await link(aside, file).catch(() => {});
  await unlink(aside).catch(() => {});
}

/** Has this owner, who touched its lock then, given no sign of life for too long? */
type Watch = (owner: Owner, touched: number) => boolean;

/**
 * Of an owner on another machine nothing is known but its last sign of life. Clocks may differ, and jump; so it counts only that it gives no
 * other one while we look: for two beats when its last is old, else for twelve.
 */
function createWatch(beat: number): Watch {
  let seen: { readonly token: string; readonly touched: number; readonly since: number } | undefined;
  return (owner, touched) => {
    const now = performance.now();
    if (seen?.token !== owner.token || seen.touched !== touched) seen = { token: owner.token, touched, since: now };
    const looked = now - seen.since;
    return looked > beat * 12 || (looked > beat * 2.5 && Date.now() - touched > beat * 12);
  };
}

function isDead(owner: Owner, isSilent: () => boolean): boolean {
  if (owner.host !== hostname()) return isSilent();
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
  return owner.birth !== undefined && birthOf(owner.pid) !== owner.birth;
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof value === "object" && value !== null && "token" in value ? (value as Owner) : undefined;
  } catch {
    return undefined;
  }
}
