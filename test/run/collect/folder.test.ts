/** gc in a folder that people and their programs look into as well. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { collect } from "../../../src/run/collect/collect.ts";
import { createFolderStore } from "../../../src/storage/folder.ts";
import { keysOf, leaveTask } from "./stores.ts";

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tradewind-gc-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("what is called as no key is, and what lies behind a link, stays, and stops nothing", async () => {
  const [root, elsewhere] = [makeFolder(), makeFolder()];
  const store = { ...createFolderStore(root), now: Date.now() };
  await leaveTask(store, "old", "a");
  const attempt = join(root, "runs/flights/old/a/attempt-1");
  writeFileSync(join(attempt, "data (copy).txt"), "mine");
  mkdirSync(join(root, "runs/flights/old/a b"));
  writeFileSync(join(root, "runs/flights/old/a b/notes"), "mine");
  writeFileSync(join(elsewhere, "precious"), "mine");
  symlinkSync(elsewhere, join(attempt, "link"));
  const long = new Date(Date.now() - 40 * 86_400_000);
  for await (const { key } of store.list("runs")) utimesSync(join(root, key), long, long);
  for await (const { key } of store.list("cache")) utimesSync(join(root, key), long, long);
  const options = { olderThan: 30 * 86_400, keepLast: 0, needed: new Set<string>(), wait: 0, dryRun: false };
  const done = await collect(store, options, { now: Date.now, signal: new AbortController().signal });
  expect(done).toMatchObject({ spared: [] });
  expect(await keysOf(store)).toEqual([]);
  for (const mine of [join(attempt, "data (copy).txt"), join(root, "runs/flights/old/a b/notes"), join(elsewhere, "precious")])
    expect(existsSync(mine), mine).toBe(true);
});
