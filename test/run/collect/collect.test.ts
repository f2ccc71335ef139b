/** What `tradewind store gc` removes and what it leaves. */
import { describe, expect, test } from "vitest";
import { ownIdentity } from "../../../src/launch/identity.ts";
import { noticeKey } from "../../../src/protocol/removal.ts";
import { type Collected, type CollectOptions, collect } from "../../../src/run/collect/collect.ts";
import type { Store } from "../../../src/storage/store.ts";
import { type ClockedStore, createClockedStore, day, keysOf, leaveTask, requestOf, today } from "./stores.ts";

const usual: CollectOptions = { olderThan: 30 * 86_400, keepLast: 0, needed: new Set(), wait: 0, dryRun: false };

async function gc(store: Store, options: Partial<CollectOptions> = {}): Promise<Collected> {
  const done = await collect(store, { ...usual, ...options }, { now: () => today, signal: new AbortController().signal });
  if ("problem" in done) throw new Error(done.problem);
  return done;
}

async function at<T>(store: ClockedStore, daysAgo: number, work: () => Promise<T>): Promise<T> {
  store.now = today - daysAgo * day;
  const done = await work();
  store.now = today;
  return done;
}

const textAt = async (store: Store, key: string): Promise<string> => Buffer.from((await store.get(key)) ?? []).toString("utf8");

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("gc", () => {
  test("removes runs that are older, with their cache entries, and nothing else", async () => {
    const store = createClockedStore();
    await at(store, 31, () => leaveTask(store, "old", "a"));
    await at(store, 29, () => leaveTask(store, "young", "b"));
    const before = await keysOf(store);
    const dry = await gc(store, { dryRun: true });
    expect(await keysOf(store)).toEqual(before);
    const done = await gc(store);
    expect({ ...done.removal, objects: done.objects, bytes: done.bytes }).toEqual({
      ...dry.removal,
      objects: dry.objects,
      bytes: dry.bytes,
    });
    expect(done.objects).toBe(5);
    const left = await keysOf(store);
    expect(left).toEqual(before.filter((key) => !key.includes("/old/") && left.includes(key)));
    expect(left.filter((key) => key.startsWith("runs/flights/young/"))).toHaveLength(4);
    expect(left.filter((key) => key.startsWith("cache/"))).toHaveLength(1);
  });

  test("a server that tells milliseconds in a list and whole seconds of one object is cleaned too", async () => {
    const store = createClockedStore();
    await at(store, 31 - 437 / day, () => leaveTask(store, "old", "a"));
    const { head } = store;
    store.head = async (key) => {
      const found = await head(key);
      return found && { ...found, modified: Math.floor(found.modified / 1000) * 1000 };
    };
    const done = await gc(store);
    expect(done.removal.cache).toHaveLength(1);
    expect(await keysOf(store)).toEqual([]);
  });

  test("keeps the work that a younger run took from the cache, by way of another hit too, and its cache entry", async () => {
    const store = createClockedStore();
    const work = await at(store, 90, () => leaveTask(store, "origin", "a"));
    await at(store, 90, () => leaveTask(store, "origin", "b"));
    const hit = await at(store, 60, () => leaveTask(store, "middle", "a", { from: work }));
    await at(store, 1, () => leaveTask(store, "young", "a", { from: hit }));
    const dry = await gc(store, { dryRun: true });
    const done = await gc(store);
    expect([done.objects, done.bytes]).toEqual([dry.objects, dry.bytes]);
    const left = await keysOf(store);
    expect(left.filter((key) => key.includes("/origin/a/"))).toHaveLength(4);
    expect(left.some((key) => key.includes("/origin/b/") || key.includes("/middle/b"))).toBe(false);
    expect(left.filter((key) => key.startsWith("cache/"))).toHaveLength(1);
    expect(done.removal.kept.map(({ why }) => why)).toContainEqual("a attempt 1 is needed by run young");
  });

  test("keeps a whole run as long as something of it is young: a heartbeat, a claim, a late task", async () => {
    for (const name of ["a/attempt-2/request.json", "b/attempt-1/alive.json", "0-run.json"]) {
      const store = createClockedStore();
      await at(store, 60, () => leaveTask(store, "long", "a"));
      await at(store, 2, () => store.put(`runs/flights/long/${name}`, bytes("{}")));
      const before = await keysOf(store);
      await gc(store);
      expect(await keysOf(store), name).toEqual(before);
    }
  });

  test("keeps a run whose runner lives on this machine, whatever its age; of a dead one only the age counts", async () => {
    const record = (pid: number) => ({
      proto: 1,
      dag_id: "flights",
      run_id: "r",
      state: "running",
      logical_date: "2026-01-01T00:00:00Z",
      started: "2026-01-01T00:00:00Z",
      runner: { ...ownIdentity(), pid },
      tasks: {},
    });
    const store = createClockedStore();
    await at(store, 60, () => leaveTask(store, "r", "a"));
    await at(store, 60, () => store.put("runs/flights/r/0-run.json", bytes(JSON.stringify(record(process.pid)))));
    expect((await gc(store)).removal.kept.map(({ why }) => why)).toEqual(["its runner lives"]);
    await at(store, 60, () => store.put("runs/flights/r/0-run.json", bytes(JSON.stringify(record(2 ** 22 + 5)))));
    expect((await gc(store)).removal.runs).toHaveLength(1);
    expect(await keysOf(store)).toEqual([]);
  });

  test("--keep-last: the newest runs of each dag, and the work that they took", async () => {
    const store = createClockedStore();
    const work = await at(store, 100, () => leaveTask(store, "r1", "a"));
    await at(store, 90, () => leaveTask(store, "r2", "b"));
    await at(store, 80, () => leaveTask(store, "r3", "a", { from: work }));
    await gc(store, { keepLast: 1 });
    const left = await keysOf(store);
    expect(left.some((key) => key.includes("/r2/"))).toBe(false);
    expect(left).toContain("runs/flights/r1/a/attempt-1/data.txt");
    expect(left).toContain("runs/flights/r3/a/result.json");
  });

  test("code and files: kept while a run that stays, a pipeline of today or their age asks for it", async () => {
    const digest = (char: string): string => char.repeat(64);
    const store = createClockedStore();
    const request = {
      code: digest("1"),
      inputs: {
        data: { types: ["csv"], optional: false, many: false, sources: [{ kind: "file" as const, sha256: digest("2"), name: "x.csv" }] },
      },
    };
    await at(store, 2, () => leaveTask(store, "young", "a", { request }));
    await at(store, 60, () => leaveTask(store, "old", "b", { request: { code: digest("3") } }));
    const published = [
      `code/${digest("1")}.tar.gz`,
      `files/${digest("2")}/x.csv`,
      `code/${digest("3")}.tar.gz`,
      `code/${digest("4")}.tar.gz`,
    ];
    await at(store, 60, async () => void (await Promise.all(published.map((key) => store.put(key, bytes("x"))))));
    await at(store, 13, () => store.put(`code/${digest("5")}.tar.gz`, bytes("x")));
    await gc(store, { needed: undefined, olderThan: 86_400 });
    expect((await keysOf(store)).filter((key) => /^(code|files)/.test(key))).toHaveLength(5);
    await gc(store, { needed: new Set([digest("4")]), olderThan: 86_400 });
    expect((await keysOf(store)).filter((key) => /^(code|files)/.test(key))).toEqual([
      `code/${digest("4")}.tar.gz`,
      `code/${digest("5")}.tar.gz`,
    ]);
  });

  test("what is not understood stays and is named: torn files, those of a newer Tradewind, those of somebody else", async () => {
    const store = createClockedStore();
    const attempt = "runs/flights/torn/a/attempt-1";
    await at(store, 60, async () => {
      await leaveTask(store, "torn", "a");
      await leaveTask(store, "torn", "b");
      await store.put(`${attempt}/result.json`, bytes('{"proto": 1, "dag_'));
      await leaveTask(store, "newer", "a", { salt: "n" });
      await store.put("runs/flights/newer/a/result.json", bytes('{"proto": 2}'));
      await leaveTask(store, "record", "a", { salt: "r" });
      await store.put("runs/flights/record/0-run.json", bytes("{"));
      await leaveTask(store, "notes", "a", { salt: "s" });
      for (const key of ["runs/flights/notes/README.md", "runs/readme", "cache/x.json", "code/x.zip", "files/a/b/c"])
        await store.put(key, bytes("mine"));
      await store.put(`cache/${"c".repeat(64)}.json`, bytes("{ torn"));
    });
    const done = await gc(store);
    const left = await keysOf(store);
    for (const key of [
      `${attempt}/result.json`,
      `${attempt}/data.txt`,
      "runs/flights/newer/a/attempt-1/data.txt",
      "runs/flights/record/a/attempt-1/data.txt",
    ])
      expect(left).toContain(key);
    expect(left.some((key) => key.includes("/torn/b/") || key.includes("/notes/a/"))).toBe(false);
    expect(Object.fromEntries(done.removal.strange.map(({ key, why }) => [key, why]))).toEqual({
      [`${attempt}/result.json`]: "cannot be read",
      "runs/flights/newer/a/result.json": "written by a newer Tradewind",
      "runs/flights/record/0-run.json": "cannot be read; its run stays",
      "runs/flights/notes/README.md": "not Tradewind's",
      "runs/readme": "not Tradewind's",
      "cache/x.json": "not Tradewind's",
      "code/x.zip": "not Tradewind's",
      "files/a/b/c": "not Tradewind's",
      [`cache/${"c".repeat(64)}.json`]: "cannot be read",
    });
    for (const { key } of done.removal.strange) expect(left).toContain(key);
  });

  test("a torn result of a run that stays still holds what its text names", async () => {
    const store = createClockedStore();
    const work = await at(store, 60, () => leaveTask(store, "old", "a"));
    await at(store, 1, () => leaveTask(store, "young", "a", { from: work }));
    for (const key of ["runs/flights/young/a/result.json", "runs/flights/young/a/attempt-1/result.json"]) {
      const text = await textAt(store, key);
      await at(store, 1, () => store.put(key, bytes(text.slice(0, text.indexOf("data.txt") + 12))));
    }
    await gc(store);
    expect(await keysOf(store)).toContain("runs/flights/old/a/attempt-1/data.txt");
  });

  test("a clock that is ahead of the store's removes nothing too soon", async () => {
    const store = createClockedStore();
    await at(store, 29, () => leaveTask(store, "young", "a"));
    const done = await collect(store, usual, { now: () => today + 5 * day, signal: new AbortController().signal });
    expect(done).toMatchObject({ objects: 0, ahead: 5 * day });
    expect(await keysOf(store)).toHaveLength(5);
  });

  test("one gc at a time; the notice of a dead one does not count", async () => {
    const store = createClockedStore();
    await at(store, 60, () => leaveTask(store, "old", "a"));
    const { host } = ownIdentity();
    const notice = (pid: number) => bytes(JSON.stringify({ proto: 1, id: "x", host, pid, started: "2026-06-01T00:00:00Z", doomed: [] }));
    await store.put(noticeKey, notice(process.pid));
    await expect(gc(store)).rejects.toThrow(/another gc on .* is at work/);
    await store.put(noticeKey, notice(2 ** 22 + 5));
    expect((await gc(store)).objects).toBe(5);
    expect(await keysOf(store)).toEqual([]);
  });

  test("a run that is cleared while gc waits stays as it was", async () => {
    const store = createClockedStore();
    await at(store, 60, () => leaveTask(store, "old", "a"));
    const before = await keysOf(store);
    const waiting = gc(store, { wait: 0.2 });
    while (!(await textAt(store, noticeKey)).includes("/old/")) await new Promise((resolve) => setTimeout(resolve, 5));
    const claim = "runs/flights/old/b/attempt-1/request.json";
    await store.put(claim, bytes(JSON.stringify(requestOf("old", "b"))));
    expect((await waiting).objects).toBe(0);
    expect(await keysOf(store)).toEqual([...before, claim].sort());
  });
});
