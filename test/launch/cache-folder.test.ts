/** Folders from which things are run: nobody else may have put them there. */
import { lchownSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheFolder, requireOwn } from "../../src/launch/cache-folder.ts";
import { makeFolder } from "./request.ts";

// Only root can give a link to somebody else.
describe.runIf(process.getuid?.() === 0)("a link of somebody else's to a folder of ours, which may lead elsewhere a moment later", () => {
  const linked = (place: string): void => {
    const ours = makeFolder();
    symlinkSync(ours, place);
    lchownSync(place, 12_345, 12_345);
  };

  test("is no scratch folder", () => {
    const place = join(makeFolder(), "tradewind-0");
    linked(place);
    expect(() => requireOwn(place)).toThrow(/belongs to another user/);
  });

  test("is no cache", () => {
    const [home, work] = [makeFolder(), makeFolder()];
    linked(join(home, "tradewind"));
    expect(cacheFolder({ XDG_CACHE_HOME: home }, work)).toBe(join(work, "cache"));
  });
});

test("a link of our own is followed: a cache may lie on a larger disk", () => {
  const [home, disk] = [makeFolder(), makeFolder()];
  mkdirSync(join(disk, "tradewind"));
  symlinkSync(join(disk, "tradewind"), join(home, "tradewind"));
  expect(cacheFolder({ XDG_CACHE_HOME: home }, makeFolder())).toBe(join(home, "tradewind"));
});
