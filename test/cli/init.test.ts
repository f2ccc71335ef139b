/** The first minute: init, check, compile, run. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder, makeWorkspace, trace, tradewind } from "./tradewind.ts";

test("a new workspace checks, compiles and runs as it is", async () => {
  const parent = makeFolder();
  const made = await tradewind(["init", "flights"], { cwd: parent });
  expect(made).toMatchObject({ code: 0, stderr: "" });
  const root = join(parent, "flights");
  const cwd = { cwd: root };
  expect(await tradewind(["check"], cwd)).toEqual({ code: 0, stdout: "checked 1 pipeline in dev, prod: no problems\n", stderr: "" });
  expect(await tradewind(["compile"], cwd)).toMatchObject({ code: 0, stdout: "wrote    dags/dev/hello.py\nwrote    dags/prod/hello.py\n" });

  const first = await tradewind(["run", "hello", "--date", "2026-01-15"], { ...cwd, timeout: 60_000 });
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout + first.stderr).not.toMatch(trace);
  const log = await tradewind(["logs", await newestRun(root), "report.by_country"], cwd);
  expect(log.stdout).toContain(`day,country,orders,amount
2026-01-15,DE,2,165.75
2026-01-15,FR,2,230.75
2026-01-15,IT,2,322.00
`);
  // Again: nothing changed, so nothing is done. In prod the setting is another, and so is the result.
  const again = await tradewind(["run", "hello", "--date", "2026-01-15"], cwd);
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(/prepare\.orders +cached/);
  expect(again.stdout).toMatch(/report\.by_country +cached/);
  expect(await tradewind(["run", "hello", "--date", "2026-01-15", "--env", "prod"], cwd)).toMatchObject({ code: 0 });
  const prod = await tradewind(["logs", await newestRun(root), "report.by_country"], cwd);
  expect(prod.stdout).toContain("2026-01-15,DE,1,120.50\n2026-01-15,FR,1,150.75\n2026-01-15,IT,1,310.00\n");
}, 120_000);

async function newestRun(root: string): Promise<string> {
  const { stdout } = await tradewind(["runs", "--format", "json"], { cwd: root });
  const runs = JSON.parse(stdout) as { run_id: string; started: string }[];
  return runs.toSorted((a, b) => (a.started < b.started ? 1 : -1))[0]?.run_id ?? "";
}

test("its README names only commands that there are", async () => {
  const parent = makeFolder();
  await tradewind(["init", "w"], { cwd: parent });
  const readme = readFileSync(join(parent, "w", "README.md"), "utf8");
  const commands = [...readme.matchAll(/^ {4}tradewind (\w+)/gm)].map(([, name = ""]) => name);
  expect(commands.length).toBeGreaterThan(5);
  for (const name of new Set(commands)) expect(await tradewind([name, "--help"], { cwd: parent })).toMatchObject({ code: 0 });
}, 30_000);

test.each([
  ["a workspace", { "tradewind.yaml": "" }, /^tradewind: \. is a workspace already \(it has tradewind\.yaml\)\n$/],
  [
    "somebody's files",
    { "main.py": "", "b.txt": "" },
    /^tradewind: \. is not empty \(it has b\.txt, main\.py\); name a folder that is empty or does not exist\n$/,
  ],
])("refuses %s, and writes nothing", async (_, files, message) => {
  const root = makeWorkspace(files);
  const done = await tradewind(["init"], { cwd: root });
  expect(done).toMatchObject({ code: 1, stdout: "" });
  expect(done.stderr).toMatch(message);
  expect(existsSync(join(root, "pipelines"))).toBe(false);
});

test("refuses a file and a place that cannot be written", async () => {
  const root = makeFolder();
  writeFileSync(join(root, "file"), "");
  expect(await tradewind(["init", "file"], { cwd: root })).toMatchObject({
    code: 1,
    stderr: "tradewind: file is a file; name a folder that is empty or does not exist\n",
  });
  const done = await tradewind(["init", "/proc/nowhere"], { cwd: root });
  expect(done.code).toBe(1);
  expect(done.stderr).toMatch(/^tradewind: \/proc\/nowhere.*no such file or folder/);
});

test("keeps what a fresh clone has", async () => {
  const root = makeWorkspace({ "README.md": "mine", ".gitignore": "mine", ".git/HEAD": "ref: refs/heads/main", LICENSE: "mine" });
  const done = await tradewind(["init"], { cwd: root });
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toContain("kept README.md, which was there\nkept .gitignore, which was there: add .tradewind/ and .env to it\n");
  expect(readFileSync(join(root, "README.md"), "utf8")).toBe("mine");
  expect(readFileSync(join(root, ".gitignore"), "utf8")).toBe("mine");
  expect(existsSync(join(root, "tradewind.yaml"))).toBe(true);
});
