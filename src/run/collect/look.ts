/** One look at a store: the listing, what the texts in it say, and so what may go. */
import { hostname } from "node:os";
import { isAlive } from "../../launch/identity.ts";
import type { Entry, Store } from "../../storage/store.ts";
import { decodeRunRecord } from "../record.ts";
import { decideRemoval, holders, type Policy, type Removal, type Staying, splitByAge, type TextFacts } from "./decide.ts";
import { readMany } from "./read-many.ts";
import { addReferences, attemptsNamed, noReferences, type References, versionOf } from "./references.ts";
import type { RunFacts, Survey } from "./survey.ts";
import { surveyStore } from "./survey.ts";

/** What earlier looks have read; a second look reads only what has changed. References only grow. */
export interface Known {
  readonly references: References;
  readonly texts: Map<string, TextFacts & { readonly version: string }>;
}

export function nothingKnown(): Known {
  return { references: noReferences(), texts: new Map() };
}

/** What may go by `policy`, as the store is now. */
export async function lookForRemoval(
  store: Store,
  policy: Policy,
  known: Known,
): Promise<{ readonly survey: Survey; readonly removal: Removal }> {
  const survey = await surveyStore(store);
  const { staying, old } = splitByAge(survey, policy);
  for (const [run, why] of await runsThatGoOn(old, store)) staying.set(run, why);
  await addReferences(known.references, holders(survey, staying, policy), store);
  const going = old.filter((run) => !staying.has(run.key));
  await readTexts([...going.flatMap(recordsToJudge), ...survey.cache.filter(({ modified }) => modified < policy.cutoff)], store, known);
  return { survey, removal: decideRemoval(survey, staying, known.references, known.texts, policy) };
}

/** Old runs that this machine runs, or whose record cannot be read. A runner elsewhere shows that it lives by what it writes. */
async function runsThatGoOn(old: readonly RunFacts[], store: Store): Promise<Map<string, Staying>> {
  const found = new Map<string, Staying>();
  const records = old.flatMap(({ key, record }) => (record ? [{ key: record.key, run: key }] : []));
  for await (const { item, bytes } of readMany(records, store)) {
    const record = bytes && decodeRunRecord(bytes);
    if (bytes && record === undefined) found.set(item.run, "unreadable");
    if (record?.state === "running" && record.runner.host === hostname() && isAlive(record.runner)) found.set(item.run, "running");
  }
  return found;
}

/** An attempt is judged by its result, or by its claim when it has none. */
function recordsToJudge(run: RunFacts): Entry[] {
  const attempts = run.attempts.flatMap(({ records }) => {
    const named = (name: string) => records.find(({ key }) => key.endsWith(`/${name}`));
    return named("result.json") ?? named("request.json") ?? [];
  });
  return [...run.pointers, ...attempts];
}

async function readTexts(entries: readonly Entry[], store: Store, { texts }: Known): Promise<void> {
  const wanted = entries.filter((entry) => texts.get(entry.key)?.version !== versionOf(entry));
  for await (const { item, bytes } of readMany(wanted, store)) {
    if (bytes !== undefined) texts.set(item.key, { ...judge(item.key, Buffer.from(bytes).toString("utf8")), version: versionOf(item) });
  }
}

function judge(key: string, text: string): TextFacts {
  try {
    const { proto } = JSON.parse(text);
    if (typeof proto !== "number") return { state: "unreadable", attempts: new Set() };
    return { state: proto > 1 ? "newer" : "read", attempts: key.startsWith("cache/") ? attemptsNamed(text) : new Set() };
  } catch {
    return { state: "unreadable", attempts: new Set() };
  }
}
