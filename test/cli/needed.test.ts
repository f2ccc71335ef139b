/** What a gc must leave: the code that deployed DAGs name, wherever they lie. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findNeeded } from "../../src/cli/needed.ts";
import { makeFolder } from "./tradewind.ts";

const [one, other] = ["1".repeat(64), "2".repeat(64)];

function makeWorkspace(): string {
  const root = makeFolder();
  mkdirSync(join(root, "pipelines"));
  return root;
}

test("a link among the DAGs is followed, as what brings them from git leaves it, and one that leads back up too", () => {
  const checkout = makeFolder();
  mkdirSync(join(checkout, "team"));
  writeFileSync(join(checkout, "team/dag.py"), `CODE = "${one}"\n`);
  writeFileSync(join(checkout, "plain.py"), `CODE = "${other}"\n`);
  const dags = makeFolder();
  symlinkSync(join(checkout, "team"), join(dags, "current"));
  symlinkSync(join(checkout, "plain.py"), join(dags, "plain.py"));
  symlinkSync(dags, join(dags, "again"));
  symlinkSync(join(dags, "nowhere"), join(dags, "gone.py"));
  expect([...(findNeeded(makeWorkspace(), undefined, [dags]).digests ?? [])].sort()).toEqual([one, other]);
});

test("dags/ may be missing, but what is there must be readable", () => {
  const root = makeWorkspace();
  expect(findNeeded(root, undefined, []).digests?.size).toBe(0);
  writeFileSync(join(root, "dags"), "");
  expect(() => findNeeded(root, undefined, [])).toThrow(/dags cannot be read/);
});
