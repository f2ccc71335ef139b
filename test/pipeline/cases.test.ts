/** Every folder of test/cases is a workspace with what the compiler makes of it beside it. UPDATE_CASES=1 rewrites; read the diff. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { caseNames, casesFolder, goldenFiles } from "./cases.ts";

const update = process.env.UPDATE_CASES === "1";

describe.each(caseNames)("%s", (name) => {
  const folder = join(casesFolder, name);

  test("compiles to its golden files", () => {
    const made = goldenFiles(name);
    const kept = readdirSync(folder).filter((file) => file !== "input");
    if (update) {
      for (const file of kept) if (!made.has(file)) rmSync(join(folder, file));
      for (const [file, text] of made) writeFileSync(join(folder, file), text);
    }
    for (const [file, text] of made) {
      expect(existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : `no ${name}/${file}`).toBe(text);
    }
    expect(readdirSync(folder).sort()).toEqual(["input", ...made.keys()].sort());
  });
});

test("there are cases", () => {
  expect(caseNames.length).toBeGreaterThan(50);
});
