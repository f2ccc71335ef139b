/** What dead writers leave in a bucket: uploads that were begun and never completed. */
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import { isKey } from "./key.ts";
import { type Bucket, isRefused } from "./s3-bucket.ts";
import type { Leftover } from "./store.ts";

/** First segments of the keys that stores have: in a bucket without a prefix there may be others' uploads. */
const roots = new Set(["cache", "code", "files", "gc", "runs"]);

/** Uploads in parts that are not completed, those that go on among them. */
export async function* unfinishedUploads(bucket: Bucket): AsyncGenerator<Leftover> {
  const act = { doing: "list unfinished uploads in", action: "s3:ListBucketMultipartUploads" };
  const root = bucket.objectKey("");
  let marker: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const page = await bucket.send(act, (client) =>
      client.send(new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: root, ...marker })),
    );
    if (isRefused(page)) return;
    for (const { Key = "", UploadId, Initiated } of page.Uploads ?? []) {
      const key = Key.slice(root.length);
      if (UploadId === undefined || !isKey(key) || !roots.has(key.split("/")[0] ?? "")) continue;
      yield { name: key, ...(await partsOf(bucket, Key, UploadId, Initiated)), remove: () => abort(bucket, Key, UploadId) };
    }
    if (!page.IsTruncated || page.NextKeyMarker === undefined) return;
    marker = { KeyMarker: page.NextKeyMarker, ...(page.NextUploadIdMarker !== undefined && { UploadIdMarker: page.NextUploadIdMarker }) };
  }
}

/** How much has arrived, and when the last of it did. */
async function partsOf(
  bucket: Bucket,
  Key: string,
  UploadId: string,
  begun: Date | undefined,
): Promise<Pick<Leftover, "size" | "modified">> {
  const act = { doing: "look at an unfinished upload in", action: "s3:ListMultipartUploadParts" };
  let [size, modified, after] = [0, begun?.getTime() ?? Date.now(), ""];
  for (;;) {
    const page = await bucket.send(
      act,
      (client) =>
        client.send(new ListPartsCommand({ Bucket: bucket.name, Key, UploadId, ...(after !== "" && { PartNumberMarker: after }) })),
      { expected: [404] },
    );
    if (isRefused(page)) return { size, modified: Date.now() }; // it was completed, or given up, just now
    for (const part of page.Parts ?? []) {
      size += part.Size ?? 0;
      modified = Math.max(modified, part.LastModified?.getTime() ?? 0);
    }
    if (!page.IsTruncated || page.NextPartNumberMarker === undefined) return { size, modified };
    after = page.NextPartNumberMarker;
  }
}

async function abort(bucket: Bucket, Key: string, UploadId: string): Promise<void> {
  const act = { doing: "give up an unfinished upload in", action: "s3:AbortMultipartUpload" };
  await bucket.send(act, (client) => client.send(new AbortMultipartUploadCommand({ Bucket: bucket.name, Key, UploadId })), {
    expected: [404],
  });
}
