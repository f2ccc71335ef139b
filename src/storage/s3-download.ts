/** Objects on their way down: small ones at once, big ones in ranges of which several are under way. */
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import type { Readable } from "node:stream";
import { GetObjectCommand, type GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { eachOf } from "./pool.ts";
import { type Bucket, isRefused } from "./s3-bucket.ts";
import { type Act, DamagedError } from "./s3-error.ts";
import { type Copy, type GetFileOptions, StoreError } from "./store.ts";

/** All bytes of an object; undefined when it is absent. */
export async function downloadBytes(bucket: Bucket, key: string): Promise<Uint8Array | undefined> {
  const answer = await bucket.send(
    reading(key),
    async (client) => {
      const found = await client.send(new GetObjectCommand({ Bucket: bucket.name, Key: bucket.objectKey(key) }));
      const bytes = await readBody(found, found.ContentLength ?? 0);
      requireDigest(found.Metadata?.sha256, createHash("sha256").update(bytes).digest("hex"));
      return bytes;
    },
    { expected: [404] },
  );
  return isRefused(answer) ? undefined : answer;
}

/** What the first range tells of the whole. */
interface Whole {
  readonly size: number;
  readonly etag: string | undefined;
  readonly sha256: string | undefined;
  readonly first: Uint8Array;
}

/** Downloads to `path`, which does not exist yet; undefined when the object is absent. */
export async function downloadFile(bucket: Bucket, key: string, path: string, options: GetFileOptions): Promise<Copy | undefined> {
  // Somebody may replace the object between two ranges; then all is read again, a few times.
  for (let attempt = 1; ; attempt++) {
    const whole = await readFirst(bucket, key, options.signal);
    if (whole === undefined) return undefined;
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
  const place = { Bucket: bucket.name, Key: bucket.objectKey(key) };
  const answer = await bucket.send(
    reading(key),
    async (client): Promise<Whole> => {
      const found = await client.send(new GetObjectCommand({ ...place, Range: `bytes=0-${bucket.tuning.part - 1}` }), options(signal));
      const size = Number(/\/(\d+)$/.exec(found.ContentRange ?? "")?.[1] ?? found.ContentLength ?? 0);
      const first = await readBody(found, Math.min(size, bucket.tuning.part));
      return { size, etag: found.ETag, sha256: found.Metadata?.sha256, first };
    },
    { expected: [404, 416], signal },
  );
  if (!isRefused(answer)) return answer;
  // An object of no bytes has no first one.
  if (answer.refused === 416) return { size: 0, etag: undefined, sha256: undefined, first: new Uint8Array() };
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
  const place = { Bucket: bucket.name, Key: bucket.objectKey(key), ...(whole.etag !== undefined && { IfMatch: whole.etag }) };
  await writeAt(file, whole.first, 0);
  await hash.add(0, whole.first, undefined);
  const { part: rangeLength, partsAtOnce } = bucket.tuning;
  const count = Math.max(1, Math.ceil(whole.size / rangeLength));
  const rest = eachOf([...Array(count).keys()].slice(1), partsAtOnce, signal, async (index, stop) => {
    const from = index * rangeLength;
    const length = Math.min(rangeLength, whole.size - from);
    const bytes = Buffer.allocUnsafe(length);
    // What has arrived is kept: a try asks for what is missing.
    let done = 0;
    const answer = await bucket.send(
      reading(key),
      async (client) => {
        const found = await client.send(
          new GetObjectCommand({ ...place, Range: `bytes=${from + done}-${from + length - 1}` }),
          options(stop),
        );
        for await (const chunk of found.Body as Readable) {
          if (done + chunk.length > length) throw new DamagedError("more bytes than were asked for");
          bytes.set(chunk, done);
          done += chunk.length;
        }
        if (done < length) throw new DamagedError(`${length - done} bytes are missing`);
      },
      { expected: [404, 412, 416], signal: stop },
    );
    if (isRefused(answer)) throw new ReplacedError();
    await writeAt(file, bytes, from);
    await hash.add(index, bytes, stop);
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

async function readBody(found: GetObjectCommandOutput, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let done = 0;
  for await (const chunk of found.Body as Readable) {
    chunks.push(chunk);
    done += chunk.length;
  }
  if (done !== length) throw new DamagedError(`${done} bytes of ${length} arrived`);
  return Buffer.concat(chunks, done);
}

function requireDigest(expected: string | undefined, found: string): void {
  if (expected !== undefined && expected !== found) throw new DamagedError("the bytes that arrived are not those that were stored");
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

function options(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function reading(key: string): Act {
  return { doing: `read "${key}" from`, action: "s3:GetObject" };
}
