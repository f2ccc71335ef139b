/** The launcher as a process of its own: signals, a closed stdout, its own death, and others of its kind. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { OutputPlan } from "../../src/protocol/plan.ts";
import type { Result } from "../../src/protocol/result.ts";
import { bundleLauncher, processesWith, startCommand, startLauncher, until } from "./launcher.ts";
import { anyFileHolds, filesUnder, makeBench } from "./request.ts";

// Other work on the machine may slow everything down.
vi.setConfig({ testTimeout: 30_000 });

const launcher = bundleLauncher();

const task = "runs/flights/manual__2026-01-01T00%3A00%3A00%2B00%3A00/extract.flights";
const text: OutputPlan = { type: "text", extension: ".txt", dir: false };
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
const isGuard = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("tradewind-guard");
const readJson = (path: string): Result => JSON.parse(readFileSync(path, "utf8"));

describe("exit codes", () => {
  test.each([
    ["true", 0],
    ["exit 3", 3],
    ["exit 99", 99],
    ["kill -KILL $$", 137],
  ])("of the script %j: %i", async (script, code) => {
    const bench = makeBench();
    const ran = await startLauncher(launcher, bench.folder, bench.request({ script })).done;
    expect(ran).toMatchObject({ code, stderr: "" });
    expect(ran.stdout).toContain("tradewind: attempt 1 ");
  });

  test("of what is no request", async () => {
    const { folder, request } = makeBench();
    const file = join(folder, "r.json");
    const run = async (content: string) => {
      writeFileSync(file, content);
      return startCommand([launcher, "launch", "--request", file], folder, {}).done;
    };
    expect(await run("{")).toMatchObject({ code: 64, stdout: expect.stringContaining("is not JSON") });
    expect(await run("[]")).toMatchObject({ code: 64 });
    expect(await run(JSON.stringify({ ...request(), proto: 2 }))).toMatchObject({
      code: 76,
      stdout: expect.stringContaining("install a newer tradewind"),
    });
    expect(await run(JSON.stringify({ ...request(), script: 7 }))).toMatchObject({
      code: 64,
      stdout: expect.stringContaining('"script" must be a string'),
    });
    expect(await run(JSON.stringify({ ...request(), store: { url: "relative" } }))).toMatchObject({
      code: 69,
      stdout: expect.stringContaining("absolute path"),
    });
    expect(await startCommand([launcher, "launch"], folder, {}).done).toMatchObject({
      code: 64,
      stdout: expect.stringContaining("TRADEWIND_PROTO"),
    });
    expect(await startCommand([launcher, "launch", "--wrong"], folder, {}).done).toMatchObject({
      code: 64,
      stdout: expect.stringContaining("--wrong"),
    });
    expect(await startCommand([launcher, "dance"], folder, {}).done).toMatchObject({ code: 64, stderr: expect.stringContaining("dance") });
    expect(await startCommand([launcher, "builtin", "pg_to_cvs"], folder, {}).done).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("pg_to_csv"),
    });
  });

  test("of a store that cannot be written", async () => {
    const bench = makeBench();
    writeFileSync(join(bench.folder, "file"), "");
    const ran = await startLauncher(launcher, bench.folder, bench.request({ store: { url: join(bench.folder, "file", "store") } })).done;
    expect(ran).toMatchObject({ code: 69, stderr: "" });
    expect(ran.stdout).not.toMatch(/\n {4}at /);
  });
});

test("the request can lie open in the environment", async () => {
  const { folder, store } = makeBench();
  const env = {
    TRADEWIND_PROTO: "1",
    TRADEWIND_DAG: "flights",
    TRADEWIND_RUN_ID: "scheduled__2026-01-01T00:00:00+00:00",
    TRADEWIND_TASK: "extract.flights",
    TRADEWIND_OPERATOR: "hello",
    TRADEWIND_OPERATOR_DIGEST: "0".repeat(64),
    TRADEWIND_SCRIPT: 'printf %s "$PARAM_WORDS" > "$OUTPUT_DATA"; env | grep -c AIRFLOW__ || true',
    TRADEWIND_PARAMS: '{"words": {"schema": {"type": "string"}}}',
    PARAM_WORDS: "some 'words'\n",
    TRADEWIND_OUTPUTS: '{"data": {"type": "text", "extension": ".txt"}}',
    TRADEWIND_LIMITS: '{"stage_time": 60, "grace": 5}',
    TRADEWIND_EFFECTS: "none",
    TRADEWIND_STORE: store,
    TRADEWIND_TRY: "1",
    TRADEWIND_MAX_TRIES: "0",
    TRADEWIND_RETRIES: "0",
    AIRFLOW__CORE__FERNET_KEY: "secret",
  };
  const ran = await startCommand([launcher, "launch"], folder, env).done;
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("0\n") });
  const result = readJson(join(store, "runs/flights/scheduled__2026-01-01T00%3A00%3A00%2B00%3A00/extract.flights/result.json"));
  expect(readFileSync(join(store, result.outputs.data?.key ?? ""), "utf8")).toBe("some 'words'\n");
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s cancels: nothing lives on, the attempt is on record", async (signal) => {
  const bench = makeBench();
  const script = "setsid sleep 300 & trap 'echo cleaning; exit 1' TERM; echo started; sleep 300 & wait";
  const running = startLauncher(launcher, bench.folder, bench.request({ script }));
  await until(() => running.stdout().includes("started"), "the script");
  running.child.kill(signal);
  expect(await running.done).toMatchObject({ code: 143, stdout: expect.stringContaining("cleaning") });
  expect(processesWith(bench.folder)).toEqual([]);
  expect(readJson(join(bench.store, task, "result.json"))).toMatchObject({ status: "cancelled", exit_code: 143 });
  expect(scratchOf(bench.folder)).toEqual([]);
});

test("on Airflow, a launcher whose task runner was killed stops by itself", async () => {
  const bench = makeBench();
  const file = join(bench.folder, "r.json");
  writeFileSync(file, JSON.stringify(bench.request({ script: "echo started; sleep 300" })));
  const runner = `const { spawn } = require("node:child_process");
    spawn(process.execPath, ${JSON.stringify([launcher, "launch", "--request", file])}, { stdio: "inherit", detached: true });`;
  const running = startCommand(["-e", runner], bench.folder, { AIRFLOW_CTX_DAG_ID: "flights" });
  await until(() => running.stdout().includes("started"), "the script");
  running.child.kill("SIGKILL");
  await until(() => processesWith(bench.folder).length === 0, "the launcher to stop", 8);
  const result = readJson(join(bench.store, task, "result.json"));
  expect(result).toMatchObject({ status: "cancelled", message: expect.stringContaining("Airflow's task runner") });
});

test("a closed stdout is survived: the work is finished and committed", async () => {
  const bench = makeBench();
  const script = 'for i in $(seq 50); do echo "line $i"; sleep 0.01; done; echo done > "$OUTPUT_DATA"';
  const running = startLauncher(launcher, bench.folder, bench.request({ script, outputs: { data: text } }));
  await until(() => running.stdout().includes("line 1"), "the first line");
  running.child.stdout?.destroy();
  running.child.stderr?.destroy();
  expect(await running.done).toMatchObject({ code: 0 });
  expect(readJson(join(bench.store, task, "result.json"))).toMatchObject({ status: "success" });
});

describe("kill -9 of the launcher", () => {
  test("while the script runs: the guard stops everything, and the next attempt succeeds", async () => {
    const bench = makeBench();
    const hang =
      "trap '' TERM; setsid bash -c 'trap \"\" TERM; sleep 300; sleep 300' & (sleep 300; sleep 300) & echo started; while :; do sleep 300; done";
    const request = bench.request({ script: hang, limits: { stage_time: 60, grace: 1 }, outputs: { data: text } });
    const running = startLauncher(launcher, bench.folder, request);
    await until(() => running.stdout().includes("started"), "the script");
    await until(() => processesWith(bench.folder).length > 3, "its children");
    running.child.kill("SIGKILL");
    await running.done;
    await until(() => processesWith(bench.folder).length === 0, "the guard to stop all", 6);
    await until(() => scratchOf(bench.folder).length === 0, "the guard to remove the scratch folder", 6);
    expect(filesUnder(join(bench.store, task))).toEqual(["attempt-1/request.json"]);
    const again = await startLauncher(
      launcher,
      bench.folder,
      bench.request({ script: 'echo ok > "$OUTPUT_DATA"', outputs: { data: text } }),
    ).done;
    expect(again.code).toBe(0);
    expect(readJson(join(bench.store, task, "result.json"))).toMatchObject({ status: "success", attempt: 2 });
  });

  test("after the guard was killed too: another has taken its place", async () => {
    const bench = makeBench();
    const running = startLauncher(launcher, bench.folder, bench.request({ script: "echo started; sleep 300" }));
    await until(() => running.stdout().includes("started"), "the script");
    const guardOf = (): number | undefined => childrenOf(running.child.pid ?? 0).find(isGuard);
    const first = guardOf() ?? 0;
    expect(first).toBeGreaterThan(1);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    process.kill(first, "SIGKILL");
    await until(() => guardOf() !== undefined && guardOf() !== first, "another guard");
    // It can be seen a moment before it has been told.
    await new Promise((resolve) => setTimeout(resolve, 500));
    running.child.kill("SIGKILL");
    await running.done;
    await until(() => processesWith(bench.folder).length === 0, "the guard to stop all", 6);
    await until(() => scratchOf(bench.folder).length === 0, "the guard to remove the scratch folder", 6);
  });

  test("at any moment: no half result is ever read, nothing lives on, the next attempt succeeds", async () => {
    const bench = makeBench();
    const request = bench.request({
      script: 'sleep 300 & head -c 300000 /dev/zero > "$OUTPUT_DATA"; kill $!',
      outputs: { data: text },
      cache: { read: false, fresh: false, reads: false },
      limits: { stage_time: 60, grace: 1 },
    });
    // The shorter of two whole runs: on a busy machine one alone may be so slow that most kills come too late.
    let duration = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 2; round++) {
      const before = Date.now();
      expect((await startLauncher(launcher, bench.folder, request).done).code).toBe(0);
      duration = Math.min(duration, Date.now() - before);
    }
    let killed = 0;
    for (let round = 0; round < 14; round++) {
      const running = startLauncher(launcher, bench.folder, request);
      const at = duration * (0.2 + (0.7 * round) / 14);
      const timer = setTimeout(() => running.child.kill("SIGKILL"), at);
      if ((await running.done).signal === "SIGKILL") killed++;
      clearTimeout(timer);
      const pointer = readJson(join(bench.store, task, "result.json"));
      expect(pointer).toMatchObject({ status: "success", outputs: { data: { size: 300_000 } } });
      expect(readFileSync(join(bench.store, pointer.outputs.data?.key ?? "")).length).toBe(300_000);
    }
    expect(killed).toBeGreaterThan(3);
    await until(() => processesWith(bench.folder).length === 0, "the guards to stop all", 6);
    expect((await startLauncher(launcher, bench.folder, request).done).code).toBe(0);
    expect(readJson(join(bench.store, task, "result.json"))).toMatchObject({ status: "success", attempt: attemptsOf(bench.store).length });
    await until(() => scratchOf(bench.folder).length === 0, "the guards to remove the scratch folders", 6);
  }, 30_000);
});

test("two launchers of one task at once have attempts of their own, and the newer one is what is read", async () => {
  const bench = makeBench();
  const request = bench.request({
    script: 'sleep 0.$((RANDOM % 3)); echo $$ > "$OUTPUT_DATA"',
    outputs: { data: text },
    cache: { read: false, fresh: false, reads: false },
  });
  const ran = await Promise.all(Array.from({ length: 5 }, () => startLauncher(launcher, bench.folder, request).done));
  // Who was overtaken ends as cancelled.
  expect([...new Set(ran.map(({ code }) => code))].filter((code) => code !== 143)).toEqual([0]);
  expect(attemptsOf(bench.store)).toEqual([1, 2, 3, 4, 5].map((n) => `attempt-${n}`));
  for (const n of [1, 2, 3, 4, 5]) expect(readJson(join(bench.store, task, `attempt-${n}`, "result.json")).attempt).toBe(n);
  expect(readJson(join(bench.store, task, "result.json"))).toMatchObject({ status: "success", attempt: 5 });
});

test("a password is in no file and on no terminal, whatever form a script prints it in", async () => {
  const bench = makeBench();
  const password = 'canary/p@ss+wo:rd%"x é';
  const uri = `postgres://user:${encodeURIComponent(password)}@db:5432/dwh?sslkey=a&secret_token=canary-token-77`;
  const script = `
    test -n "$AIRFLOW_CONN_DWH" && echo "$AIRFLOW_CONN_DWH" >&2
    node -e '
      const url = new URL(process.env.AIRFLOW_CONN_DWH);
      const password = decodeURIComponent(url.password);
      console.log(password, JSON.stringify(password), encodeURIComponent(password), url.password.toLowerCase());
      console.log(Buffer.from(password).toString("base64"), Buffer.from("user:" + password).toString("base64"), url.searchParams.get("secret_token"));
      process.stdout.write("split " + password.slice(0, 9)); setTimeout(() => console.log(password.slice(9)), 50);
    '
    env | grep -c ^TRADEWIND_SECRET || true
    echo "$PARAM_DSN"; exit 4`;
  const request = bench.request({ script, connections: ["dwh"], params: { dsn: { value: `dsn ${password}`, schema: {} } } });
  const ran = await startLauncher(launcher, bench.folder, request, { TRADEWIND_SECRET_CONN_DWH: uri }).done;
  expect(ran.code).toBe(4);
  expect(ran.stdout).toContain("split ***");
  expect(ran.stdout).toContain("dsn ***");
  expect(ran.stdout).toContain("\n0\n");
  const forms = ["canary", encodeURIComponent(password).slice(0, 12), Buffer.from(password).toString("base64").slice(0, 12)];
  for (const form of forms) {
    expect(ran.stdout + ran.stderr).not.toContain(form);
    expect(anyFileHolds(bench.store, form)).toBeUndefined();
  }
});

test("a connection that is missing is named", async () => {
  const bench = makeBench();
  const ran = await startLauncher(launcher, bench.folder, bench.request({ connections: ["dwh"] })).done;
  expect(ran).toMatchObject({ code: 68, stdout: expect.stringContaining('connection "dwh" is not there: set AIRFLOW_CONN_DWH') });
});

test("where no home can be written, the cache is beside the scratch folders", async () => {
  const bench = makeBench();
  const request = bench.request({ script: "command -v tradewind" });
  const ran = await startLauncher(launcher, bench.folder, request, { XDG_CACHE_HOME: "", HOME: "/dev/null" }).done;
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(`${bench.folder}/tradewind-`) });
});

test("built-ins find tradewind on PATH", async () => {
  const bench = makeBench();
  const ran = await startLauncher(launcher, bench.folder, bench.request({ script: "exec tradewind builtin no_such" })).done;
  expect(ran).toMatchObject({ code: 64, stdout: expect.stringContaining('no built-in operator "no_such"') });
});

function attemptsOf(store: string): string[] {
  const names = readdirSync(join(store, task)).filter((name) => name.startsWith("attempt-"));
  return names.sort((a, b) => Number(a.slice(8)) - Number(b.slice(8)));
}

/** What launchers left in their scratch folders. */
function scratchOf(folder: string): string[] {
  const work = readdirSync(folder).find((name) => name.startsWith("tradewind-"));
  return work !== undefined && existsSync(join(folder, work)) ? readdirSync(join(folder, work)) : [];
}
