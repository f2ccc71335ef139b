/** What every command has in common: help with examples that work, exit codes, near names, one sentence for a mistake. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/main.ts";
import { makeFolder, makeWorkspace, sound, trace, tradewind } from "./tradewind.ts";

const empty = makeFolder();
const workspace = makeWorkspace(sound);

test("without arguments it says what there is, and succeeds", async () => {
  const done = await tradewind([], { cwd: empty });
  expect(done.code).toBe(0);
  for (const { name } of commands) expect(done.stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
});

test("prints its version", async () => {
  const { version } = JSON.parse(spawnSync("cat", [join(import.meta.dirname, "../../package.json")], { encoding: "utf8" }).stdout);
  expect(await tradewind(["--version"], { cwd: empty })).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

describe.each(commands.map(({ name, load }) => [name, load] as const))("%s --help", (name, load) => {
  test("has an example", async () => {
    const done = await tradewind([name, "--help"], { cwd: empty });
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toMatch(/^Examples?:\n {2}\$ /m);
    expect(done.stdout).toContain(`Usage: tradewind ${name}`);
    expect(await tradewind(["help", name], { cwd: empty })).toEqual(done);
  });

  test("examples are understood", async () => {
    const { stdout } = await tradewind([name, "--help"], { cwd: empty });
    const lines = stdout.split("\n").flatMap((line) => /^ {2}\$ (.*)$/.exec(line)?.[1] ?? []);
    const own = lines.flatMap((line) => line.split(/ && | \| /)).filter((line) => line.startsWith(`tradewind ${name}`));
    expect(own.length).toBeGreaterThan(0);
    for (const line of own) {
      const words = line.replace(/ > \S+$/, "").match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
      const command = (await load()).exitOverride().allowExcessArguments(false);
      let understood = false;
      for (const part of [command, ...command.commands]) {
        part.exitOverride().action(() => {
          understood = true;
        });
      }
      await command.parseAsync(
        words.slice(2).map((word) => word.replaceAll(/["']/g, "")),
        { from: "user" },
      );
      expect(understood).toBe(true);
    }
  });
});

describe("mistakes", () => {
  test.each<[string[], number, string | RegExp]>([
    [["chekc"], 2, 'tradewind: unknown command "chekc"; did you mean "check"?\n'],
    [["frobnicate"], 2, 'tradewind: unknown command "frobnicate"; tradewind --help lists the commands\n'],
    [["check", "--evn", "dev"], 2, "tradewind: unknown option '--evn'\n(Did you mean --env?)\n"],
    [["check", "--env"], 2, "tradewind: option '-e, --env <env>' argument missing\n"],
    [
      ["check", "--format", "xml"],
      2,
      /^tradewind: option '--format <format>' argument 'xml' is invalid\. Allowed choices are text, json, gitlab\.\n$/,
    ],
    [["check", "--env", "prdo"], 2, 'tradewind: unknown environment "prdo"; did you mean "prod"?\n'],
    [["check", "ordesr"], 2, 'tradewind: unknown pipeline "ordesr"; did you mean "orders"?\n'],
    [["check", "pipelines/order.yaml"], 2, 'tradewind: unknown pipeline "pipelines/order.yaml"; did you mean "pipelines/orders.yaml"?\n'],
    [["check", "nothing-like-it"], 2, 'tradewind: unknown pipeline "nothing-like-it"; there are: orders\n'],
    [["check", "orders", "more"], 2, /too many arguments/],
    [["check", "--set", "limit"], 2, /expected name=value/],
    [["check", "--set", "limt=5"], 2, 'tradewind: unknown variable "limt"; did you mean "limit"?\n'],
    [["run", "orders", "--set", "limt=5"], 2, 'tradewind: unknown variable "limt"; did you mean "limit"?\n'],
    [["compile", "--airflow", "1"], 2, /Allowed choices are portable, 2, 3/],
    [["explain"], 2, "tradewind: missing required argument 'pipeline'\n"],
    [["explain", "orders", "first.row"], 2, 'tradewind: nothing is called "first.row"; did you mean "first.rows"?\n'],
    [["operators", "haed"], 2, 'tradewind: unknown operator "haed"; did you mean "head"?\n'],
    [["check", "-C", "no/such/folder"], 1, /^tradewind: there is no folder \/.*no\/such\/folder\n$/],
  ])("%j: exit %d", async (args, code, message) => {
    const done = await tradewind(args, { cwd: workspace });
    expect(done.stderr).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
    expect(done).toMatchObject({ code, stdout: "" });
    expect(done.stderr).not.toMatch(trace);
  });

  test("outside of a workspace every command that needs one says so", async () => {
    for (const args of [["check"], ["compile"], ["explain", "x"], ["operators"]]) {
      const done = await tradewind(args, { cwd: empty });
      expect(done.code).toBe(1);
      expect(done.stderr).toBe(
        `tradewind: no tradewind.yaml in ${empty} or above it: go to your workspace, name it by -C DIR, or make one: tradewind init DIR\n`,
      );
    }
  });
});

test("a workspace is found from below, and by -C before or after the command", async () => {
  const expected = { code: 0, stdout: "checked 1 pipeline in dev, prod: no problems\n", stderr: "" };
  expect(await tradewind(["check"], { cwd: join(workspace, "operators", "head") })).toEqual(expected);
  expect(await tradewind(["check", "-C", workspace], { cwd: empty })).toEqual(expected);
  expect(await tradewind(["-C", workspace, "check"], { cwd: empty })).toEqual(expected);
});

test("a pipeline is named by its dag or its file, from anywhere", async () => {
  for (const [cwd, name] of [
    [workspace, "orders"],
    [workspace, "pipelines/orders.yaml"],
    [join(workspace, "pipelines"), "orders.yaml"],
    [join(workspace, "pipelines"), "pipelines/orders.yaml"],
  ] as const) {
    expect(await tradewind(["check", name, "--env", "dev"], { cwd })).toMatchObject({
      code: 0,
      stdout: "checked 1 pipeline in dev: no problems\n",
    });
  }
});

test("nobody reads the output: no error", () => {
  const command = `"${process.execPath}" "${process.env.TRADEWIND_BIN ?? join(import.meta.dirname, "../../dist/cli/bin.js")}" operators pg_to_csv | head -n 1`;
  const done = spawnSync("bash", ["-o", "pipefail", "-c", command], { cwd: workspace, encoding: "utf8" });
  expect(done).toMatchObject({ status: 0, stderr: "" });
});

test("a full disk under the output is an exit code, not a trace", () => {
  const command = `"${process.execPath}" "${process.env.TRADEWIND_BIN ?? join(import.meta.dirname, "../../dist/cli/bin.js")}" check --format json > /dev/full`;
  const done = spawnSync("bash", ["-c", command], { cwd: workspace, encoding: "utf8" });
  expect(done.status).toBe(1);
  expect(done.stderr).not.toMatch(trace);
});
