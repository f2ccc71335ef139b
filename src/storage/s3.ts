/**
 * A store in a bucket of S3, or of a server that speaks as it does. An object is whole or absent there by itself; of writers that
 * create the same key one wins where the server knows conditional writes (s3-conditions.ts finds that out).
 */
import { createHash, randomUUID } from "node:crypto";
import type { StoreAddress } from "../protocol/store-address.ts";
import { checkKey, isKey } from "./key.ts";
import type { OpenOptions } from "./open.ts";
import { type Bucket, isRefused, openBucket, type Refused, type Tuning } from "./s3-bucket.ts";
import { type Conditions, findConditions } from "./s3-conditions.ts";
import { downloadBytes, downloadFile } from "./s3-download.ts";
import { unfinishedUploads } from "./s3-unfinished.ts";
import { markOf, type Upload, uploadBytes, uploadFile } from "./s3-upload.ts";
import { element, elements, escapeXml } from "./s3-xml.ts";
import { type Entry, type PutOptions, type Store, StoreError } from "./store.ts";

/** The store at `address`, an s3:// url. Throws StoreError for an address or a connection that cannot be used; asks nothing yet. */
export function createS3Store(address: StoreAddress, options: OpenOptions, tuning?: Partial<Tuning>): Store {
  const bucket = openBucket(address, options, tuning);

  let conditions: Promise<Conditions> | undefined;

  /** Calls `upload` as the options want it and the server can. */
  async function put(key: string, given: PutOptions | undefined, upload: (as: Upload) => Promise<boolean>): Promise<boolean> {
    const mark = randomUUID();
    if (!given?.ifAbsent) return upload({ mark });
    conditions ??= findConditions(bucket, options);
    const found = await conditions.catch((error: unknown) => {
      conditions = undefined;
      throw error;
    });
    if (found === "held") return upload({ mark, create: true });
    // The weaker way: right as long as nobody else creates the key between our two looks.
    if ((await markOf(bucket, key)) !== undefined) return false;
    await upload({ mark });
    return (await markOf(bucket, key)) === mark;
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
      return put(key, given, (as) => uploadBytes(bucket, key, body, as));
    },
    async putFile(key, path, given) {
      checkKey(key);
      return put(key, given, (as) => uploadFile(bucket, key, path, { ...given, ...as }));
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
      await bucket.send(act, (wire) => wire.ask({ method: "DELETE", key: bucket.objectKey(key) }), { expected: [404] });
    },
    async deleteAll(keys) {
      for (const key of keys) checkKey(key);
      for (let from = 0; from < keys.length; from += mostDeletes) await deleteObjects(bucket, keys.slice(from, from + mostDeletes));
    },
    leftovers: () => unfinishedUploads(bucket),
  };
}

/** S3 takes so many in one request. */
const mostDeletes = 1000;

async function deleteObjects(bucket: Bucket, keys: readonly string[]): Promise<void> {
  const act = { doing: `delete ${keys.length} objects from`, action: "s3:DeleteObject" };
  const objects = keys.map((key) => `<Object><Key>${escapeXml(bucket.objectKey(key))}</Key></Object>`).join("");
  const body = Buffer.from(`<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects}</Delete>`);
  // This request alone must have a checksum beside the signature's.
  const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
  const answer = await bucket.send(act, (wire) => wire.ask({ method: "POST", query: { delete: "" }, headers, body }));
  const [first] = isRefused(answer) ? [] : elements(answer, "Error");
  if (first === undefined) return;
  const code = element(first, "Code") ?? "";
  const denied = code === "AccessDenied";
  const why = denied ? "access denied; the credentials need s3:DeleteObject" : `the server answered ${code}`;
  const message = `could not delete "${element(first, "Key") ?? ""}" from the store ${bucket.url}: ${why}`;
  throw new StoreError(denied ? "denied" : "unavailable", message);
}

async function headObject(bucket: Bucket, key: string): Promise<Entry | undefined> {
  const act = { doing: `look for "${key}" in`, action: "s3:GetObject" };
  const found = await bucket.send(act, (wire) => wire.send({ method: "HEAD", key: bucket.objectKey(key) }), { expected: [404] });
  if (isRefused(found)) return undefined;
  found.body.resume();
  const { "content-length": size, "last-modified": modified } = found.headers;
  return { key, size: Number(size ?? 0), modified: Date.parse(modified ?? "") || 0 };
}

async function* listObjects(bucket: Bucket, prefix: string): AsyncGenerator<Entry> {
  const root = bucket.objectKey("");
  for await (const page of pages(bucket, prefix, undefined)) {
    for (const object of elements(page, "Contents")) {
      const key = (element(object, "Key") ?? "").slice(root.length);
      // Others may have put something there that no store of ours would.
      if (!isKey(key)) continue;
      // What cannot be dated is not old: the old may be removed.
      yield { key, size: Number(element(object, "Size")), modified: Date.parse(element(object, "LastModified") ?? "") || Date.now() };
    }
  }
}

async function listFolders(bucket: Bucket, prefix: string): Promise<readonly string[]> {
  const start = bucket.objectKey(`${prefix}/`).length;
  const names: string[] = [];
  for await (const page of pages(bucket, prefix, "/")) {
    for (const common of elements(page, "CommonPrefixes")) names.push((element(common, "Prefix") ?? "").slice(start, -1));
  }
  return names.filter(isKey).sort();
}

async function* pages(bucket: Bucket, prefix: string, delimiter: string | undefined): AsyncGenerator<string> {
  const act = { doing: `list "${prefix}" in`, action: "s3:ListBucket" };
  let token: string | undefined;
  do {
    const query = { "list-type": "2", prefix: bucket.objectKey(`${prefix}/`), delimiter, "continuation-token": token };
    const page: string | Refused = await bucket.send(act, (wire) => wire.ask({ method: "GET", query }));
    if (isRefused(page)) return;
    yield page;
    token = element(page, "IsTruncated") === "true" ? element(page, "NextContinuationToken") : undefined;
  } while (token !== undefined);
}
