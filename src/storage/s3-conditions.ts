/**
 * Does the server create a key once only? S3 does (If-None-Match: *); of those that speak as it does some refuse, some ignore the
 * header, and some let two writers win that come at the same moment. It is tried out before the first such write, and remembered.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { OpenOptions } from "./open.ts";
import { type Bucket, isRefused } from "./s3-bucket.ts";
import { downloadBytes } from "./s3-download.ts";
import { uploadBytes } from "./s3-upload.ts";

/** `refused`: it says that it cannot. `ignored`: it replaces what is there. `raced`: right for one writer, wrong for several. */
export type Conditions = "held" | "refused" | "ignored" | "raced";

interface Note {
  readonly conditions: Conditions;
  /** ISO 8601 instant. */
  readonly checked: string;
}

/** Milliseconds after which a server is asked again: it may have been replaced by a newer one. */
const validity = 7 * 86_400_000;
const noteKey = "probe/conditions.json";
const rounds = 3;
const racers = 8;

/** What is remembered of this bucket's server, or found out now. Throws StoreError when the bucket cannot be written. */
export async function findConditions(bucket: Bucket, { cache, warn }: OpenOptions): Promise<Conditions> {
  if (bucket.amazon) return "held";
  const file = cache && noteFile(cache, bucket);
  const noted = (file && readNote(file)) || readNoteText(await downloadBytes(bucket, noteKey));
  if (noted) {
    if (file) keepNote(file, noted);
    return noted.conditions;
  }
  let conditions: Conditions | undefined;
  for (let attempt = 0; conditions === undefined && attempt < 5; attempt++) conditions = await probeConditions(bucket);
  // Nothing can be told now, so nothing is remembered: the weaker way is right with any server.
  if (conditions === undefined) return "raced";
  const note: Note = { conditions, checked: new Date().toISOString() };
  await uploadBytes(bucket, noteKey, new TextEncoder().encode(`${JSON.stringify(note)}\n`), {});
  if (file) keepNote(file, note);
  if (conditions !== "held") {
    warn?.(
      `the store ${bucket.url} at ${bucket.endpoint} has no conditional writes (${describeConditions(conditions)}); runs are right as long as one attempt of a task is started at a time, as Airflow does`,
    );
  }
  return conditions;
}

/** "two writers of one key can both win", for the end of a sentence. */
export function describeConditions(conditions: Conditions): string {
  switch (conditions) {
    case "held":
      return "of several writers one wins";
    case "refused":
      return "the server refuses If-None-Match";
    case "ignored":
      return "the server ignores If-None-Match";
    case "raced":
      return "two writers of one key that come at the same moment can both win";
  }
}

/** Creates a key twice, then some by several writers each; undefined when an answer was lost, after which nothing can be told. */
export async function probeConditions(bucket: Bucket): Promise<Conditions | undefined> {
  const folder = `probe/${randomUUID()}`;
  const written: string[] = [];
  let doubtful = false;
  const create = async (name: string, text: string): Promise<number> => {
    const key = `${folder}/${name}`;
    written.push(key);
    const request = { method: "PUT", key: bucket.objectKey(key), headers: { "if-none-match": "*" }, body: Buffer.from(text) } as const;
    const answer = await bucket.send({ doing: `write "${key}" to`, action: "s3:PutObject" }, (wire) => wire.ask(request), {
      expected: [400, 405, 412, 501],
    });
    if (!isRefused(answer)) return 200;
    doubtful ||= answer.doubtful;
    return answer.refused;
  };
  try {
    const first = await create("once", "1");
    if (doubtful) return undefined;
    if (first !== 200) return "refused";
    const second = await create("once", "2");
    if (doubtful) return undefined;
    if (second !== 412) return second === 200 ? "ignored" : "refused";
    for (let round = 0; round < rounds; round++) {
      const answers = await Promise.all(Array.from({ length: racers }, (_, n) => create(`race-${round}`, String(n))));
      if (doubtful) return undefined;
      if (answers.filter((status) => status === 200).length !== 1) return "raced";
    }
    return "held";
  } finally {
    // Not everybody who may write may delete; a few bytes stay then.
    const act = { doing: "delete a probe from", action: "s3:DeleteObject" };
    for (const key of new Set(written)) {
      const request = { method: "DELETE", key: bucket.objectKey(key) } as const;
      await bucket.send(act, (wire) => wire.ask(request), { expected: [404] }).catch(() => {});
    }
  }
}

function noteFile(cache: string, bucket: Bucket): string {
  const name = createHash("sha256").update(`${bucket.endpoint} ${bucket.name}`).digest("hex").slice(0, 32);
  return join(cache, "stores", `${name}.json`);
}

function readNote(file: string): Note | undefined {
  try {
    return readNoteText(readFileSync(file));
  } catch {
    return undefined;
  }
}

function readNoteText(bytes: Uint8Array | undefined): Note | undefined {
  try {
    const note = JSON.parse(Buffer.from(bytes ?? []).toString()) as Note;
    const known = ["held", "refused", "ignored", "raced"].includes(note.conditions);
    return known && Date.now() - Date.parse(note.checked) < validity ? note : undefined;
  } catch {
    return undefined;
  }
}

/** What cannot be kept is found out again. */
function keepNote(file: string, note: Note): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const aside = `${file}.${process.pid}`;
    writeFileSync(aside, `${JSON.stringify(note)}\n`);
    renameSync(aside, file);
  } catch {
    // A read-only home, or a full disk.
  }
}
