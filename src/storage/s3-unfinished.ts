/** What dead writers leave in a bucket: uploads that were begun and never completed. */
import { isKey } from "./key.ts";
import { type Bucket, isRefused, type Refused } from "./s3-bucket.ts";
import { element, elements } from "./s3-xml.ts";
import type { Leftover } from "./store.ts";

/** First segments of the keys that stores have: in a bucket without a prefix there may be others' uploads. */
const roots = new Set(["cache", "code", "files", "gc", "probe", "runs"]);

/** Uploads in parts that are not completed, those that go on among them. */
export async function* unfinishedUploads(bucket: Bucket): AsyncGenerator<Leftover> {
  const act = { doing: "list unfinished uploads in", action: "s3:ListBucketMultipartUploads" };
  const root = bucket.objectKey("");
  let marker: { readonly "key-marker"?: string | undefined; readonly "upload-id-marker"?: string | undefined } = {};
  for (;;) {
    const query: { readonly [name: string]: string | undefined } = { uploads: "", prefix: root || undefined, ...marker };
    const page: string | Refused = await bucket.send(act, (wire) => wire.ask({ method: "GET", query }));
    if (isRefused(page)) return;
    for (const upload of elements(page, "Upload")) {
      const object = element(upload, "Key") ?? "";
      const uploadId = element(upload, "UploadId");
      const key = object.slice(root.length);
      if (uploadId === undefined || !isKey(key) || !roots.has(key.split("/")[0] ?? "")) continue;
      const begun = Date.parse(element(upload, "Initiated") ?? "");
      yield { name: key, ...(await partsOf(bucket, object, uploadId, begun)), remove: () => abort(bucket, object, uploadId) };
    }
    const next = element(page, "NextKeyMarker");
    if (element(page, "IsTruncated") !== "true" || !next) return;
    marker = { "key-marker": next, "upload-id-marker": element(page, "NextUploadIdMarker") || undefined };
  }
}

/** How much has arrived, and when the last of it did. */
async function partsOf(bucket: Bucket, object: string, uploadId: string, begun: number): Promise<Pick<Leftover, "size" | "modified">> {
  const act = { doing: "look at an unfinished upload in", action: "s3:ListMultipartUploadParts" };
  let [size, modified] = [0, begun || Date.now()];
  let after: string | undefined;
  for (;;) {
    const query = { uploadId, "part-number-marker": after };
    const page: string | Refused = await bucket.send(act, (wire) => wire.ask({ method: "GET", key: object, query }), { expected: [404] });
    if (isRefused(page)) return { size, modified: Date.now() }; // it was completed, or given up, just now
    for (const part of elements(page, "Part")) {
      size += Number(element(part, "Size") ?? 0);
      modified = Math.max(modified, Date.parse(element(part, "LastModified") ?? "") || 0);
    }
    after = element(page, "NextPartNumberMarker");
    if (element(page, "IsTruncated") !== "true" || !after) return { size, modified };
  }
}

async function abort(bucket: Bucket, object: string, uploadId: string): Promise<void> {
  const act = { doing: "give up an unfinished upload in", action: "s3:AbortMultipartUpload" };
  await bucket.send(act, (wire) => wire.ask({ method: "DELETE", key: object, query: { uploadId } }), { expected: [404] });
}
