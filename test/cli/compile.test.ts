/** `tradewind compile`: which files it writes, which it leaves, and what `--check` says. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { showDifference } from "../../src/cli/difference.ts";
import { replaceFile } from "../../src/cli/replace-file.ts";
import { makeFolder, makeWorkspace, sound, tradewind, writeFiles } from "./tradewind.ts";

/** What is said of an environment whose store no worker can see. */
const localStore = (env: string) =>
  `the DAGs of ${env} name the store .tradewind/store/${env}, a folder of this workspace that Airflow's workers do not have: set store.url in env/${env}.yaml to a folder that they share, or to s3://bucket/prefix\n`;

test("writes one file a pipeline and environment, and only what changed", async () => {
  const root = makeWorkspace(sound);
  expect(await tradewind(["compile"], { cwd: root })).toEqual({
    code: 0,
    stdout: "wrote    dags/dev/orders.py\nwrote    dags/prod/orders.py\n",
    stderr: localStore("dev") + localStore("prod"),
  });
  const before = statSync(join(root, "dags/dev/orders.py"), { bigint: true });
  expect(readFileSync(join(root, "dags/prod/orders.py"), "utf8")).toContain('"PARAM_ROWS": "1000"');

  expect(await tradewind(["compile"], { cwd: root })).toMatchObject({ code: 0, stdout: "all 2 files are current\n" });
  expect(statSync(join(root, "dags/dev/orders.py"), { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });

  writeFiles(root, { "env/prod.yaml": "vars: { limit: 2000 }\nstore: { url: /srv/tradewind }\n" });
  expect(await tradewind(["compile"], { cwd: root })).toEqual({
    code: 0,
    stdout: "changed  dags/prod/orders.py\n1 file is current\n",
    stderr: localStore("dev"),
  });
  expect(readdirSync(join(root, "dags/prod"))).toEqual(["orders.py"]);
});

test("of one pipeline, in one environment, to another folder, for one Airflow", async () => {
  const root = makeWorkspace(sound);
  const done = await tradewind(["compile", "orders", "--env", "prod", "--out", "build", "--airflow", "3", "--set", "limit=5"], {
    cwd: root,
  });
  expect(done).toEqual({ code: 0, stdout: "wrote    build/prod/orders.py\n", stderr: localStore("prod") });
  const text = readFileSync(join(root, "build/prod/orders.py"), "utf8");
  expect(text).not.toContain("except ImportError");
  expect(text).toContain('"PARAM_ROWS": "5"');
});

test("with errors nothing is written", async () => {
  const root = makeWorkspace({ ...sound, "pipelines/other.yaml": "dag: { name: other }\ntasks: { a: { operator_type: none_such } }\n" });
  const done = await tradewind(["compile"], { cwd: root });
  expect(done).toMatchObject({ code: 1, stdout: "" });
  expect(done.stderr).toMatch(/^pipelines\/other\.yaml:2:30: error: .*none_such/);
  expect(done.stderr).toMatch(/tradewind: 1 error; nothing was written\n$/);
  expect(readdirSync(root)).not.toContain("dags");
  expect(await tradewind(["compile", "orders"], { cwd: root })).toMatchObject({ code: 0 });
});

describe("--check", () => {
  test("says which files are not current and how, and writes nothing", async () => {
    const root = makeWorkspace(sound);
    const missing = await tradewind(["compile", "--check"], { cwd: root });
    expect(missing).toEqual({
      code: 1,
      stdout:
        "dags/dev/orders.py: missing\ndags/prod/orders.py: missing\n2 of 2 files are not current; run tradewind compile and commit the result\n",
      stderr: "",
    });
    expect(readdirSync(root)).not.toContain("dags");

    await tradewind(["compile"], { cwd: root });
    expect(await tradewind(["compile", "--check"], { cwd: root })).toEqual({ code: 0, stdout: "all 2 files are current\n", stderr: "" });

    writeFiles(root, { "env/prod.yaml": "vars: { limit: 2000 }\n" });
    const changed = await tradewind(["compile", "--check"], { cwd: root });
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(/^dags\/prod\/orders\.py: not current\n/);
    expect(changed.stdout).toMatch(/^ {2}-\s+"PARAM_ROWS": "1000",\n {2}\+\s+"PARAM_ROWS": "2000",$/m);
    expect(changed.stdout).toMatch(/\n1 of 2 files are not current; run tradewind compile and commit the result\n$/);
  });

  test("names files of ours that no pipeline makes any more, never somebody else's", async () => {
    const root = makeWorkspace({ ...sound, "dags/dev/handwritten.py": "print(1)\n" });
    await tradewind(["compile"], { cwd: root });
    writeFiles(root, { "pipelines/orders.yaml": (sound["pipelines/orders.yaml"] ?? "").replace("name: orders", "name: sales") });
    writeFiles(root, { "tradewind.yaml": "default_env: prod\nvars: { limit: 10 }\n" });
    rmSync(join(root, "env/dev.yaml"));
    const done = await tradewind(["compile"], { cwd: root });
    const files = ["dags/dev/orders.py", "dags/prod/orders.py"];
    expect(done.code).toBe(0);
    expect(done.stderr).toBe(
      files.map((file) => `no pipeline makes ${file} any more, and Airflow goes on running it: delete it if that is meant\n`).join("") +
        localStore("prod"),
    );
    for (const file of files) expect(readFileSync(join(root, file), "utf8")).toContain("orders");
    const check = await tradewind(["compile", "--check"], { cwd: root });
    expect(check.code).toBe(1);
    expect(check.stdout).toContain("dags/prod/orders.py: no pipeline makes it any more\n");
    expect(check.stdout).not.toContain("handwritten");
  });
});

describe("replacing a file", () => {
  test("keeps its mode, follows a link, leaves nothing beside it", () => {
    const root = makeFolder();
    writeFileSync(join(root, "real"), "old", { mode: 0o640 });
    symlinkSync("real", join(root, "link"));
    replaceFile(join(root, "link"), "new");
    expect(readFileSync(join(root, "real"), "utf8")).toBe("new");
    expect(statSync(join(root, "real")).mode & 0o777).toBe(0o640);
    expect(readdirSync(root).sort()).toEqual(["link", "real"]);
  });

  test("what cannot be replaced stays as it was", () => {
    const root = makeFolder();
    mkdirSync(join(root, "folder"));
    expect(() => replaceFile(join(root, "folder"), "new")).toThrow();
    expect(readdirSync(root)).toEqual(["folder"]);
  });
});

describe("differences", () => {
  test("short ones are shown with their lines", () => {
    expect(showDifference("a\nb\nc\nd\n", "a\nB\nc\nd\ne\n", 20)).toEqual(["@ line 2", "-b", "+B", "@ line 5", "+e"]);
    expect(showDifference("a\n", "a\n", 20)).toEqual([]);
  });

  test("long ones are cut", () => {
    const lines = showDifference("", Array.from({ length: 50 }, (_, index) => `x${index}`).join("\n"), 5);
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toMatch(/^… \d+ more lines$/);
  });

  test("taking away what it takes away and adding what it adds gives the other text", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const difference = showDifference(before.join("\n"), after.join("\n"), 1_000);
        const counts = (lines: readonly string[]) => [...lines].sort().join();
        const removed = difference.filter((line) => line.startsWith("-")).map((line) => line.slice(1));
        const added = difference.filter((line) => line.startsWith("+")).map((line) => line.slice(1));
        const [old, now] = [before.length === 0 ? [""] : before, after.length === 0 ? [""] : after];
        expect(counts([...old, ...added])).toBe(counts([...now, ...removed]));
      }),
    );
  });
});
