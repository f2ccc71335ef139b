/** Objects on their way up: in one request, or in parts of which several are under way. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { eachOf } from "./pool.ts";
import { type Bucket, isRefused } from "./s3-bucket.ts";
import type { Act } from "./s3-error.ts";
import { element, escapeXml } from "./s3-xml.ts";
import { type PutFileOptions, StoreError } from "./store.ts";

/** Larger files get larger parts, since an upload has so many at most. */
const mostParts = 10_000;
/** Bytes of a file that is read by one synchronous call: it takes less than the way to a thread and back. */
const small = 256 << 10;

/** Milliseconds in which an upload that failed is given up at the server. */
const cleanTime = 5_000;

/** `create`: only when the key is free, told by the server. `mark`: a text that nobody else writes, by which our object is known. */
export interface Upload extends Pick<PutFileOptions, "sha256" | "signal"> {
  readonly create?: boolean;
  readonly mark?: string;
}

/** Uploads `body`; false when `create` found the key taken. */
export async function uploadBytes(bucket: Bucket, key: string, body: Uint8Array, upload: Upload): Promise<boolean> {
  const digest = createHash("sha256").update(body).digest();
  const headers = {
    ...metadataOf({ ...upload, sha256: digest.toString("hex") }),
    "x-amz-checksum-sha256": digest.toString("base64"),
    "if-none-match": upload.create ? "*" : undefined,
  };
  const request = {
    method: "PUT",
    key: bucket.objectKey(key),
    headers,
    body,
    digest: digest.toString("hex"),
    signal: upload.signal,
  } as const;
  const answer = await bucket.send(writing(key), (wire) => wire.ask(request), {
    expected: upload.create ? [412] : [],
    signal: upload.signal,
  });
  return isRefused(answer) ? answer.doubtful && (await isOurs(bucket, key, upload.mark)) : true;
}

/** Uploads the file at `path` as it is now; false when `create` found the key taken. */
export async function uploadFile(bucket: Bucket, key: string, path: string, upload: Upload): Promise<boolean> {
  if ((await stat(path)).size <= small) return uploadBytes(bucket, key, readFileSync(path), upload);
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size <= bucket.tuning.part) return await uploadBytes(bucket, key, await readPart(file, 0, Buffer.allocUnsafe(size), path), upload);
    return await uploadParts(bucket, key, file, size, path, upload);
  } finally {
    await file.close();
  }
}

async function uploadParts(bucket: Bucket, key: string, file: FileHandle, size: number, path: string, upload: Upload): Promise<boolean> {
  const { signal } = upload;
  const object = bucket.objectKey(key);
  const begun = await bucket.send(
    writing(key),
    (wire) => wire.ask({ method: "POST", key: object, query: { uploads: "" }, headers: metadataOf(upload), signal }),
    { signal },
  );
  const uploadId = isRefused(begun) ? undefined : element(begun, "UploadId");
  if (uploadId === undefined) throw new StoreError("invalid", `the store ${bucket.url} began no upload of "${key}"`);
  const length = Math.max(bucket.tuning.part, Math.ceil(size / mostParts / (1 << 20)) << 20);
  const parts = [...Array(Math.ceil(size / length)).keys()];
  const etags: string[] = [];
  // Parts are read into few buffers, again and again: what is thrown away is not given back to the system soon.
  const buffers: Buffer[] = [];
  try {
    await eachOf(parts, bucket.tuning.partsAtOnce, signal, async (index, stop) => {
      const buffer = buffers.pop() ?? Buffer.allocUnsafe(length);
      const body = await readPart(file, index * length, buffer.subarray(0, Math.min(length, size - index * length)), path);
      const digest = createHash("sha256").update(body).digest("hex");
      const query = { partNumber: String(index + 1), uploadId };
      const etag = await bucket.send(
        writing(key),
        async (wire) => {
          const answer = await wire.send({ method: "PUT", key: object, query, body, digest, signal: stop });
          answer.body.resume();
          return answer.headers.etag ?? "";
        },
        { signal: stop },
      );
      etags[index] = isRefused(etag) ? "" : etag;
      buffers.push(buffer);
    });
    // The last moment: from here on the object may be there.
    signal?.throwIfAborted();
    return await completeUpload(bucket, key, uploadId, etags, upload);
  } catch (error) {
    // A server that is away must not hold up the end of who was told to stop; what stays is a leftover for gc.
    const soon = AbortSignal.timeout(Math.min(bucket.tuning.silence, cleanTime));
    const request = { method: "DELETE", key: object, query: { uploadId }, signal: soon } as const;
    await bucket.send(writing(key), (wire) => wire.ask(request), { expected: [404], signal: soon }).catch(() => {});
    throw error;
  }
}

async function completeUpload(bucket: Bucket, key: string, uploadId: string, etags: readonly string[], upload: Upload): Promise<boolean> {
  const parts = etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`);
  const body = Buffer.from(
    `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join("")}</CompleteMultipartUpload>`,
  );
  const headers = { "if-none-match": upload.create ? "*" : undefined };
  const answer = await bucket.send(
    writing(key),
    (wire) => wire.ask({ method: "POST", key: bucket.objectKey(key), query: { uploadId }, headers, body }),
    { expected: [404, 412] },
  );
  if (!isRefused(answer)) return true;
  // An earlier try did it, and its answer was lost: the upload is gone, and what is there has our mark.
  if (answer.doubtful && (await isOurs(bucket, key, upload.mark))) return true;
  if (answer.refused === 412 && upload.create) return false;
  throw new StoreError(
    "unavailable",
    `could not write "${key}" to the store ${bucket.url}: its upload was ended by somebody else; run again`,
  );
}

/** True when the object that is there is the one with this mark. */
async function isOurs(bucket: Bucket, key: string, mark: string | undefined): Promise<boolean> {
  return mark !== undefined && (await markOf(bucket, key)) === mark;
}

/** The mark of the object that is there: `""` when somebody else wrote it, undefined when there is none. */
export async function markOf(bucket: Bucket, key: string): Promise<string | undefined> {
  const answer = await bucket.send(
    { doing: `look for "${key}" in`, action: "s3:GetObject" },
    (wire) => wire.send({ method: "HEAD", key: bucket.objectKey(key) }),
    { expected: [404] },
  );
  if (isRefused(answer)) return undefined;
  answer.body.resume();
  const mark = answer.headers["x-amz-meta-writer"];
  return typeof mark === "string" ? mark : "";
}

function metadataOf({ sha256, mark }: Upload): { readonly [name: string]: string | undefined } {
  return { "x-amz-meta-sha256": sha256, "x-amz-meta-writer": mark };
}

function writing(key: string): Act {
  return { doing: `write "${key}" to`, action: "s3:PutObject" };
}

/** Fills `bytes`; a file that shrank meanwhile is an error. */
async function readPart(file: FileHandle, from: number, bytes: Buffer, path: string): Promise<Buffer> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, from + done);
    if (bytesRead === 0) throw new StoreError("invalid", `${path} became shorter while it was uploaded`);
    done += bytesRead;
  }
  return bytes;
}
