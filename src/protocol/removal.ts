/**
 * What `tradewind store gc` is about to remove, said in the store before anything goes: gc/notice.json. Whoever takes the work of
 * another run first leaves a note of it under his own attempt, then looks here. Of the two at least one sees the other: gc looks
 * for notes only after its notice is there (run/collect/collect.ts has the whole order).
 */
import { isJsonObject, type Json } from "./json.ts";
import type { RunnerIdentity } from "./run-record.ts";

export const noticeKey = "gc/notice.json";

/** By the process that is at work. */
export interface RemovalNotice extends RunnerIdentity {
  readonly proto: 1;
  /** Names one gc. */
  readonly id: string;
  /** ISO 8601 instant. */
  readonly started: string;
  /** Keys, and prefixes that end with a slash. */
  readonly doomed: readonly string[];
}

/** Seconds: whatever was written since then is never removed. What is younger by its own word than half of it needs no note. */
export const safeAge = 86_400;

/** Seconds: the same for code and files, which publishing writes again when they are older than half of it. */
export const publishedSafeAge = 14 * 86_400;

/** Name under an attempt of the note that it takes work of another run: the keys of that work's artifacts. */
export const takenName = "taken.json";

/** The notice in `text`; undefined when it is none. */
export function decodeNotice(text: string): RemovalNotice | undefined {
  try {
    const value: Json = JSON.parse(text);
    if (!isJsonObject(value) || value.proto !== 1 || typeof value.id !== "string" || !Array.isArray(value.doomed)) return undefined;
    if (typeof value.host !== "string" || !Number.isSafeInteger(value.pid)) return undefined;
    return value.doomed.every((key: Json) => typeof key === "string") ? (value as unknown as RemovalNotice) : undefined;
  } catch {
    return undefined;
  }
}

/** True when one of `keys`, or a prefix of it that ends with a slash, is in `doomed`. */
export function isDoomed(doomed: ReadonlySet<string>, keys: Iterable<string>): boolean {
  for (const key of keys) {
    if (doomed.has(key)) return true;
    for (let slash = key.indexOf("/"); slash >= 0; slash = key.indexOf("/", slash + 1))
      if (doomed.has(key.slice(0, slash + 1))) return true;
  }
  return false;
}
