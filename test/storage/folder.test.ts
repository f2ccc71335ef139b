import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createFolderStore } from "../../src/storage/folder.ts";
import { openStore } from "../../src/storage/open.ts";
import { StoreError } from "../../src/storage/store.ts";
import { entriesOf, testStore } from "./contract.ts";

const root = mkdtempSync(join(tmpdir(), "tradewind stores "));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = (): string => join(root, `store-${++count}`);

testStore("folder", () => openStore({ url: fresh() }, { env: {} }));

test("the store's folder is made by the first write only", async () => {
  const folder = fresh();
  const store = createFolderStore(folder);
  expect(await store.get("runs/a")).toBeUndefined();
  expect(existsSync(folder)).toBe(false);
  await store.put("runs/a", new Uint8Array(1));
  expect(existsSync(join(folder, "runs/a"))).toBe(true);
});

test("no temporary file stays behind, and one of a killed writer is not listed", async () => {
  const folder = fresh();
  const store = createFolderStore(folder);
  await store.put("runs/a", new Uint8Array(1));
  await store.put("runs/a", new Uint8Array(1), { ifAbsent: true });
  await expect(store.putFile("runs/b", join(root, "there-is-no-such-file"))).rejects.toThrow(StoreError);
  expect(readdirSync(join(folder, ".tmp"))).toEqual([]);
  writeFileSync(join(folder, ".tmp", "1234-abc"), "half");
  expect((await entriesOf(store, "runs")).map(({ key }) => key)).toEqual(["runs/a"]);
});

test("a folder that is no address is refused in a sentence", () => {
  expect(() => openStore({ url: "relative/path" }, { env: {} })).toThrow(
    '"relative/path" is not the address of a store; give an absolute path or s3://bucket/prefix',
  );
  expect(() => createFolderStore("relative")).toThrow("absolute");
});

test("a folder that the system will not make is an end, not an endless try", async () => {
  for (const folder of ["/proc/1/there-is-no-such-folder", "/dev/null"]) {
    await expect(createFolderStore(folder).put("runs/a", new Uint8Array(1))).rejects.toThrow(StoreError);
  }
});

test("a full disk is told as full", async () => {
  const folder = fresh();
  mkdirSync(folder);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { encoding: "utf8" });
  if (mounted.status !== 0) throw new Error(`this test mounts a small tmpfs, so it must run as root: ${mounted.stderr}`);
  try {
    const store = createFolderStore(folder);
    await store.put("runs/small", new Uint8Array(1000));
    await expect(store.put("runs/big", new Uint8Array(1 << 20))).rejects.toMatchObject({ name: "StoreError", code: "full" });
    expect(await store.get("runs/big")).toBeUndefined();
    expect(readdirSync(join(folder, ".tmp"))).toEqual([]);
    await store.put("runs/small2", new Uint8Array(1000));
  } finally {
    spawnSync("umount", ["-l", folder]);
  }
});

test("a folder that may not be written is told as denied", async () => {
  const folder = fresh();
  mkdirSync(folder);
  chmodSync(folder, 0o555);
  chmodSync(root, 0o755);
  // Root may write everywhere, so for a moment we are somebody else.
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.(65534);
  try {
    const store = createFolderStore(folder);
    await expect(store.put("runs/a", new Uint8Array(1))).rejects.toMatchObject({ name: "StoreError", code: "denied" });
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
});
