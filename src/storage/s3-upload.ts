/** Objects on their way up: in one request, or in parts of which several are under way. */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { eachOf } from "./pool.ts";
import { type Bucket, isRefused } from "./s3-bucket.ts";
import type { Act } from "./s3-error.ts";
import { type PutFileOptions, StoreError } from "./store.ts";

/** Larger files get larger parts, since an upload has so many at most. */
const mostParts = 10_000;

/** `create`: only when the key is free, told by the server. `mark`: a text that nobody else writes, by which our object is known. */
export interface Upload extends Pick<PutFileOptions, "sha256" | "signal"> {
  readonly create?: boolean;
  readonly mark?: string;
}

/** Uploads `body`; false when `create` found the key taken. */
export async function uploadBytes(bucket: Bucket, key: string, body: Uint8Array, upload: Upload): Promise<boolean> {
  const act = writing(key);
  const Metadata = metadataOf({ ...upload, sha256: upload.sha256 ?? createHash("sha256").update(body).digest("hex") });
  const command = (client: S3Client) =>
    client.send(
      new PutObjectCommand({
        Bucket: bucket.name,
        Key: bucket.objectKey(key),
        Body: body,
        Metadata,
        ...(upload.create && { IfNoneMatch: "*" }),
      }),
    );
  const answer = await bucket.send(act, command, { expected: upload.create ? [412] : [], signal: upload.signal });
  return isRefused(answer) ? answer.doubtful && (await isOurs(bucket, key, upload.mark)) : true;
}

/** Uploads the file at `path` as it is now; false when `create` found the key taken. */
export async function uploadFile(bucket: Bucket, key: string, path: string, upload: Upload): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size <= bucket.tuning.part) return await uploadBytes(bucket, key, await readPart(file, 0, size, path), upload);
    return await uploadParts(bucket, key, file, size, path, upload);
  } finally {
    await file.close();
  }
}

async function uploadParts(bucket: Bucket, key: string, file: FileHandle, size: number, path: string, upload: Upload): Promise<boolean> {
  const act = writing(key);
  const place = { Bucket: bucket.name, Key: bucket.objectKey(key) };
  const created = await bucket.send(
    act,
    (client) => client.send(new CreateMultipartUploadCommand({ ...place, Metadata: metadataOf(upload), ChecksumAlgorithm: "CRC32" })),
    { signal: upload.signal },
  );
  if (isRefused(created) || created.UploadId === undefined)
    throw new StoreError("invalid", `the store ${bucket.url} began no upload of "${key}"`);
  const { UploadId } = created;
  const length = Math.max(bucket.tuning.part, Math.ceil(size / mostParts / (1 << 20)) << 20);
  const count = Math.ceil(size / length);
  const parts: { PartNumber: number; ETag?: string; ChecksumCRC32?: string }[] = [];
  try {
    await eachOf([...Array(count).keys()], bucket.tuning.partsAtOnce, upload.signal, async (index, signal) => {
      const body = await readPart(file, index * length, Math.min(length, size - index * length), path);
      const PartNumber = index + 1;
      const answer = await bucket.send(
        act,
        (client) => client.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body: body }), { abortSignal: signal }),
        { signal },
      );
      if (isRefused(answer)) return;
      parts[index] = {
        PartNumber,
        ...(answer.ETag !== undefined && { ETag: answer.ETag }),
        ...(answer.ChecksumCRC32 !== undefined && { ChecksumCRC32: answer.ChecksumCRC32 }),
      };
    });
    // The last moment: from here on the object may be there.
    upload.signal?.throwIfAborted();
    return await completeUpload(bucket, key, UploadId, parts, upload);
  } catch (error) {
    await bucket
      .send(act, (client) => client.send(new AbortMultipartUploadCommand({ ...place, UploadId })), { expected: [404] })
      .catch(() => {});
    throw error;
  }
}

async function completeUpload(bucket: Bucket, key: string, UploadId: string, Parts: object[], upload: Upload): Promise<boolean> {
  const place = { Bucket: bucket.name, Key: bucket.objectKey(key) };
  const answer = await bucket.send(
    writing(key),
    (client) =>
      client.send(
        new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts }, ...(upload.create && { IfNoneMatch: "*" }) }),
      ),
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
  if (mark === undefined) return false;
  return (await markOf(bucket, key)) === mark;
}

/** The mark of the object that is there: `""` when somebody else wrote it, undefined when there is none. */
export async function markOf(bucket: Bucket, key: string): Promise<string | undefined> {
  const place = { Bucket: bucket.name, Key: bucket.objectKey(key) };
  const answer = await bucket.send(
    { doing: `look for "${key}" in`, action: "s3:GetObject" },
    (client) => client.send(new HeadObjectCommand(place)),
    {
      expected: [404],
    },
  );
  return isRefused(answer) ? undefined : (answer.Metadata?.writer ?? "");
}

function metadataOf({ sha256, mark }: Upload): Record<string, string> {
  return { ...(sha256 !== undefined && { sha256 }), ...(mark !== undefined && { writer: mark }) };
}

function writing(key: string): Act {
  return { doing: `write "${key}" to`, action: "s3:PutObject" };
}

/** Exactly `length` bytes; a file that shrank meanwhile is an error. */
async function readPart(file: FileHandle, from: number, length: number, path: string): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) throw new StoreError("invalid", `${path} became shorter while it was uploaded`);
    done += bytesRead;
  }
  return bytes;
}
