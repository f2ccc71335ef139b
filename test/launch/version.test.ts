import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { launcherVersion } from "../../src/launch/version.ts";

test("the launcher names package.json's version", () => {
  const { name, version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(launcherVersion).toBe(`${name}/${version}`);
});
