/** The lock installs on every platform, from whatever registry the machine is set to. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { missingEntries } from "../scripts/complete-lock.mjs";

const text = readFileSync(join(import.meta.dirname, "../package-lock.json"), "utf8");

test("the lock names every platform's optional packages (node scripts/complete-lock.mjs adds them)", () => {
  expect(Object.keys(missingEntries(JSON.parse(text)))).toEqual([]);
});

test("the lock names no registry", () => {
  expect(
    text.match(/"resolved"|registry\.|https?:\/\/(?!github\.com|opencollective|tidelift|www\.patreon|[a-z.]*\/sponsors)[^"]*\.tgz/g),
  ).toBeNull();
});
