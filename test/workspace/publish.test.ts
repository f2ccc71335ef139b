/** Publishing says that code and files are needed, also to a gc. */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PublishItem } from "../../src/protocol/plan.ts";
import { noticeKey } from "../../src/protocol/removal.ts";
import { createFolderStore } from "../../src/storage/folder.ts";
import { publishItems } from "../../src/workspace/publish.ts";
import { makeFolder } from "./temporary.ts";

const text = "id\n1\n";
const sha256 = createHash("sha256").update(text).digest("hex");
const item: PublishItem = { kind: "file", sha256, path: "data.csv", name: "data.csv" };
const key = `files/${sha256}/data.csv`;

function published(daysAgo: number) {
  const root = makeFolder({ "data.csv": text, [`store/${key}`]: text });
  const path = join(root, "store", key);
  const then = new Date(Date.now() - daysAgo * 86_400_000);
  utimesSync(path, then, then);
  return { root, path, store: createFolderStore(join(root, "store")) };
}

test("what is there is left alone while it is young, and written again when it is old", async () => {
  const young = published(6);
  const before = statSync(young.path).mtimeMs;
  expect(await publishItems(young.root, [item], young.store)).toEqual([{ item, key, written: false }]);
  expect(statSync(young.path).mtimeMs).toBe(before);
  const old = published(8);
  expect(await publishItems(old.root, [item], old.store)).toEqual([{ item, key, written: false }]);
  expect(Date.now() - statSync(old.path).mtimeMs).toBeLessThan(60_000);
});

test("what a gc at work is about to remove is written again when it is done", async () => {
  const { root, path, store } = published(40);
  mkdirSync(join(root, "store/gc"));
  const notice = { proto: 1, id: "x", host: "h", pid: 1, started: "2026-01-01T00:00:00Z", doomed: [key] };
  writeFileSync(join(root, "store", noticeKey), JSON.stringify(notice));
  const publishing = publishItems(root, [item], store);
  await new Promise((resolve) => setTimeout(resolve, 300));
  rmSync(path);
  rmSync(join(root, "store", noticeKey));
  await publishing;
  expect(statSync(path).size).toBe(text.length);
});
