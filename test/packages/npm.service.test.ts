/** The npm package, installed globally from its tarball and used from there. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import packageFacts from "../../package.json" with { type: "json" };
import { filesUnder, makeFolder } from "../launch/request.ts";
import { madePackages, runCommand } from "./made.ts";

const made = madePackages(["npm"]);
let prefix = "";

beforeAll(async () => {
  prefix = join(made.root, "prefix");
  mkdirSync(prefix);
  // No registry is needed: everything that runs is in the bundle.
  const install = ["npm", "install", "--global", "--offline", "--no-audit", "--no-fund", "--prefix", prefix, made.npm];
  const env = { PATH: process.env.PATH, HOME: made.root };
  expect(await runCommand(install, env)).toMatchObject({ code: 0 });
});

test("the whole command line works from it", async () => {
  const folder = makeFolder();
  const env = { PATH: `${join(prefix, "bin")}:${process.env.PATH}`, HOME: folder };
  expect(await runCommand(["tradewind", "--version"], env)).toMatchObject({ code: 0, stdout: `${packageFacts.version}\n`, stderr: "" });
  expect(await runCommand(["tradewind", "init", "ws"], env, folder)).toMatchObject({ code: 0 });
  const workspace = join(folder, "ws");
  for (const words of [["check"], ["compile"], ["run", "hello"], ["operators"]]) {
    expect(await runCommand(["tradewind", ...words], env, workspace)).toMatchObject({ code: 0 });
  }
  expect(await runCommand(["tradewind", "launch"], env)).toMatchObject({ code: 64, stdout: expect.stringContaining("TRADEWIND_PROTO") });
});

test("it holds what runs and what is read, nothing of how it was made", () => {
  const folder = join(prefix, "lib/node_modules", packageFacts.name);
  const files = filesUnder(folder);
  expect(files.filter((file) => !/^(dist|docs)\/|^(README\.md|LICENSE|package\.json)$/.test(file))).toEqual([]);
  expect(files.filter((file) => /\.ts$|\.map$|node_modules|test|\.mjs$/.test(file))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(["dist/cli/bin.js", "dist/launcher.js", "dist/python/tradewind_runner.py", "dist/NOTICES"]));
  const facts = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  expect(facts).toMatchObject({ engines: packageFacts.engines, bin: packageFacts.bin, license: packageFacts.license });
  expect(Object.keys(facts).filter((key) => /dependencies|scripts/i.test(key))).toEqual([]);
});
