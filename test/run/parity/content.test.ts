import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { compareFiles } from "../../../src/run/parity/content.ts";

const folder = mkdtempSync(join(tmpdir(), "tradewind-content-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compare(here: string | Uint8Array, there: string | Uint8Array, type: string) {
  const [mine, theirs] = [join(folder, "here"), join(folder, "there")];
  writeFileSync(mine, here);
  writeFileSync(theirs, there);
  return compareFiles(mine, theirs, type);
}

test("a row of a table, with the columns that differ", async () => {
  const table = (name: string) => `id,name,late\n1,"a\n""b""",x\n2,"${name}",y\n3,c,z\n`;
  expect(await compare(table("Jo, k"), table("Jo, l"), "csv")).toEqual({
    kind: "row",
    number: 2,
    here: '2,"Jo, k",y',
    there: '2,"Jo, l",y',
    columns: [{ name: "name", here: "Jo, k", there: "Jo, l" }],
  });
});

test("a row that is on one side only, and a header", async () => {
  expect(await compare("a\n1\n", "a\n1\n2\n", "csv")).toEqual({ kind: "row", number: 2, there: "2" });
  expect(await compare("a,b\n1,2\n", "a,c\n1,2\n", "csv")).toEqual({ kind: "row", number: 0, here: "a,b", there: "a,c" });
});

test("a line end that is missing is a byte", async () => {
  expect(await compare("a\n1\n", "a\n1", "csv")).toEqual({ kind: "byte", offset: 3, here: "0a", there: "" });
});

test("a line of a text, and a byte of anything else", async () => {
  expect(await compare('{\n "a": 1\n}', '{\n "a": 2\n}', "json")).toEqual({ kind: "line", number: 2, here: ' "a": 1', there: ' "a": 2' });
  const [one, other] = [Uint8Array.from([1, 2, 3, 255, 4]), Uint8Array.from([1, 2, 3, 254, 4])];
  expect(await compare(one, other, "pickle")).toEqual({ kind: "byte", offset: 3, here: "ff 04", there: "fe 04" });
  expect(await compare(one, other, "text")).toMatchObject({ kind: "byte", offset: 3 });
});

test("the row is found wherever it is, in files of many pieces", async () => {
  const records = fc.array(fc.tuple(fc.string({ unit: "grapheme", maxLength: 12 }), fc.nat()), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(records, fc.nat(), fc.integer({ min: 1, max: 40_000 }), async (made, at, times) => {
      const rows = Array.from({ length: times }, (_, n): readonly [string, number] => made[n % made.length] ?? ["", 0]);
      const changed = at % times;
      const text = (change: (number: number, row: number) => number) =>
        `text,number\n${rows.map(([word, number], row) => `"${word.replaceAll('"', '""')}",${change(number, row)}\n`).join("")}`;
      const found = await compare(
        text((number) => number),
        text((number, row) => (row === changed ? number + 1 : number)),
        "csv",
      );
      const number = rows[changed]?.[1] ?? 0;
      expect(found).toMatchObject({
        kind: "row",
        number: changed + 1,
        columns: [{ name: "number", here: `${number}`, there: `${number + 1}` }],
      });
    }),
    { numRuns: 25 },
  );
});
