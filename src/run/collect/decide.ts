/**
 * Which parts of a store may go: pure decisions over a survey. A run is old when nothing of it was written since the cutoff. An old
 * run goes, but for the attempts whose work another run that stays (or a young cache entry) names. What is not understood stays.
 */
import type { Entry } from "../../storage/store.ts";
import { attemptWords, publishedDigest, runNames } from "./place.ts";
import type { References } from "./references.ts";
import type { AttemptFacts, RunFacts, Survey } from "./survey.ts";

export interface Policy {
  /** Milliseconds since the epoch, by the store's clock: what was written later stays. */
  readonly cutoff: number;
  /** Newest runs of each dag that stay whatever their age. */
  readonly keepLast: number;
  /** The same for code and files. */
  readonly publishedCutoff: number;
  /** Digests of code and files that pipelines of today need; undefined when that cannot be told, and all stay. */
  readonly needed: ReadonlySet<string> | undefined;
}

/** Why a run stays as a whole. */
export type Staying = "young" | "last" | "running" | "unreadable";

/** What is known of the text of an old attempt's records, of a pointer or of a cache entry. */
export interface TextFacts {
  readonly state: "read" | "unreadable" | "newer";
  /** Attempts that a cache entry names. */
  readonly attempts: ReadonlySet<string>;
}

export interface Removal {
  /** Runs with something to remove. */
  readonly runs: readonly RunRemoval[];
  readonly cache: readonly Entry[];
  readonly published: readonly Entry[];
  /** What is old and stays, with the reason. */
  readonly kept: readonly Kept[];
  /** Keys that are not understood, with what is the matter. */
  readonly strange: readonly Kept[];
}

export interface RunRemoval {
  readonly run: RunFacts;
  /** Attempts that go; all of the run when `whole`. */
  readonly attempts: readonly AttemptFacts[];
  /** True: nothing of it stays. */
  readonly whole: boolean;
  readonly objects: number;
  readonly bytes: number;
}

export interface Kept {
  readonly key: string;
  readonly why: string;
}

/** Runs that stay by their age or their place among the runs of their dag; of the others the records are to be read. */
export function splitByAge(
  survey: Survey,
  { cutoff, keepLast }: Policy,
): { readonly staying: Map<string, Staying>; readonly old: readonly RunFacts[] } {
  const staying = new Map<string, Staying>();
  const byDag = new Map<string, RunFacts[]>();
  for (const run of survey.runs) {
    const dag = run.key.slice(0, run.key.lastIndexOf("/"));
    byDag.set(dag, [...(byDag.get(dag) ?? []), run]);
  }
  for (const runs of byDag.values()) {
    const newestFirst = [...runs].sort((a, b) => b.newest - a.newest);
    for (const [index, run] of newestFirst.entries()) {
      if (run.newest >= cutoff) staying.set(run.key, "young");
      else if (index < keepLast) staying.set(run.key, "last");
    }
  }
  return { staying, old: survey.runs.filter((run) => !staying.has(run.key)) };
}

/** Objects whose texts say what is needed: those of the runs that stay, and young cache entries. */
export function* holders(survey: Survey, staying: ReadonlyMap<string, Staying>, { cutoff }: Policy): Generator<Entry> {
  for (const run of survey.runs) {
    if (!staying.has(run.key)) continue;
    yield* run.pointers;
    for (const attempt of run.attempts) yield* attempt.records;
  }
  for (const entry of survey.cache) if (entry.modified >= cutoff) yield entry;
}

/** All decisions. `texts`: what reading told of the old runs' results, claims and pointers and of the old cache entries, by key. */
export function decideRemoval(
  survey: Survey,
  staying: ReadonlyMap<string, Staying>,
  references: References,
  texts: ReadonlyMap<string, TextFacts>,
  policy: Policy,
): Removal {
  const kept: Kept[] = [];
  const strange: Kept[] = [...survey.foreign.map((key) => ({ key, why: "not Tradewind's" }))];
  const runs: RunRemoval[] = [];
  /** Attempts that are there and stay. */
  const remaining = new Set<string>();
  for (const run of survey.runs) {
    for (const key of run.foreign) strange.push({ key, why: "not Tradewind's" });
    const why = staying.get(run.key);
    if (why !== undefined) {
      for (const attempt of run.attempts) remaining.add(attempt.key);
      if (why === "last") kept.push({ key: run.key, why: "one of the newest runs of its dag (--keep-last)" });
      if (why === "running") kept.push({ key: run.key, why: "its runner lives" });
      if (why === "unreadable" && run.record) strange.push({ key: run.record.key, why: "cannot be read; its run stays" });
      continue;
    }
    const torn = new Set<string>();
    for (const { key } of [...run.pointers, ...run.attempts.flatMap(({ records }) => records)]) {
      const why = strangeness(texts.get(key));
      if (why === undefined) continue;
      torn.add(key.slice(0, key.lastIndexOf("/")));
      strange.push({ key, why });
    }
    const going: AttemptFacts[] = [];
    for (const attempt of run.attempts) {
      const by = references.attempts.get(attempt.key);
      if (torn.has(attempt.key) || torn.has(attempt.task)) remaining.add(attempt.key);
      else if (by !== undefined) {
        remaining.add(attempt.key);
        kept.push({ key: attempt.key, why: `${attemptWords(attempt.key)} is needed by ${describeHolder(by)}` });
      } else going.push(attempt);
    }
    const whole = going.length === run.attempts.length && run.foreign.length === 0 && torn.size === 0;
    if (!whole && going.length === 0) continue;
    runs.push({ run, attempts: going, whole, ...amountOf(run, going, whole) });
  }
  const cache: Entry[] = [];
  for (const entry of survey.cache) {
    const text = texts.get(entry.key);
    const why = strangeness(text);
    if (why !== undefined) strange.push({ key: entry.key, why });
    else if (text && ![...text.attempts].every((attempt) => remaining.has(attempt))) cache.push(entry);
  }
  return { runs, cache, published: decidePublished(survey, references, policy), kept, strange };
}

/** Undefined for what could be read, or need not be. */
function strangeness(text: TextFacts | undefined): string | undefined {
  if (text === undefined || text.state === "read") return undefined;
  return text.state === "newer" ? "written by a newer Tradewind" : "cannot be read";
}

function decidePublished(survey: Survey, references: References, { publishedCutoff, needed }: Policy): readonly Entry[] {
  if (needed === undefined) return [];
  return survey.published.filter((entry) => {
    const digest = publishedDigest(entry.key) ?? "";
    return entry.modified < publishedCutoff && !needed.has(digest) && !references.digests.has(digest);
  });
}

/** Tasks of a run that has something to remove of which an attempt stays: what points to it stays too, and the run's record. */
export function tasksThatStay({ run, attempts }: Pick<RunRemoval, "run" | "attempts">): ReadonlySet<string> {
  const going = new Set(attempts.map(({ key }) => key));
  return new Set(run.attempts.filter(({ key }) => !going.has(key)).map(({ task }) => task));
}

function amountOf(run: RunFacts, attempts: readonly AttemptFacts[], whole: boolean): { readonly objects: number; readonly bytes: number } {
  if (whole) return { objects: run.objects, bytes: run.bytes };
  const staying = tasksThatStay({ run, attempts });
  const pointers = run.pointers.filter(({ key }) => !staying.has(key.slice(0, key.lastIndexOf("/"))));
  const others = [...pointers, ...(staying.size === 0 && run.record ? [run.record] : [])];
  return {
    objects: sum(attempts.map(({ objects }) => objects)) + others.length,
    bytes: sum(attempts.map(({ bytes }) => bytes)) + sum(others.map(({ size }) => size)),
  };
}

function describeHolder(key: string): string {
  if (key.startsWith("cache/")) return `a cache entry that is younger (${key})`;
  const { run_id } = runNames(key);
  return `run ${run_id}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
