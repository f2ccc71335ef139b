/**
 * What results, requests and cache entries name. Their text is searched for keys and digests rather than read as JSON: what a
 * torn file or one of a newer Tradewind still says counts too, and a name too many only keeps something longer.
 */
import { attemptKey } from "../../protocol/layout.ts";
import type { Entry, Store } from "../../storage/store.ts";
import { readMany } from "./read-many.ts";

export interface References {
  /** Attempt's key → the first key whose text names it from elsewhere. */
  readonly attempts: Map<string, string>;
  /** Digests of code and files. */
  readonly digests: Set<string>;
  /** Keys that have been searched, with what they were then: they are not read again while they stay so. */
  readonly searched: Map<string, string>;
}

export function noReferences(): References {
  return { attempts: new Map(), digests: new Set(), searched: new Map() };
}

/** Adds what the texts at `entries` name. */
export async function addReferences(references: References, entries: Iterable<Entry>, store: Store): Promise<void> {
  const wanted = [...entries].filter((entry) => references.searched.get(entry.key) !== versionOf(entry));
  for await (const { item, bytes } of readMany(wanted, store)) {
    references.searched.set(item.key, versionOf(item));
    if (bytes === undefined) continue;
    const text = Buffer.from(bytes).toString("utf8");
    for (const attempt of attemptsNamed(text)) {
      if (!item.key.startsWith(`${attempt}/`) && !references.attempts.has(attempt)) references.attempts.set(attempt, item.key);
    }
    if (item.key.endsWith("/request.json")) for (const [digest] of text.matchAll(/\b[0-9a-f]{64}\b/g)) references.digests.add(digest);
  }
}

/** Keys of attempts in the text of a result or note: its own, those that its artifacts lie under, and the one whose log stands for a hit's. */
export function attemptsNamed(text: string): Set<string> {
  const found = new Set<string>();
  for (const [key] of text.matchAll(/\bruns(?:\/[A-Za-z0-9._=%-]+){3,4}?\/attempt-[1-9]\d*(?=[/"])/g)) found.add(key);
  for (const { run_id, task, attempt, dag_id } of namedByIds(text)) {
    if ([dag_id, run_id, task].every((name) => typeof name === "string")) found.add(attemptKey(dag_id, run_id, task, Number(attempt)));
  }
  return found;
}

function namedByIds(text: string) {
  try {
    const result = JSON.parse(text);
    const hit = result?.cache?.hit;
    return [result, ...(hit ? [{ ...hit, dag_id: result.dag_id }] : [])].filter((named) => named?.attempt !== undefined);
  } catch {
    return [];
  }
}

/** Changes when the object does. */
export function versionOf({ modified, size }: Entry): string {
  return `${modified} ${size}`;
}
