/** What an S3 server can do and what these credentials may: each thing is done once, under probe/, and undone. */
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreAddress } from "../protocol/store-address.ts";
import { clockFinding, type Finding, find, median, showMilliseconds } from "./finding.ts";
import type { OpenOptions } from "./open.ts";
import { createS3Store } from "./s3.ts";
import { type Bucket, isRefused, openBucket } from "./s3-bucket.ts";
import { describeConditions, probeConditions } from "./s3-conditions.ts";
import { type Entry, StoreError } from "./store.ts";

/** The least that a part of an upload may have. */
const part = 5 << 20;

/** Writes about six megabytes. */
export async function examineS3(address: StoreAddress, options: OpenOptions): Promise<readonly Finding[]> {
  // Somebody waits: what does not answer after a few tries is a finding.
  const tuning = { part, retries: { attempts: 4, base: 100, longest: 1000 }, silence: 10_000 };
  let bucket: Bucket;
  try {
    bucket = openBucket(address, options, tuning);
  } catch (error) {
    return [await find("connection", () => Promise.reject(error))];
  }
  const store = createS3Store(address, options, tuning);
  const folder = `probe/${randomUUID()}`;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const list = await find("list", async () => {
    await store.folders("probe");
    return "keys are listed (s3:ListBucket)";
  });
  const before = Date.now();
  const write = await find("write", async () => {
    await store.put(`${folder}/a`, bytes("0123456789"));
    return "objects are written (s3:PutObject)";
  });
  const after = Date.now();
  const away = [list, write].every(({ state }) => state === "failed");
  if (away) return list.text.split(": ").at(-1) === write.text.split(": ").at(-1) ? [write] : [list, write];

  const read = await find("read", async () => {
    const found = await store.get(write.state === "ok" ? `${folder}/a` : "probe/conditions.json");
    if (write.state === "ok" && Buffer.from(found ?? []).toString() !== "0123456789")
      throw new StoreError("invalid", `what was written to ${address.url} is not what is read`);
    return "objects are read (s3:GetObject)";
  });
  const findings = [read, write, list];
  if (write.state === "ok") {
    findings.push(await find("create once", () => findOnce(bucket)));
    findings.push(await find("in parts", () => uploadInParts(address, options, tuning, `${folder}/parts`)));
    findings.push(await find("ranges", () => readRange(bucket, `${folder}/a`)));
    findings.push(await find("checksums", () => sendDamaged(bucket, `${folder}/damaged`)));
    findings.push(
      await find("clock", async () => {
        const entry = (await store.head(`${folder}/a`)) as Entry;
        // Last-Modified has whole seconds.
        return clockFinding(entry.modified, before, after, 1000);
      }),
    );
    findings.push(
      await find("latency", async () => {
        const times: number[] = [];
        for (let n = 0; n < 9; n++) {
          const started = performance.now();
          await store.get(`${folder}/a`);
          times.push(performance.now() - started);
        }
        return `a small object is read in ${showMilliseconds(median(times))} (the slowest of 9 in ${showMilliseconds(Math.max(...times))})`;
      }),
    );
  }
  findings.push(
    await find("uploads", async () => {
      let count = 0;
      for await (const _ of store.leftovers?.() ?? []) count++;
      if (count === 0) return "there are no unfinished uploads (s3:ListBucketMultipartUploads)";
      return { state: "weak", text: `${count} unfinished uploads take room; tradewind store gc gives old ones up` };
    }),
  );
  findings.push(
    await find("delete", async () => {
      for (const name of ["a", "parts", "damaged"]) await store.delete(`${folder}/${name}`);
      return "objects are deleted (s3:DeleteObject)";
    }),
  );
  return findings;
}

async function findOnce(bucket: Bucket): Promise<string | Omit<Finding, "name">> {
  const conditions = await probeConditions(bucket);
  if (conditions === undefined) return { state: "weak", text: "answers were lost, so that nothing can be told; run this again" };
  const text = `${describeConditions(conditions)} (If-None-Match: one writer, then 8 at once, three times)`;
  return conditions === "held"
    ? text
    : { state: "weak", text: `${text}; runs are right as long as one attempt of a task is started at a time, as Airflow does` };
}

async function uploadInParts(
  address: StoreAddress,
  options: OpenOptions,
  tuning: Parameters<typeof createS3Store>[2],
  key: string,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tradewind-doctor-"));
  try {
    const store = createS3Store(address, options, tuning);
    writeFileSync(join(folder, "up"), Buffer.alloc(part + 1000, "doctor"));
    await store.putFile(key, join(folder, "up"));
    const size = (await store.head(key))?.size;
    if (size !== part + 1000)
      throw new StoreError("invalid", `an upload of two parts to ${address.url} came to ${size} bytes, not ${part + 1000}`);
    return "big files go up in parts";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readRange(bucket: Bucket, key: string): Promise<string> {
  const request = { method: "GET", key: bucket.objectKey(key), headers: { range: "bytes=2-4" } } as const;
  const text = await bucket.send({ doing: `read a range of "${key}" from`, action: "s3:GetObject" }, (wire) => wire.ask(request));
  if (text !== "234")
    throw new StoreError("invalid", `the server at ${bucket.endpoint} does not know ranges: big files cannot be read from it`);
  return "big files come down in ranges";
}

/** Sends a body with the digest of another. */
async function sendDamaged(bucket: Bucket, key: string): Promise<string | Omit<Finding, "name">> {
  const digest = createHash("sha256").update("whole").digest("hex");
  const request = { method: "PUT", key: bucket.objectKey(key), body: Buffer.from("damaged"), digest } as const;
  const answer = await bucket.send({ doing: `write "${key}" to`, action: "s3:PutObject" }, (wire) => wire.ask(request), {
    expected: [400, 403],
  });
  if (isRefused(answer)) return "a body that was damaged on its way is refused";
  return { state: "weak", text: "the server does not look at digests: what is damaged on its way is noticed when it is read" };
}
