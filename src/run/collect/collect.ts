/**
 * Removes what is old from a store that others go on using. Nothing that a live run needs may go, and a run may take old work
 * from the cache at any moment, so each side says first what it does and looks afterwards:
 *
 *     gc                                               a launcher that takes old work (launch/hold.ts)
 *     1  look: what is old and needed by nobody        a  read the cache entry
 *     2  write the notice that names it                b  write a note under the own attempt: this is needed
 *     3  wait, for stores that show new files late     c  read the notice: named there, it does the work itself
 *     4  look again: what is needed now stays          d  check that the artifacts are there, take them
 *     5  remove: cache entries, then runs
 *     6  remove the notice
 *
 * Either (c) comes after (2) and the launcher sees the notice, or (b) comes before (4) and gc sees the note. After (6) the artifacts
 * are gone and (d) sees that. A task that starts in an old run claims its attempt before it reads anything, which (4) sees as well.
 * A gc that dies leaves its notice: nothing that it names is taken any more, and the next gc goes on. What a gc has removed is
 * always something that no result names that a run could still read.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, ownIdentity } from "../../launch/identity.ts";
import { decodeNotice, isDoomed, noticeKey, publishedSafeAge, type RemovalNotice, safeAge } from "../../protocol/removal.ts";
import type { Entry, Leftover, Store } from "../../storage/store.ts";
import { type Policy, type Removal, type RunRemoval, tasksThatStay } from "./decide.ts";
import { lookForRemoval, nothingKnown } from "./look.ts";
import { placeOf } from "./place.ts";

export interface CollectOptions {
  /** Seconds, `safeAge` at least. */
  readonly olderThan: number;
  readonly keepLast: number;
  readonly needed: ReadonlySet<string> | undefined;
  /** Seconds of step 3. */
  readonly wait: number;
  /** True: only look. */
  readonly dryRun: boolean;
}

export interface CollectDeps {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly onRemoval?: (removal: Removal) => void;
}

export interface Collected {
  readonly removal: Removal;
  readonly leftovers: readonly Leftover[];
  /** Runs that something was written to between the looks and the removal, and so stayed. */
  readonly spared: readonly string[];
  readonly objects: number;
  readonly bytes: number;
  /** Milliseconds by which this machine's clock is ahead of the store's; undefined for a dry run. */
  readonly ahead?: number;
}

/** Milliseconds after which a notice is taken for that of a dead gc; a living one writes it again long before. */
const staleNotice = 3_600_000;
const renewEvery = staleNotice / 10;

/** Removes, or only tells what would go. A `problem` is one sentence: another gc is at work. */
export async function collect(store: Store, options: CollectOptions, deps: CollectDeps): Promise<Collected | { readonly problem: string }> {
  const known = nothingKnown();
  if (options.dryRun) {
    const { removal } = await lookForRemoval(store, policyOf(options, deps.now()), known);
    return { removal, leftovers: await oldLeftovers(store, deps.now()), spared: [], ...totals(removal) };
  }
  const claimed = await claimStore(store, deps.now);
  if ("problem" in claimed) return claimed;
  const { notice, storeNow } = claimed;
  const ahead = deps.now() - storeNow;
  // Of two clocks the one that is behind decides: it keeps more.
  const policy = policyOf(options, Math.min(deps.now(), storeNow));
  try {
    const first = (await lookForRemoval(store, policy, known)).removal;
    const doomed = new Set(doomedOf(first));
    const named = { ...notice, doomed: [...doomed] };
    if (doomed.size > 0) {
      await writeNotice(named, store);
      await pause(options.wait, deps.signal);
    }
    const second = doomed.size === 0 ? first : onlyNamed((await lookForRemoval(store, policy, known)).removal, doomed);
    deps.onRemoval?.(second);
    const removed = await remove(second, named, store, deps);
    const leftovers = await oldLeftovers(store, storeNow);
    for (const leftover of leftovers) await leftover.remove();
    return { removal: second, leftovers, ...removed, ahead };
  } finally {
    if (await isOurs(notice, store).catch(() => false)) await store.delete(noticeKey).catch(() => {});
  }
}

function policyOf({ olderThan, keepLast, needed }: CollectOptions, now: number): Policy {
  const before = (least: number): number => now - Math.max(olderThan, least) * 1000;
  return { cutoff: before(safeAge), publishedCutoff: before(publishedSafeAge), keepLast, needed };
}

/** Claims the store for one gc: two would take away each other's notice. */
async function claimStore(
  store: Store,
  now: () => number,
): Promise<{ readonly notice: RemovalNotice; readonly storeNow: number } | { readonly problem: string }> {
  const id = randomBytes(8).toString("hex");
  const notice: RemovalNotice = { proto: 1, id, ...ownIdentity(), started: new Date(now()).toISOString(), doomed: [] };
  if (!(await store.put(noticeKey, encodeNotice(notice), { ifAbsent: true }))) {
    const [bytes, entry] = [await store.get(noticeKey), await store.head(noticeKey)];
    const other = bytes && decodeNotice(Buffer.from(bytes).toString("utf8"));
    const dead = other && !isAlive(other);
    if (entry && !dead && now() - entry.modified < staleNotice) {
      const who = other ? `on ${other.host} (process ${other.pid}, since ${other.started})` : "elsewhere";
      return { problem: `another gc ${who} is at work in ${store.url}; if it died, its notice (${noticeKey}) counts for an hour` };
    }
    await writeNotice(notice, store);
  }
  const written = await store.head(noticeKey);
  if (!(await isOurs(notice, store)) || written === undefined) return { problem: `another gc has just begun in ${store.url}` };
  return { notice, storeNow: written.modified };
}

async function isOurs({ id }: RemovalNotice, store: Store): Promise<boolean> {
  const bytes = await store.get(noticeKey);
  return bytes !== undefined && decodeNotice(Buffer.from(bytes).toString("utf8"))?.id === id;
}

async function writeNotice(notice: RemovalNotice, store: Store): Promise<void> {
  await store.put(noticeKey, encodeNotice(notice));
}

function encodeNotice(notice: RemovalNotice): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(notice)}\n`);
}

function* doomedOf({ runs, published }: Removal): Generator<string> {
  for (const { run, attempts, whole } of runs) {
    if (whole) yield `${run.key}/`;
    else for (const attempt of attempts) yield `${attempt.key}/`;
  }
  for (const { key } of published) yield key;
}

/** Without what the notice does not name: others could not know of it. */
function onlyNamed(removal: Removal, doomed: ReadonlySet<string>): Removal {
  const runs = removal.runs.flatMap((one): RunRemoval[] => {
    const attempts = one.attempts.filter(({ key }) => isDoomed(doomed, [`${key}/`]));
    const whole = one.whole && doomed.has(`${one.run.key}/`);
    return whole || attempts.length > 0 ? [{ ...one, attempts, whole }] : [];
  });
  return { ...removal, runs, published: removal.published.filter(({ key }) => doomed.has(key)) };
}

type Removed = Pick<Collected, "spared" | "objects" | "bytes">;

async function remove(removal: Removal, notice: RemovalNotice, store: Store, { signal, now }: CollectDeps): Promise<Removed> {
  const spared: string[] = [];
  let [objects, bytes] = [0, 0];
  let renewed = now();
  const count = (entries: readonly Entry[]): void => {
    objects += entries.length;
    bytes += entries.reduce((sum, { size }) => sum + size, 0);
  };
  /** False: another gc took this one for dead. */
  const goOn = async (): Promise<boolean> => {
    if (signal.aborted || !(await isOurs(notice, store))) return false;
    if (now() - renewed > renewEvery) {
      await writeNotice(notice, store);
      renewed = now();
    }
    return true;
  };
  if (await goOn()) count(await removeEntries(await unchanged(removal.cache, store), store));
  for (const run of removal.runs) {
    if (!(await goOn())) break;
    const entries = await entriesToRemove(run, store);
    if (entries === undefined) spared.push(run.run.key);
    else for (const part of entries) count(await removeEntries(part, store));
  }
  if (await goOn()) count(await removeEntries(await unchanged(removal.published, store), store));
  return { spared, objects, bytes };
}

/**
 * What goes of a run, in the order in which it goes: what points to artifacts, the artifacts, what tells of the run. Undefined when
 * something has been written to it meanwhile.
 */
async function entriesToRemove(removal: RunRemoval, store: Store): Promise<readonly (readonly Entry[])[] | undefined> {
  const { run, attempts, whole } = removal;
  const going = new Set(attempts.map(({ key }) => key));
  const staying = tasksThatStay(removal);
  const first: Entry[] = [];
  const then: Entry[] = [];
  const last: Entry[] = [];
  let [objects, newest] = [0, 0];
  for await (const entry of store.list(run.key)) {
    objects += 1;
    newest = Math.max(newest, entry.modified);
    const place = placeOf(entry.key);
    if (place.kind === "pointer" && (whole || !staying.has(place.task))) first.push(entry);
    else if (place.kind === "attempt" && (whole || going.has(place.attempt))) {
      (place.name === "result.json" ? first : place.name === "request.json" ? last : then).push(entry);
    } else if (place.kind === "record" && (whole || staying.size === 0)) last.push(entry);
  }
  return objects === run.objects && newest === run.newest ? [first, then, last] : undefined;
}

/** Those that are as they were when they were looked at. Some servers tell milliseconds in a list and whole seconds of one object. */
async function unchanged(entries: readonly Entry[], store: Store): Promise<Entry[]> {
  const found: Entry[] = [];
  for (let done = 0; done < entries.length; done += 32) {
    const part = entries.slice(done, done + 32);
    const now = await Promise.all(part.map(({ key }) => store.head(key)));
    found.push(...part.filter(({ modified }, index) => inSeconds(now[index]?.modified) === inSeconds(modified)));
  }
  return found;
}

function inSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000);
}

async function removeEntries(entries: readonly Entry[], store: Store): Promise<readonly Entry[]> {
  const keys = entries.map(({ key }) => key);
  if (store.deleteAll) await store.deleteAll(keys);
  else for (const key of keys) await store.delete(key);
  return entries;
}

/** What dead writers left: whoever writes for longer than `safeAge` without a byte is dead. */
async function oldLeftovers(store: Store, now: number): Promise<readonly Leftover[]> {
  const old: Leftover[] = [];
  for await (const leftover of store.leftovers?.() ?? []) if (now - leftover.modified > safeAge * 1000) old.push(leftover);
  return old;
}

function totals({ runs, cache, published }: Removal): Pick<Collected, "objects" | "bytes"> {
  const size = [...cache, ...published].reduce((sum, entry) => sum + entry.size, 0);
  return {
    objects: runs.reduce((sum, run) => sum + run.objects, cache.length + published.length),
    bytes: runs.reduce((sum, run) => sum + run.bytes, size),
  };
}

async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => {});
}
