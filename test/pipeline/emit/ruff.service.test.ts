/** Every emitted file is as `ruff format` leaves it, and `ruff check` finds nothing in it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { pythonEnvironment, root } from "../../../scripts/provision.mjs";
import { emitDag } from "../../../src/pipeline/emit/emit.ts";
import type { Target } from "../../../src/pipeline/emit/target.ts";
import type { Plan } from "../../../src/protocol/plan.ts";
import { naughtyStrings } from "./naughty.ts";
import { makeJob, makePlan, makeTask, plans } from "./plans.ts";

const ruff = join(pythonEnvironment("ruff"), "bin", "ruff");
const folder = mkdtempSync(join(tmpdir(), "tradewind-ruff-"));
afterAll(() => rmSync(folder, { recursive: true }));

const targets: readonly Target[] = ["portable", "2", "3"];

/** Pyflakes, pycodestyle, isort, bugbear, pyupgrade, comprehensions, simplify, builtins, Airflow; but a digest may be longer than a line, and a lone group is a block of its own. */
const rules: { readonly [target in Target]: readonly string[] } = {
  2: ["--select", "F,E,W,I,B,UP,C4,SIM,A", "--ignore", "E501,SIM117"],
  3: ["--select", "F,E,W,I,B,UP,C4,SIM,A,AIR3", "--ignore", "E501,SIM117"],
  // ruff does not see that the old place of Param or BashSensor is only tried after the new one.
  portable: ["--select", "F,E,W,I,B,UP,C4,SIM,A,AIR3", "--ignore", "E501,SIM117,AIR311,AIR312"],
};

function complaints(args: readonly string[], path: string): string {
  const { stdout, stderr, status } = spawnSync(ruff, [...args, path], { encoding: "utf8", maxBuffer: 64 << 20 });
  return status === 0 ? "" : `${stdout}${stderr}`;
}

function write(files: { readonly [name: string]: string }): string {
  const path = mkdtempSync(join(folder, "files-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, `${name}.py`), text);
  return path;
}

function expectClean(path: string, target: Target): void {
  expect(complaints(["format", "--isolated", "--no-cache", "--diff"], path)).toBe("");
  expect(complaints(["check", "--isolated", "--no-cache", ...rules[target]], path)).toBe("");
}

test.each(targets)("plans made by hand, for %s", (target) => {
  const files = Object.entries(plans).map(([name, plan]) => [name, emitDag(plan, target)]);
  expectClean(write(Object.fromEntries(files)), target);
});

test.each(targets)("golden cases, for %s", (target) => {
  const file = target === "portable" ? "dag.py" : `dag.${target}.py`;
  const cases = join(root, "test", "cases");
  const paths = readdirSync(cases).map((name) => [name, join(cases, name, file)] as const);
  const files = paths.filter(([, path]) => existsSync(path)).map(([name, path]) => [name, readFileSync(path, "utf8")]);
  expectClean(write(Object.fromEntries(files)), target);
});

test("any text in any place", () => {
  const nasty = fc.oneof(
    fc.constantFrom(...naughtyStrings),
    fc.string({ unit: "grapheme", maxLength: 120 }),
    fc.string({ unit: "grapheme-ascii", maxLength: 200 }),
  );
  const words = fc.array(fc.stringMatching(/^[a-z,{}"' ]{1,12}$/), { maxLength: 30 }).map((parts) => parts.join(" "));
  const text = fc.oneof(nasty, words);
  const id = fc.stringMatching(/^[a-z][a-z_]{0,50}$/);
  const plan = fc
    .record({
      texts: fc.array(text, { minLength: 12, maxLength: 12 }),
      ids: fc.uniqueArray(id, { minLength: 3, maxLength: 9 }),
      keep: fc.nat(),
    })
    .map(({ texts, ids, keep }): Plan => {
      const at = (index: number) => texts[index] ?? "";
      const tasks = ids.map((name, index) =>
        makeTask(index % 3 === 0 ? name : `${ids[0]}_group.${name}`, {
          description: at(index),
          upstream: ids.slice(0, index % 4 === 0 ? 0 : index).map((other, place) => (place % 3 === 0 ? other : `${ids[0]}_group.${other}`)),
          job: makeJob({ script: at(index + 1), env: { A: at(index + 2) } }),
          params: {
            a: { value: at(index + 3), schema: { type: "string" }, template: true },
            b: { value: [at(index), 5], schema: {}, template: true },
          },
        }),
      );
      const groups = [{ id: `${ids[0]}_group`, description: at(4) }];
      const dag = { description: at(5), owner: at(6), tags: [at(7), at(8)], params: { p: { default: at(9), description: at(10) } } };
      return makePlan(tasks, dag, { groups, store: { url: at(11), keep }, launcher: { kind: "command", command: at(0) } });
    });
  const files = fc.sample(plan, 150).map((sample, index): [string, string] => [`plan_${index}`, emitDag(sample, "portable")]);
  expectClean(write(Object.fromEntries(files)), "portable");
});
