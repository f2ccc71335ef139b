/** Files that no person meant: each gives a diagnostic or one clear sentence, soon, and never a trace. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeWorkspace, sound, trace, tradewind } from "./tradewind.ts";

const pipeline = "pipelines/orders.yaml";
const text = sound[pipeline] ?? "";

const nested = (depth: number) => `dag: { name: orders }\ntasks: ${"{ a: ".repeat(depth)}1${" }".repeat(depth)}\n`;
const indented = (depth: number) =>
  `dag: { name: orders }\ntasks:\n${Array.from({ length: depth }, (_, level) => `${" ".repeat(level + 1)}a:`).join("\n")}\n`;
const bomb = `dag: { name: orders }
a: &a [x, x, x, x, x, x, x, x, x]
${Array.from("bcdefghij", (name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${"abcdefghij"[index]}`).join(", ")}]`).join("\n")}
tasks: { t: { operator_type: head, x: *j } }
`;
const recursive = "dag: { name: orders }\ntasks: &t { again: *t }\n";

/** What stands in the pipeline's file, and what the first line of the answer says. */
const files: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
  ["empty", "", /error: .*empty/],
  ["only white space", "\n\n   \n", /error: .*empty/],
  ["only a comment", "# soon\n", /error: .*empty/],
  ["only null", "null\n", /error: /],
  ["a list", "- a\n- b\n", /error: .*a list/],
  ["a scalar", "hello\n", /error: /],
  ["binary with zero bytes", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0, 0, 0]), /error: .*is binary/],
  ["random bytes", Uint8Array.from({ length: 5_000 }, (_, index) => ((index * 7_919) % 255) + 1), /error: .*is not UTF-8/],
  ["Latin-1", Buffer.from("dag: { name: caf\u00e9 }\n", "latin1"), /error: .*is not UTF-8 \(byte 0xe9 at offset 16\); save it as UTF-8/],
  ["UTF-16", Buffer.from("\ufeffdag: { name: orders }\n", "utf16le"), /error: .*is UTF-16; save it as UTF-8/],
  ["11 MB", `${text}# ${"x".repeat(11_000_000)}\n`, /error: .*11 MB/],
  ["10 MB of keys", `${text}${Array.from({ length: 500_000 }, (_, index) => `key_number_${index}: 1`).join("\n")}\n`, /error: /],
  ["a line of 9 MB", `dag: { name: "${"x".repeat(9_000_000)}" }\n`, /error: /],
  ["flow maps nested 100,000 deep", nested(100_000), /error: /],
  ["flow maps nested 300 deep", nested(300), /error: /],
  ["flow lists nested 100,000 deep", `dag: { name: orders }\ntasks: ${"[".repeat(100_000)}\n`, /error: /],
  ["blocks nested 3,000 deep", indented(3_000), /error: /],
  ["an alias bomb", bomb, /error: .*alias/i],
  ["an alias of itself", recursive, /error: /],
  ["an alias of nothing", "dag: *nowhere\n", /error: /],
  ["a Python tag", "dag: !!python/object/apply:os.system ['true']\n", /error: .*tag/],
  ["tabs", "dag:\n\tname: orders\n", /error: .*tab/i],
  ["duplicate keys", "dag: { name: a }\ndag: { name: b }\ntasks: {}\n", /error: .*twice|duplicate/i],
  ["two documents", `${text}---\n${text}`, /error: /],
  ["an open quote", 'dag: { name: "orders }\n', /error: /],
  ["control characters", 'dag: { name: "a\\x1b[2Jb" }\ntasks: { t: { operator_type: head } }\n', /error: /],
  ["a lone surrogate", 'dag: { name: "\\ud800" }\ntasks: { t: { operator_type: head } }\n', /error: /],
  ["prototype keys", "dag: { __proto__: 1, constructor: 2, name: orders }\ntasks: { toString: { operator_type: valueOf } }\n", /error: /],
  ["a megabyte of dashes", "-".repeat(1_000_000), /error: /],
  ["a million colons", ":\n".repeat(500_000), /error: /],
];

describe("a pipeline that is", () => {
  test.each(files)(
    "%s",
    async (_, content, message) => {
      const root = makeWorkspace({ ...sound, [pipeline]: content });
      const started = Date.now();
      const done = await tradewind(["check"], { cwd: root, timeout: 25_000 });
      expect(Date.now() - started).toBeLessThan(20_000);
      expect(done).toMatchObject({ code: 1, stderr: "" });
      const lines = done.stdout.split("\n");
      const said = lines.filter((line) => /^\S+: error: /.test(line));
      expect(said.join("\n")).toMatch(message);
      // A line is cut to what a terminal shows, and a file without end gives no answer without end.
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(2_000);
      expect(done.stdout.length).toBeLessThan(1_000_000);
      expect(done.stdout).not.toMatch(trace);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach the terminal
      expect(done.stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    },
    30_000,
  );
});

describe("other commands on a broken pipeline", () => {
  test.each([
    ["compile", ["compile"]],
    ["compile of it", ["compile", pipeline]],
    ["run", ["run", pipeline]],
  ])("%s: errors and exit 1, nothing written", async (_, args) => {
    const root = makeWorkspace({ ...sound, [pipeline]: bomb });
    const done = await tradewind(args, { cwd: root });
    expect(done).toMatchObject({ code: 1, stdout: "" });
    expect(done.stderr).toMatch(/error/);
    expect(done.stderr).not.toMatch(trace);
  });
});

describe("settings and operators that are", () => {
  test.each([
    ["tradewind.yaml", "binary", new Uint8Array([0, 1, 2])],
    ["tradewind.yaml", "a list", "- 1\n"],
    ["tradewind.yaml", "a bomb", bomb],
    ["env/prod.yaml", "not UTF-8", new Uint8Array([0xff, 0xff, 0x41])],
    ["env/prod.yaml", "a scalar", "x\n"],
    ["operators/head/operator.yaml", "empty", ""],
    ["operators/head/operator.yaml", "binary", new Uint8Array([0])],
    ["operators/head/operator.yaml", "deep", nested(5_000)],
  ])("%s: %s", async (file, _, content) => {
    const done = await tradewind(["check"], { cwd: makeWorkspace({ ...sound, [file]: content }) });
    expect(done).toMatchObject({ code: 1, stderr: "" });
    expect(done.stdout).toMatch(new RegExp(`^${file}(:\\d+:\\d+)?: error: `, "m"));
    expect(done.stdout).not.toMatch(trace);
  });
});

describe("a disk with oddities", () => {
  test("folders and links where files are expected", async () => {
    const root = makeWorkspace(sound);
    mkdirSync(join(root, "pipelines/folder.yaml"));
    symlinkSync("nowhere", join(root, "pipelines/dangling.yaml"));
    symlinkSync("..", join(root, "operators/loop"));
    symlinkSync("self.yaml", join(root, "pipelines/self.yaml"));
    const done = await tradewind(["check"], { cwd: root });
    expect(done.stdout + done.stderr).not.toMatch(trace);
    expect(done.stdout).toContain("checked 1 pipeline in dev, prod");
  });

  test("names that are no file names of ours", async () => {
    const odd = ["a b.yaml", "ünïcode.yaml", "-rf.yaml", "x\ny.yaml", "\u202e.yaml"];
    const root = makeWorkspace({ ...sound, ...Object.fromEntries(odd.map((name) => [`pipelines/${name}`, "- 1\n"])) });
    const done = await tradewind(["check"], { cwd: root });
    expect(done).toMatchObject({ code: 1, stderr: "" });
    expect(done.stdout).not.toMatch(trace);
    expect(done.stdout).not.toContain("\u202e");
  });

  test("an output folder that is a file", async () => {
    const root = makeWorkspace({ ...sound, dags: "" });
    const done = await tradewind(["compile"], { cwd: root });
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/^tradewind: .*dags.*\n$/);
    expect(done.stderr).not.toMatch(trace);
  });

  test("a full disk: one sentence, and the old file is whole", async () => {
    const root = makeWorkspace(sound);
    // A limit on the size of files fails a write half way, as a full disk does.
    await tradewind(["compile"], { cwd: root });
    const before = readFileSync(join(root, "dags/dev/orders.py"), "utf8");
    expect(before.length).toBeGreaterThan(1_024);
    writeFileSync(join(root, "tradewind.yaml"), "default_env: dev\nvars: { limit: 11 }\n");
    const bin = process.env.TRADEWIND_BIN ?? join(import.meta.dirname, "../../dist/cli/bin.js");
    const done = spawnSync("bash", ["-c", 'ulimit -f 1; exec "$0" "$@"', process.execPath, bin, "compile"], {
      cwd: root,
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(/^tradewind: .*\n$/);
    expect(done.stderr).not.toMatch(trace);
    expect(readFileSync(join(root, "dags/dev/orders.py"), "utf8")).toBe(before);
    expect(readdirSync(join(root, "dags/dev"))).toEqual(["orders.py"]);
  });
});
