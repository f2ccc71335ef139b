/**
 * A store in a bucket of S3, or of a server that speaks as it does. An object is whole or absent there by itself; of writers that
 * create the same key one wins where the server knows conditional writes (s3-conditions.ts finds that out).
 */
import { randomUUID } from "node:crypto";
import { DeleteObjectCommand, HeadObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { StoreAddress } from "../protocol/store-address.ts";
import { checkKey, isKey } from "./key.ts";
import type { OpenOptions } from "./open.ts";
import type { RetryPolicy } from "./retry.ts";
import { type Bucket, isRefused, openBucket } from "./s3-bucket.ts";
import { downloadBytes, downloadFile } from "./s3-download.ts";
import { type Upload, uploadBytes, uploadFile } from "./s3-upload.ts";
import type { Entry, PutOptions, Store } from "./store.ts";

/** The store at `address`, an s3:// url. Throws StoreError for an address or a connection that cannot be used; asks nothing yet. */
export function createS3Store(address: StoreAddress, options: OpenOptions, retries?: RetryPolicy): Store {
  const bucket = openBucket(address, options, retries);

  /** Calls `upload` as the options want it. */
  async function put(given: PutOptions | undefined, upload: (as: Upload) => Promise<boolean>): Promise<boolean> {
    return upload({ mark: randomUUID(), create: given?.ifAbsent === true });
  }

  return {
    url: bucket.url,
    async get(key) {
      checkKey(key);
      return downloadBytes(bucket, key);
    },
    async head(key) {
      checkKey(key);
      return headObject(bucket, key);
    },
    async put(key, bytes, given) {
      checkKey(key);
      // (A copy: the caller may change its bytes while they are sent again.)
      const body = bytes.slice();
      return put(given, (as) => uploadBytes(bucket, key, body, as));
    },
    async putFile(key, path, given) {
      checkKey(key);
      return put(given, (as) => uploadFile(bucket, key, path, { ...given, ...as }));
    },
    async getFile(key, path, given = {}) {
      checkKey(key);
      return downloadFile(bucket, key, path, given);
    },
    async *list(prefix) {
      checkKey(prefix);
      yield* listObjects(bucket, prefix);
    },
    async folders(prefix) {
      checkKey(prefix);
      return listFolders(bucket, prefix);
    },
    async delete(key) {
      checkKey(key);
      const act = { doing: `delete "${key}" from`, action: "s3:DeleteObject" };
      await bucket.send(act, (client) => client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: bucket.objectKey(key) })), {
        expected: [404],
      });
    },
  };
}

async function headObject(bucket: Bucket, key: string): Promise<Entry | undefined> {
  const act = { doing: `look for "${key}" in`, action: "s3:GetObject" };
  const place = { Bucket: bucket.name, Key: bucket.objectKey(key) };
  const found = await bucket.send(act, (client) => client.send(new HeadObjectCommand(place)), { expected: [404] });
  if (isRefused(found)) return undefined;
  return { key, size: found.ContentLength ?? 0, modified: found.LastModified?.getTime() ?? 0 };
}

async function* listObjects(bucket: Bucket, prefix: string): AsyncGenerator<Entry> {
  const root = bucket.objectKey("");
  for await (const page of pages(bucket, prefix, undefined)) {
    for (const { Key = "", Size, LastModified } of page.Contents ?? []) {
      const key = Key.slice(root.length);
      // Others may have put something there that no store of ours would.
      if (isKey(key)) yield { key, size: Size ?? 0, modified: LastModified?.getTime() ?? 0 };
    }
  }
}

async function listFolders(bucket: Bucket, prefix: string): Promise<readonly string[]> {
  const start = bucket.objectKey(`${prefix}/`).length;
  const names: string[] = [];
  for await (const page of pages(bucket, prefix, "/")) {
    for (const { Prefix = "" } of page.CommonPrefixes ?? []) names.push(Prefix.slice(start, -1));
  }
  return names.filter(isKey).sort();
}

async function* pages(bucket: Bucket, prefix: string, Delimiter: string | undefined) {
  const act = { doing: `list "${prefix}" in`, action: "s3:ListBucket" };
  let ContinuationToken: string | undefined;
  do {
    const input = { Bucket: bucket.name, Prefix: bucket.objectKey(`${prefix}/`), Delimiter, ContinuationToken };
    const page = await bucket.send(act, (client) => client.send(new ListObjectsV2Command(input)));
    if (isRefused(page)) return;
    yield page;
    ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (ContinuationToken !== undefined);
}
