/** What is in a store, by run and attempt: one listing, no object is read. */
import type { Entry, Store } from "../../storage/store.ts";
import { isCacheEntry, placeOf, publishedDigest } from "./place.ts";

export interface Amount {
  readonly objects: number;
  readonly bytes: number;
  /** Milliseconds since the epoch, by the store's clock: when the newest of it was written. */
  readonly newest: number;
}

export interface AttemptFacts extends Amount {
  /** `runs/<dag>/<run>/<task>/attempt-<n>` */
  readonly key: string;
  readonly task: string;
  /** Those of request.json, result.json and taken.json that are there. */
  readonly records: readonly Entry[];
}

export interface RunFacts extends Amount {
  /** `runs/<dag>/<run>` */
  readonly key: string;
  readonly record?: Entry;
  readonly pointers: readonly Entry[];
  readonly attempts: readonly AttemptFacts[];
  /** Keys that are not Tradewind's. */
  readonly foreign: readonly string[];
}

export interface Survey {
  /** In key order, so the runs of a dag stand together. */
  readonly runs: readonly RunFacts[];
  readonly cache: readonly Entry[];
  /** code/ and files/ */
  readonly published: readonly Entry[];
  /** Keys elsewhere that are not Tradewind's. */
  readonly foreign: readonly string[];
}

const recordNames = new Set(["request.json", "result.json", "taken.json"]);

/** Lists runs/, cache/, code/ and files/. What else the store holds is not looked at. */
export async function surveyStore(store: Store): Promise<Survey> {
  const runs = new Map<string, OpenRun>();
  const foreign: string[] = [];
  for await (const entry of store.list("runs")) {
    const place = placeOf(entry.key);
    if (place.run === undefined) {
      foreign.push(entry.key);
      continue;
    }
    const run = runs.get(place.run) ?? openRun(place.run);
    runs.set(place.run, run);
    add(run, entry);
    if (place.kind === "record") run.record = entry;
    else if (place.kind === "pointer") run.pointers.push(entry);
    else if (place.kind === "foreign") run.foreign.push(entry.key);
    else {
      const attempt = run.attempts.get(place.attempt) ?? { ...nothing(), key: place.attempt, task: place.task, records: [] };
      run.attempts.set(place.attempt, attempt);
      add(attempt, entry);
      if (recordNames.has(place.name)) attempt.records.push(entry);
    }
  }
  const cache: Entry[] = [];
  for await (const entry of store.list("cache"))
    if (isCacheEntry(entry.key)) cache.push(entry);
    else foreign.push(entry.key);
  const published: Entry[] = [];
  for (const prefix of ["code", "files"]) {
    for await (const entry of store.list(prefix))
      if (publishedDigest(entry.key) !== undefined) published.push(entry);
      else foreign.push(entry.key);
  }
  return { runs: [...runs.values()].map((run) => ({ ...run, attempts: [...run.attempts.values()] })), cache, published, foreign };
}

interface OpenAmount {
  objects: number;
  bytes: number;
  newest: number;
}

interface OpenRun extends OpenAmount {
  readonly key: string;
  record?: Entry;
  readonly pointers: Entry[];
  readonly attempts: Map<string, OpenAmount & { readonly key: string; readonly task: string; readonly records: Entry[] }>;
  readonly foreign: string[];
}

function openRun(key: string): OpenRun {
  return { ...nothing(), key, pointers: [], attempts: new Map(), foreign: [] };
}

function nothing(): OpenAmount {
  return { objects: 0, bytes: 0, newest: 0 };
}

function add(amount: OpenAmount, entry: Entry): void {
  amount.objects += 1;
  amount.bytes += entry.size;
  amount.newest = Math.max(amount.newest, entry.modified);
}
