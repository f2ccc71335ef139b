/** `tradewind store` over a store that real runs have made and that somebody made older. */
import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeWorkspace, sound, trace, tradewind, writeFiles } from "./tradewind.ts";

const day = 86_400_000;

/** Makes every file under `folder` that many days older. */
function age(folder: string, days: number): void {
  const then = new Date(Date.now() - days * day);
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (statSync(join(folder, name)).isFile()) utimesSync(join(folder, name), then, then);
  }
}

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();

describe("a store with a year of work", { timeout: 60_000 }, async () => {
  const cwd = makeWorkspace(sound);
  const store = join(cwd, ".tradewind/store/dev");
  const run = async (date: string): Promise<void> => {
    expect(await tradewind(["run", "orders", "--date", date], { cwd })).toMatchObject({ code: 0 });
  };

  test("ls, du and gc: dry, then for real; what a younger run took from the cache stays", async () => {
    await run("2026-02-01");
    const [first = ""] = readdirSync(join(store, "runs/orders"));
    age(store, 60);
    writeFiles(store, { "runs/orders/notes.txt": "mine" });
    // The same work: a hit. Then other work.
    await run("2026-02-02");
    writeFiles(cwd, { "pipelines/orders.csv": "id,amount\n1,3\n" });
    await run("2026-02-03");

    const du = await tradewind(["store", "du", "--env", "dev"], { cwd });
    expect(du).toMatchObject({ code: 0, stderr: "" });
    expect(du.stdout).toMatch(/^orders +3 +\d+ +[\d.]+ k?B +0 min +60 days$/m);
    expect(du.stdout).toMatch(/^files +2 +/m);
    expect(du.stdout).toMatch(/^total +3 +\d+ /m);
    const [measured] = JSON.parse((await tradewind(["store", "du", "--env", "dev", "--format", "json"], { cwd })).stdout);
    const sizes = files(store).filter((name) => name !== "runs/orders/notes.txt");
    expect(measured.total).toMatchObject({
      objects: sizes.length,
      bytes: sizes.reduce((sum, name) => sum + statSync(join(store, name)).size, 0),
    });
    expect((await tradewind(["store", "du", "--by", "run", "--env", "dev"], { cwd })).stdout).toContain(`orders/${first}`);

    const top = await tradewind(["store", "ls", "--env", "dev"], { cwd });
    expect(top.stdout).toMatch(/ +\d+ objects +\d{4}-\d\d-\d\dT[\d:]+Z +runs\/orders\/$/m);
    expect((await tradewind(["store", "ls", "runs/orders/", "--env", "dev"], { cwd })).stdout).toMatch(/notes\.txt$/m);
    expect((await tradewind(["store", "ls", first], { cwd })).stdout).toMatch(/ first\.rows\/attempt-1\/rows\.csv$/m);
    expect(await tradewind(["store", "ls", "runs/nobody"], { cwd })).toMatchObject({
      code: 1,
      stderr: "tradewind: nothing lies under runs/nobody/\n",
    });

    const before = files(store);
    const args = ["store", "gc", "--older-than", "30d", "--keep-last", "0", "--wait", "0s"];
    const dry = await tradewind([...args, "--dry-run"], { cwd });
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain(`run orders/${first}: first.rows attempt 1 is needed by run local__2026-02-02`);
    expect(dry.stdout).toContain("runs/orders/notes.txt: not Tradewind's");
    expect(files(store)).toEqual(before);

    // Without the run that took it, it is nobody's.
    const second = readdirSync(join(store, "runs/orders")).find((name) => name.includes("2026-02-02")) ?? "";
    age(join(store, "runs/orders", second), 50);
    const gone = await tradewind(args, { cwd });
    expect(gone).toMatchObject({ code: 0, stderr: "" });
    expect(gone.stdout).toMatch(/^removed \d+ objects, [\d.]+ k?B$/m);
    expect(readdirSync(join(store, "runs/orders")).sort()).toEqual([expect.stringContaining("2026-02-03"), "notes.txt"]);
    expect(existsSync(join(store, "gc"))).toBe(false);
    expect(readdirSync(join(store, "cache"))).toHaveLength(1);
    // The store is whole: the same runs again, one of them from the cache.
    await run("2026-02-03");
    writeFiles(cwd, { "pipelines/orders.csv": "id,amount\n1,2\n" });
    await run("2026-02-01");
  });

  test("temporary files of dead writers go after a day", async () => {
    writeFiles(store, { ".tmp/1-dead": "half", ".tmp/2-alive": "half" });
    const then = new Date(Date.now() - 2 * day);
    utimesSync(join(store, ".tmp/1-dead"), then, then);
    const done = await tradewind(["store", "gc", "--older-than", "30d"], { cwd });
    expect(done.stdout).toMatch(/removed 0 objects, 0 B, and 1 leftover/);
    expect(readdirSync(join(store, ".tmp"))).toEqual(["2-alive"]);
  });

  test.each<[string[], RegExp]>([
    [["store", "gc"], /say how old by --older-than 30d; dev has no store\.keep/],
    [["store", "gc", "--older-than", "1h"], /expected one day at least/],
    [["store", "gc", "--older-than", "soon"], /expected a duration like 30d/],
    [["store", "gc", "--older-than", "30d", "--keep-last", "-1"], /whole number|argument missing/],
    [["store", "gc", "--older-than", "30d", "--dags", "nowhere"], /--dags nowhere cannot be read/],
    [["store", "gc", "--older-than", "30d", "--env", "prdo"], /unknown environment "prdo"; did you mean "prod"/],
    [["store", "frob"], /unknown command 'frob'|too many arguments/],
  ])("%j is a mistake in one sentence", async (args, message) => {
    const done = await tradewind(args, { cwd });
    expect(done.code).toBeGreaterThan(0);
    expect(done.stderr).toMatch(message);
    expect(done.stderr).not.toMatch(trace);
  });

  test("younger than store.keep is said; a broken pipeline keeps all code", async () => {
    writeFiles(cwd, { "env/dev.yaml": "store: { keep: 60 days }\n" });
    expect((await tradewind(["store", "gc", "--older-than", "30d", "--dry-run"], { cwd })).stderr).toMatch(
      /store\.keep is 60d in dev: work older than 30d could still be taken/,
    );
    expect((await tradewind(["-C", cwd, "store", "gc", "--dry-run"], { cwd: "/" })).code).toBe(0);
    writeFiles(cwd, { "pipelines/broken.yaml": "dag: { name: broken }\ntasks: { a: { operator_type: nothing } }\n" });
    expect((await tradewind(["store", "gc", "--dry-run"], { cwd })).stderr).toMatch(/broken\.yaml has errors in dev.* code and files stay/);
  });
});
