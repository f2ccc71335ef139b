/** Removal in bulk and unfinished uploads, on a real server. */
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, PutObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect } from "../../src/run/collect/collect.ts";
import { openStore } from "../../src/storage/open.ts";
import type { Leftover, Store } from "../../src/storage/store.ts";
import { keysOf, leaveTask } from "../run/collect/stores.ts";
import { type S3Server, startS3 } from "../services/s3.ts";

let server: S3Server;
beforeAll(async () => {
  server = await startS3();
});
afterAll(() => server?.stop());

const day = 86_400_000;

test("more objects than one request takes are deleted, and others stay", { timeout: 60_000 }, async () => {
  const address = await server.makeBucket("team");
  const store = openStore(address, { env: server.env });
  const Bucket = address.url.split("/")[2] ?? "";
  const keys = Array.from({ length: 1203 }, (_, n) => `runs/d/r/t/attempt-1/f${n}`);
  await Promise.all(keys.map((key) => server.client.send(new PutObjectCommand({ Bucket, Key: `team/${key}`, Body: "x" }))));
  await server.client.send(new PutObjectCommand({ Bucket, Key: keys[0] ?? "", Body: "another store's" }));
  await store.put("runs/d/r/u/result.json", new TextEncoder().encode("{}"));
  await store.deleteAll?.([...keys, "runs/d/never/there"]);
  expect(await keysOf(store)).toEqual(["runs/d/r/u/result.json"]);
  const outer = openStore({ ...address, url: `s3://${Bucket}` }, { env: server.env });
  expect(await keysOf(outer)).toEqual([keys[0]]);
});

test("unfinished uploads are told with what has arrived of them, and given up; those of others in the bucket are not", async () => {
  const address = await server.makeBucket();
  const store = openStore(address, { env: server.env });
  const Bucket = address.url.slice("s3://".length);
  const begin = async (Key: string) => (await server.client.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId;
  const UploadId = await begin("runs/d/r/t/attempt-1/data.csv");
  await server.client.send(
    new UploadPartCommand({ Bucket, Key: "runs/d/r/t/attempt-1/data.csv", UploadId, PartNumber: 1, Body: "half of it" }),
  );
  await begin("backups/somebody-else");
  const found: Leftover[] = [];
  for await (const leftover of store.leftovers?.() ?? []) found.push(leftover);
  expect(found).toMatchObject([{ name: "runs/d/r/t/attempt-1/data.csv", size: 10 }]);
  expect(Math.abs(Date.now() - (found[0]?.modified ?? 0))).toBeLessThan(60_000);
  await found[0]?.remove();
  await found[0]?.remove();
  const left = await server.client.send(new ListMultipartUploadsCommand({ Bucket }));
  expect(left.Uploads?.map(({ Key }) => Key)).toEqual(["backups/somebody-else"]);
});

test("gc on S3: old runs go, unfinished uploads too, what a run took from the cache stays", { timeout: 60_000 }, async () => {
  const address = await server.makeBucket("p");
  const store = Object.assign(openStore(address, { env: server.env }), { now: Date.now() });
  const work = await leaveTask(store, "origin", "a");
  await leaveTask(store, "origin", "b");
  await leaveTask(store, "young", "a", { from: work });
  const Bucket = address.url.split("/")[2] ?? "";
  // (The server dates every beginning 2010, so an upload without parts is old.)
  const begin = (Key: string) => server.client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  await begin("p/runs/d/r/t/attempt-1/dead.csv");
  const { UploadId } = await begin("p/runs/d/r/t/attempt-1/live.csv");
  await server.client.send(
    new UploadPartCommand({ Bucket, Key: "p/runs/d/r/t/attempt-1/live.csv", UploadId, PartNumber: 1, Body: "half" }),
  );
  // Nothing on this server can be made old: the two clocks are, by which the one that is behind counts.
  const options = { olderThan: 86_400, keepLast: 0, needed: new Set<string>(), wait: 0, dryRun: false };
  const signal = new AbortController().signal;
  const before = await keysOf(store);
  expect(await collect(store, options, { now: () => Date.now() + 10 * day, signal })).toMatchObject({
    objects: 0,
    leftovers: [{ name: "runs/d/r/t/attempt-1/dead.csv" }],
  });
  const uploads = await server.client.send(new ListMultipartUploadsCommand({ Bucket }));
  expect(uploads.Uploads?.map(({ Key }) => Key)).toEqual(["p/runs/d/r/t/attempt-1/live.csv"]);
  expect(await keysOf(store)).toEqual(before);
  const later: Store = {
    ...store,
    list: aged(store.list, "/young/"),
    async head(key) {
      const found = await store.head(key);
      return found && key.startsWith("cache/") ? { ...found, modified: found.modified - 10 * day } : found;
    },
  };
  const dry = await collect(later, { ...options, dryRun: true }, { now: Date.now, signal });
  const done = await collect(later, options, { now: Date.now, signal });
  expect(done).toMatchObject({ objects: "objects" in dry ? dry.objects : -1 });
  const left = await keysOf(store);
  expect(left).toContain("runs/flights/origin/a/attempt-1/data.txt");
  expect(left.some((key) => key.includes("/origin/b/"))).toBe(false);
  expect(left).toContain("runs/flights/young/a/result.json");
});

/** The same listing, in which all is ten days old but what `young` names. */
function aged(list: Store["list"], young: string): typeof list {
  return async function* (prefix) {
    for await (const entry of list(prefix)) yield entry.key.includes(young) ? entry : { ...entry, modified: entry.modified - 10 * day };
  };
}
