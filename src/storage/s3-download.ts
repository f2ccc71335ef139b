/** Objects on their way down: small ones at once, big ones in ranges of which several are under way. */
import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { eachOf } from "./pool.ts";
import { type Bucket, isRefused } from "./s3-bucket.ts";
import { type Act, DamagedError } from "./s3-error.ts";
import { type Copy, type GetFileOptions, StoreError } from "./store.ts";

/** All bytes of an object; undefined when it is absent. */
export async function downloadBytes(bucket: Bucket, key: string): Promise<Uint8Array | undefined> {
  const answer = await bucket.send(
    reading(key),
    async (wire) => {
      const found = await wire.send({ method: "GET", key: bucket.objectKey(key) });
      const bytes = Buffer.allocUnsafe(Number(found.headers["content-length"] ?? 0));
      await readInto(found.body, bytes, 0);
      const digest = found.headers["x-amz-meta-sha256"];
      if (digest !== undefined && digest !== createHash("sha256").update(bytes).digest("hex"))
        throw new DamagedError("the bytes that arrived are not those that were stored");
      return bytes;
    },
    { expected: [404] },
  );
  return isRefused(answer) ? undefined : answer;
}

/** Bytes of a file that is written by one synchronous call: it takes less than the way to a thread and back. */
const small = 256 << 10;

/** What the first range tells of the whole. */
interface Whole {
  readonly size: number;
  readonly etag: string | undefined;
  readonly sha256: string | undefined;
  readonly first: Buffer;
}

/** Downloads to `path`, which does not exist yet; undefined when the object is absent. */
export async function downloadFile(bucket: Bucket, key: string, path: string, options: GetFileOptions): Promise<Copy | undefined> {
  // Somebody may replace the object between two ranges; then all is read again, a few times.
  for (let attempt = 1; ; attempt++) {
    const whole = await readFirst(bucket, key, options.signal);
    if (whole === undefined) return undefined;
    if (whole.size <= small && whole.first.length === whole.size) {
      const sha256 = createHash("sha256").update(whole.first).digest("hex");
      if (whole.sha256 === undefined || whole.sha256 === sha256) {
        writeSmall(path, whole.first);
        return { sha256 };
      }
    }
    const file = await open(path, "wx", 0o644);
    try {
      const sha256 = await readRest(bucket, key, whole, file, options.signal);
      if (sha256 !== undefined && (whole.sha256 === undefined || whole.sha256 === sha256)) return { sha256 };
      await unlink(path);
      if (attempt === 3)
        throw new StoreError(
          "unavailable",
          `could not read "${key}" from the store ${bucket.url}: ${sha256 === undefined ? "it changes all the time" : "what arrives is not what was stored"}; run again`,
        );
    } catch (error) {
      await unlink(path).catch(() => {});
      throw error;
    } finally {
      await file.close();
    }
  }
}

async function readFirst(bucket: Bucket, key: string, signal: AbortSignal | undefined): Promise<Whole | undefined> {
  const headers = { range: `bytes=0-${bucket.tuning.part - 1}` };
  const answer = await bucket.send(
    reading(key),
    async (wire): Promise<Whole> => {
      const found = await wire.send({ method: "GET", key: bucket.objectKey(key), headers, signal });
      const length = Number(found.headers["content-length"] ?? 0);
      const size = Number(/\/(\d+)$/.exec(found.headers["content-range"] ?? "")?.[1] ?? length);
      const first = Buffer.allocUnsafe(Math.min(size, bucket.tuning.part));
      await readInto(found.body, first, 0);
      const digest = found.headers["x-amz-meta-sha256"];
      return { size, etag: found.headers.etag, sha256: typeof digest === "string" ? digest : undefined, first };
    },
    { expected: [404, 416], signal },
  );
  if (!isRefused(answer)) return answer;
  // An object of no bytes has no first one.
  if (answer.refused === 416) return { size: 0, etag: undefined, sha256: undefined, first: Buffer.alloc(0) };
  return undefined;
}

/** Writes all of it; answers with the digest, or undefined when the object was replaced meanwhile. */
async function readRest(
  bucket: Bucket,
  key: string,
  whole: Whole,
  file: FileHandle,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const hash = createOrderedHash();
  await writeAt(file, whole.first, 0);
  await hash.add(0, whole.first, undefined);
  const { part, partsAtOnce } = bucket.tuning;
  const ranges = [...Array(Math.max(1, Math.ceil(whole.size / part))).keys()].slice(1);
  // Few buffers, used again and again: what is thrown away is not given back to the system soon.
  const buffers: Buffer[] = [];
  const rest = eachOf(ranges, partsAtOnce, signal, async (index, stop) => {
    const from = index * part;
    const buffer = buffers.pop() ?? Buffer.allocUnsafe(part);
    const bytes = buffer.subarray(0, Math.min(part, whole.size - from));
    // What has arrived is kept: a try asks for what is missing.
    const progress = { done: 0 };
    const answer = await bucket.send(
      reading(key),
      async (wire) => {
        const headers = { range: `bytes=${from + progress.done}-${from + bytes.length - 1}`, "if-match": whole.etag };
        const found = await wire.send({ method: "GET", key: bucket.objectKey(key), headers, signal: stop });
        await readInto(found.body, bytes, progress.done, progress);
      },
      { expected: [404, 412, 416], signal: stop },
    );
    if (isRefused(answer)) throw new ReplacedError();
    await Promise.all([writeAt(file, bytes, from), hash.add(index, bytes, stop)]);
    buffers.push(buffer);
  });
  return rest.then(hash.digest, (error: unknown) => {
    if (error instanceof ReplacedError) return undefined;
    throw error;
  });
}

/** The object is not the one whose first range was read. */
class ReplacedError extends Error {}

interface OrderedHash {
  /** Part `index`, in any order; resolves when it no longer takes memory, or `stop` is aborted. */
  add(index: number, bytes: Uint8Array, stop: AbortSignal | undefined): Promise<void>;
  digest(): string;
}

/** Hashes parts in their order as they come. */
function createOrderedHash(): OrderedHash {
  const hash: Hash = createHash("sha256");
  const waiting = new Map<number, { readonly bytes: Uint8Array; readonly done: () => void }>();
  let next = 0;
  return {
    add(index, bytes, stop) {
      return new Promise((resolve) => {
        if (stop?.aborted) resolve();
        stop?.addEventListener("abort", () => resolve(), { once: true });
        waiting.set(index, { bytes, done: resolve });
        for (let part = waiting.get(next); part; part = waiting.get(next)) {
          waiting.delete(next++);
          hash.update(part.bytes);
          part.done();
        }
      });
    },
    digest: () => hash.digest("hex"),
  };
}

/** Fills `bytes` from `at` on; `progress` tells, also after a failure, how far it came. Throws DamagedError for another length. */
function readInto(body: IncomingMessage, bytes: Buffer, at: number, progress: { done: number } = { done: at }): Promise<void> {
  return new Promise((resolve, reject) => {
    body.on("data", (chunk: Buffer) => {
      if (progress.done + chunk.length > bytes.length) {
        body.destroy(new DamagedError("more bytes came than were asked for"));
        return;
      }
      chunk.copy(bytes, progress.done);
      progress.done += chunk.length;
    });
    body.once("error", reject);
    body.once("close", () => {
      if (progress.done === bytes.length) resolve();
      else reject(new DamagedError(`${bytes.length - progress.done} bytes of the answer are missing`));
    });
  });
}

function writeSmall(path: string, bytes: Buffer): void {
  const file = openSync(path, "wx", 0o644);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
  } finally {
    closeSync(file);
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

function reading(key: string): Act {
  return { doing: `read "${key}" from`, action: "s3:GetObject" };
}
