/** What every store does. Run by the test of each kind of store, with nothing that depends on the kind. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { encodeSegment } from "../../src/protocol/layout.ts";
import { type Entry, type Store, StoreError } from "../../src/storage/store.ts";

/** All that `store.list` gives. */
export async function entriesOf(store: Store, prefix: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of store.list(prefix)) entries.push(entry);
  return entries;
}

/** `open` gives an empty store each time. */
export function testStore(kind: string, open: () => Store | Promise<Store>): void {
  const local = mkdtempSync(join(tmpdir(), "tradewind-contract-"));
  afterAll(() => rmSync(local, { recursive: true, force: true }));
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const text = (found: Uint8Array | undefined): string | undefined => found && new TextDecoder().decode(found);
  const keys = async (store: Store, prefix: string): Promise<string[]> => (await entriesOf(store, prefix)).map(({ key }) => key);

  describe(`${kind}: the contract of stores`, () => {
    test("what was put is got, and a missing key is undefined", async () => {
      const store = await open();
      expect(await store.get("runs/a")).toBeUndefined();
      expect(await store.head("runs/a")).toBeUndefined();
      expect(await store.put("runs/a", bytes("one"))).toBe(true);
      expect(await store.put("runs/a", bytes("two"))).toBe(true);
      expect(text(await store.get("runs/a"))).toBe("two");
      expect(await store.get("runs/a/b")).toBeUndefined();
      expect(await store.get("runs")).toBeUndefined();
      expect(await store.head("runs")).toBeUndefined();
    });

    test("any bytes, any size, also none", async () => {
      const store = await open();
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (content) => {
          await store.put("cache/x", content);
          expect(Buffer.from((await store.get("cache/x")) ?? []).equals(Buffer.from(content))).toBe(true);
        }),
        { numRuns: 30 },
      );
      await store.put("cache/big", new Uint8Array(5 << 20).fill(7));
      expect((await store.head("cache/big"))?.size).toBe(5 << 20);
    });

    test("what is got is a copy: changing it changes nothing", async () => {
      const store = await open();
      const content = bytes("abc");
      await store.put("runs/a", content);
      content[0] = 0;
      (await store.get("runs/a"))?.fill(0);
      expect(text(await store.get("runs/a"))).toBe("abc");
    });

    test("head tells size and a time near now", async () => {
      const store = await open();
      await store.put("runs/a", bytes("four"));
      const entry = (await store.head("runs/a")) as Entry;
      expect(entry).toMatchObject({ key: "runs/a", size: 4 });
      expect(Math.abs(Date.now() - entry.modified)).toBeLessThan(60_000);
    });

    test("create-if-absent keeps what is there", async () => {
      const store = await open();
      expect(await store.put("runs/a", bytes("first"), { ifAbsent: true })).toBe(true);
      expect(await store.put("runs/a", bytes("second"), { ifAbsent: true })).toBe(false);
      writeFileSync(join(local, "second"), "second");
      expect(await store.putFile("runs/a", join(local, "second"), { ifAbsent: true })).toBe(false);
      expect(text(await store.get("runs/a"))).toBe("first");
    });

    test("of many racing creators exactly one wins, and its bytes are there", async () => {
      const store = await open();
      for (let round = 0; round < 20; round++) {
        const key = `runs/race-${round}`;
        const answers = await Promise.all(Array.from({ length: 16 }, (_, n) => store.put(key, bytes(String(n)), { ifAbsent: true })));
        expect(answers.filter((won) => won)).toHaveLength(1);
        expect(text(await store.get(key))).toBe(String(answers.indexOf(true)));
      }
    });

    test("a reader sees a whole object while it is replaced", async () => {
      const store = await open();
      await store.put("runs/a", new Uint8Array(100_000).fill(1));
      let done = false;
      const writer = (async () => {
        for (let n = 2; n < 40; n++) await store.put("runs/a", new Uint8Array(100_000).fill(n), { durable: false });
        done = true;
      })();
      while (!done) {
        const seen = (await store.get("runs/a")) as Uint8Array;
        expect(seen.length).toBe(100_000);
        expect(new Set(seen).size).toBe(1);
      }
      await writer;
    });

    test("files go up and come down; the copies are independent", async () => {
      const store = await open();
      const up = join(local, "up");
      const down = join(local, `down-${Math.random()}`);
      writeFileSync(up, "data", { mode: 0o400 });
      expect(await store.putFile("files/x/data.csv", up)).toBe(true);
      rmSync(up);
      writeFileSync(up, "changed");
      expect(await store.getFile("files/x/data.csv", down)).toBeDefined();
      expect(readFileSync(down, "utf8")).toBe("data");
      writeFileSync(down, "mine");
      expect(text(await store.get("files/x/data.csv"))).toBe("data");
      expect(await store.getFile("files/x/other", join(local, "other"))).toBeUndefined();
      await expect(store.getFile("files/x/data.csv", down)).rejects.toThrow();
    });

    test("list gives what is under the prefix, in key order, and no neighbour", async () => {
      const store = await open();
      const all = ["runs/a/z", "runs/a-b", "runs/a.b/c", "runs/a/b/c", "runs/a/b.c", "runs/a0", "runsx/a"];
      for (const key of all) await store.put(key, bytes(key));
      expect(await keys(store, "runs")).toEqual(all.filter((key) => key.startsWith("runs/")).sort());
      expect(await keys(store, "runs/a")).toEqual(["runs/a/b.c", "runs/a/b/c", "runs/a/z"]);
      expect(await keys(store, "nothing")).toEqual([]);
      expect(await entriesOf(store, "runs/a.b")).toMatchObject([{ key: "runs/a.b/c", size: 10 }]);
    });

    test("folders gives names one level down", async () => {
      const store = await open();
      for (const key of ["runs/b/x/1", "runs/a/y", "runs/file", "runs/b/z"]) await store.put(key, bytes(""));
      expect(await store.folders("runs")).toEqual(["a", "b"]);
      expect(await store.folders("runs/b")).toEqual(["x"]);
      expect(await store.folders("runs/file")).toEqual([]);
      expect(await store.folders("nothing")).toEqual([]);
    });

    test("delete removes; a prefix ends with its last key; deleting nothing is fine", async () => {
      const store = await open();
      await store.put("runs/a/b/c", bytes("x"));
      await store.put("runs/d", bytes("x"));
      await store.delete("runs/a/b/c");
      await store.delete("runs/a/b/c");
      await store.delete("runs/a");
      expect(await store.get("runs/a/b/c")).toBeUndefined();
      expect(await store.folders("runs")).toEqual([]);
      expect(await keys(store, "runs")).toEqual(["runs/d"]);
    });

    test("putting and deleting around each other loses nothing", async () => {
      const store = await open();
      for (let round = 0; round < 30; round++) {
        await store.put("runs/r/old", bytes("x"), { durable: false });
        await Promise.all([store.delete("runs/r/old"), store.put("runs/r/new", bytes("y"), { durable: false })]);
        expect(text(await store.get("runs/r/new"))).toBe("y");
        await store.delete("runs/r/new");
      }
    });

    test.each(["", "/", "/a", "a/", "a//b", "..", "a/../b", "a/./b", "a b", "a\\b", "a\0b", "é", ".tmp/a", `a/${"x".repeat(256)}`])(
      "%j is not a key",
      async (key) => {
        const store = await open();
        writeFileSync(join(local, "up2"), "");
        const calls = [
          () => store.get(key),
          () => store.head(key),
          () => store.put(key, bytes("x")),
          () => store.putFile(key, join(local, "up2")),
          () => store.getFile(key, join(local, "never")),
          () => store.delete(key),
          () => store.folders(key),
          () => entriesOf(store, key),
        ];
        for (const call of calls) {
          const error = await call().then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          expect(error).toBeInstanceOf(StoreError);
          expect((error as StoreError).code).toBe("invalid");
        }
      },
    );

    test("any text makes a key once its segments are encoded", async () => {
      const store = await open();
      await fc.assert(
        fc.asyncProperty(fc.string({ minLength: 1, maxLength: 20, unit: "binary" }), async (name) => {
          const key = `runs/${encodeSegment(name)}/x`;
          await store.put(key, bytes(name), { durable: false });
          expect(Buffer.from((await store.get(key)) ?? []).equals(Buffer.from(bytes(name)))).toBe(true);
        }),
        { numRuns: 60 },
      );
    });
  });
}
