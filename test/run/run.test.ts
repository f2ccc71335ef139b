/** Whole runs with real processes. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { readRunRecord } from "../../src/run/record.ts";
import { createFolderStore } from "../../src/storage/folder.ts";
import { makeFolder } from "../workspace/temporary.ts";
import { outcomes, plan, runPlan, task, tryRunPlan } from "./plans.ts";

vi.setConfig({ testTimeout: 30_000 });

const chain = (log: string) =>
  plan([
    task({ id: "extract", script: `echo extract >> ${log}; printf 'a\\nb\\n' > "$OUTPUT_DATA"`, makes: ["data"] }),
    task({
      id: "score",
      script: `echo score >> ${log}; rev "$INPUT_DATA" > "$OUTPUT_SCORES"`,
      reads: { data: "extract:data" },
      makes: ["scores"],
    }),
    task({ id: "load", script: `echo load >> ${log}; cp "$INPUT_DATA" ${log}.loaded`, reads: { data: "score:scores" } }),
  ]);

const lines = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : []);

describe("a run", () => {
  test("runs tasks in order, hands artifacts on, and records it", async () => {
    const root = makeFolder();
    const log = join(root, "log");
    const { record, events } = await runPlan(root, chain(log));
    expect(record.state).toBe("success");
    expect(outcomes(record)).toEqual({ extract: "success", score: "success", load: "success" });
    expect(lines(log)).toEqual(["extract", "score", "load"]);
    expect(readFileSync(`${log}.loaded`, "utf8")).toBe("a\nb\n");
    expect(await readRunRecord("p", record.run_id, createFolderStore(join(root, ".tradewind/store")))).toEqual(record);
    expect(events[0]?.event).toBe("run-start");
    expect(events.at(-1)).toMatchObject({ event: "run-end", run: record });
    expect(readdirSync(join(root, ".tradewind/live"))).toEqual([]);
    expect(readdirSync(join(root, ".tradewind/work"))).toEqual([]);
  });

  test("again: what is unchanged is a cache hit, loads run again", async () => {
    const root = makeFolder();
    const log = join(root, "log");
    const first = await runPlan(root, chain(log));
    const second = await runPlan(root, chain(log));
    expect(second.record.run_id).not.toBe(first.record.run_id);
    expect(outcomes(second.record)).toEqual({ extract: "cached", score: "cached", load: "success" });
    expect(second.record.tasks.extract?.taken_from).toBe(first.record.run_id);
    expect(lines(log)).toEqual(["extract", "score", "load", "load"]);
  });

  test("--no-cache does everything again, --fresh one task", async () => {
    const root = makeFolder();
    const log = join(root, "log");
    await runPlan(root, chain(log));
    const fresh = await runPlan(root, chain(log), { select: { fresh: ["score"] } });
    expect(outcomes(fresh.record)).toEqual({ extract: "cached", score: "success", load: "success" });
    const all = await runPlan(root, chain(log), { cache: false });
    expect(outcomes(all.record)).toEqual({ extract: "success", score: "success", load: "success" });
  });

  test("a failure stops what is below it and nothing else; run again goes on from there", async () => {
    const root = makeFolder();
    const switchFile = join(root, "mended");
    const made = plan([
      task({ id: "a", script: 'echo 1 > "$OUTPUT_X"', makes: ["x"] }),
      task({
        id: "b",
        script: `test -e ${switchFile} || { echo no switch >&2; exit 3; }; cp "$INPUT_X" "$OUTPUT_Y"`,
        reads: { x: "a:x" },
        makes: ["y"],
      }),
      task({ id: "c", script: "true", reads: { y: "b:y" } }),
      task({ id: "d", script: "true", upstream: ["c"], trigger_rule: "all_done" }),
      task({ id: "e", script: "true", upstream: ["a"] }),
    ]);
    const failed = await runPlan(root, made);
    expect(outcomes(failed.record)).toEqual({ a: "success", b: "failed", c: "upstream_failed", d: "success", e: "success" });
    expect(failed.record.tasks.b).toMatchObject({ reason: "exit", attempts: 1 });
    writeFileSync(switchFile, "");
    const { record } = await runPlan(root, made);
    expect(outcomes(record)).toEqual({ a: "cached", b: "success", c: "success", d: "success", e: "success" });
    expect(record.state).toBe("success");
  });

  test("a script that exits with 99 is skipped, and what is below it too", async () => {
    const root = makeFolder();
    const made = plan([
      task({ id: "a", script: "exit 99" }),
      task({ id: "b", script: "true", upstream: ["a"] }),
      task({ id: "c", script: "true", upstream: ["b"], trigger_rule: "none_failed" }),
    ]);
    const { record } = await runPlan(root, made);
    expect(outcomes(record)).toEqual({ a: "skipped", b: "skipped", c: "success" });
    expect(record.state).toBe("success");
  });

  test("retries as declared", async () => {
    const root = makeFolder();
    const counter = join(root, "count");
    const script = `echo x >> ${counter}; test "$(wc -l < ${counter})" -ge 3`;
    const { record, events } = await runPlan(root, plan([task({ id: "a", script, retries: 2, retry_delay: 0.05 })]));
    expect(record.tasks.a).toMatchObject({ state: "success", attempts: 3, attempt: 3 });
    const states = events.flatMap((event) => (event.event === "task" ? [event.record.state] : []));
    expect(states).toEqual(["running", "up_for_retry", "waiting", "running", "up_for_retry", "waiting", "running", "success"]);
    const often = await runPlan(root, plan([task({ id: "b", script: "exit 1", retries: 1 })]));
    expect(often.record.tasks.b).toMatchObject({ state: "failed", attempts: 2 });
    expect(often.record.state).toBe("failed");
  });

  test("a task over its time fails, its children too", async () => {
    const root = makeFolder();
    const { record } = await runPlan(root, plan([task({ id: "a", script: "sleep 100 & sleep 100", execution_time: 0.3, grace: 0.2 })]));
    expect(record.tasks.a).toMatchObject({ state: "failed", reason: "timeout" });
  });

  test("execution_timeout limits the whole task, and is a failure that is tried again", async () => {
    const root = makeFolder();
    const { record } = await runPlan(root, plan([task({ id: "a", script: "sleep 100", execution_timeout: 0.3, retries: 1, grace: 0.2 })]));
    expect(record.tasks.a).toMatchObject({
      state: "failed",
      reason: "timeout",
      attempts: 2,
      message: expect.stringContaining("execution_timeout of 0.3 s"),
    });
    expect(record.state).toBe("failed");
  });

  test("nobody waits for an hour between two tries", async () => {
    const root = makeFolder();
    const began = Date.now();
    await runPlan(root, plan([task({ id: "a", script: "exit 1", retries: 1, retry_delay: 3600 })]));
    expect(Date.now() - began).toBeGreaterThanOrEqual(5000);
    expect(Date.now() - began).toBeLessThan(15_000);
  });

  test("what it leaves is hidden from git, and a store that cannot be written is one sentence", async () => {
    const root = makeFolder();
    await runPlan(root, plan([task({ id: "a", script: "true" })]));
    expect(readFileSync(join(root, ".tradewind/.gitignore"), "utf8")).toBe("*\n");
    const blocked = makeFolder({ ".tradewind/store": "a file where the store should be" });
    await expect(runPlan(blocked, plan([task({ id: "a", script: "true" })]))).rejects.toMatchObject({
      name: "StoreError",
      message: expect.stringContaining(".tradewind/store"),
    });
  });

  test("Airflow's own operators are not run here, unless there is a local script", async () => {
    const root = makeFolder();
    const sensor = { ...task({ id: "wait", script: "" }), kind: "airflow" as const, class_path: "airflow.x.Sensor", arguments: {} };
    const { job: _, params: __, inputs: ___, outputs: ____, connections: _____, effects: ______, engine: _______, ...airflow } = sensor;
    const made = plan([
      airflow,
      { ...airflow, id: "stand_in", local: `touch ${root}/stood-in` },
      task({ id: "b", script: "true", upstream: ["wait", "stand_in"] }),
    ]);
    const { record } = await runPlan(root, made);
    expect(outcomes(record)).toEqual({ wait: "not_run_here", stand_in: "success", b: "success" });
    expect(existsSync(join(root, "stood-in"))).toBe(true);
  });

  test("independent tasks run at once, as far as there are cores", async () => {
    const root = makeFolder();
    // Each waits for the other: alone, neither ends.
    const meet = (own: string, other: string) => `touch ${root}/${own}; until test -e ${root}/${other}; do sleep 0.02; done`;
    const made = plan([
      task({ id: "a", script: meet("a", "b"), execution_time: 20 }),
      task({ id: "b", script: meet("b", "a"), execution_time: 20 }),
    ]);
    expect((await runPlan(root, made, { capacity: { cpu: 2, memory: 0 } })).record.state).toBe("success");
    const big = plan([
      task({ id: "c", script: `mkdir ${root}/lock && sleep 0.2 && rmdir ${root}/lock`, flavor: { name: "big", cpu: 8 } }),
      task({ id: "d", script: `mkdir ${root}/lock && sleep 0.2 && rmdir ${root}/lock` }),
    ]);
    const alone = await runPlan(root, big, { capacity: { cpu: 2, memory: 0 } });
    expect(alone.record.state).toBe("success");
    expect(alone.events).toContainEqual(
      expect.objectContaining({ event: "warning", task: "c", message: expect.stringContaining("8 cores") }),
    );
  });
});

test("a try that may use more memory holds more of the machine's", async () => {
  const root = makeFolder();
  const hog = `python3 -c 'b = bytearray(b"x" * 80000000)'`;
  const made = plan([
    task({ id: "grows", script: hog, retries: 1, flavor: { name: "f", cpu: 1, memory: 100e6, memory_max: 400e6 } }),
    task({ id: "beside", script: "sleep 3", flavor: { name: "g", cpu: 1, memory: 100e6 } }),
  ]);
  const { record, events } = await runPlan(root, made, { capacity: { cpu: 2, memory: 250e6 } });
  expect(outcomes(record)).toEqual({ grows: "success", beside: "success" });
  expect(record.tasks.grows?.attempts).toBe(2);
  const states = events.flatMap((event) => (event.event === "task" ? [`${event.task} ${event.record.state}`] : []));
  // It would fit beside the other with what it had at first.
  expect(states.lastIndexOf("grows running")).toBeGreaterThan(states.indexOf("beside success"));
  expect(states.indexOf("grows up_for_retry")).toBeLessThan(states.indexOf("beside success"));
});

describe("a part of a pipeline", () => {
  test("--to runs a task and what it needs", async () => {
    const root = makeFolder();
    const { record } = await runPlan(root, chain(join(root, "log")), { select: { to: ["score"] } });
    expect(outcomes(record)).toEqual({ extract: "success", score: "success", load: "not_selected" });
    expect(record.state).toBe("success");
  });

  test("--only and --from take what earlier runs of that date made", async () => {
    const root = makeFolder();
    const log = join(root, "log");
    const first = await runPlan(root, chain(log));
    const only = await runPlan(root, chain(log), { select: { only: ["load"] } });
    expect(outcomes(only.record)).toEqual({ extract: "not_selected", score: "not_selected", load: "success" });
    expect(only.record.tasks.score?.taken_from).toBe(first.record.run_id);
    const from = await runPlan(root, chain(log), { select: { from: ["score"] }, cache: false });
    expect(outcomes(from.record)).toEqual({ extract: "not_selected", score: "success", load: "success" });
    expect(lines(log)).toEqual(["extract", "score", "load", "load", "score", "load"]);
  });

  test("what another date made is used with a warning", async () => {
    const root = makeFolder();
    const log = join(root, "log");
    await runPlan(root, chain(log));
    const logical_date = "2026-02-01T00:00:00+00:00";
    const other = { logical_date, data_interval_start: logical_date, data_interval_end: "2026-02-02T00:00:00+00:00" };
    const { events } = await runPlan(root, chain(log), { select: { only: ["load"] }, dates: other });
    expect(events).toContainEqual(expect.objectContaining({ event: "warning", message: expect.stringContaining("another date") }));
  });

  test("what nobody has made is said before anything runs", async () => {
    const root = makeFolder();
    const done = await tryRunPlan(root, chain(join(root, "log")), { select: { only: ["load"] } });
    expect(done).toEqual({ problems: ["task load reads what score makes, and no run has made it yet: run score too (--from score)"] });
    expect(existsSync(join(root, ".tradewind/store/runs"))).toBe(false);
  });

  test("an unknown task is named with the nearest", async () => {
    const root = makeFolder();
    const problems = async (select: object) => {
      const done = await tryRunPlan(root, chain("log"), { select });
      return "problems" in done ? done.problems : [];
    };
    expect(await problems({ from: ["scor"] })).toEqual(['pipeline p has no task or group "scor"; did you mean "score"?']);
    expect(await problems({ only: ["load"], to: ["score"] })).toEqual(["--only names the tasks to run; --from and --to do not go with it"]);
    expect(await problems({ from: ["load"], to: ["extract"] })).toEqual(["no task lies between load and extract"]);
  });
});

describe("before anything runs", () => {
  test("a missing connection is named with the variable to set", async () => {
    const root = makeFolder();
    const made = plan([task({ id: "a", script: "true", connections: ["dwh"] }), task({ id: "b", script: "true", connections: ["dwh"] })]);
    expect(await tryRunPlan(root, made, { env: { PATH: process.env.PATH } })).toEqual({
      problems: [
        'connection "dwh" (a, b) is not there: set AIRFLOW_CONN_DWH in the environment or in .env, as a URI like postgresql://user:password@host:5432/database',
      ],
    });
    const env = { PATH: process.env.PATH, AIRFLOW_CONN_DWH: "sqlite://x" };
    expect((await runPlan(root, made, { env })).record.state).toBe("success");
  });

  test("run parameters are read by their schema", async () => {
    const root = makeFolder();
    const made = plan([task({ id: "a", script: "true" })]);
    const withParams = {
      ...made,
      dag: { ...made.dag, params: { days: { type: "integer" as const, minimum: 1, default: 1 }, mode: { type: "string" as const } } },
    };
    const problems = async (params: Record<string, string>) => {
      const done = await tryRunPlan(root, withParams, { params });
      return "problems" in done ? done.problems : done.record.params;
    };
    expect(await problems({ mode: "full" })).toEqual({ days: 1, mode: "full" });
    expect(await problems({ mode: "7", days: "7" })).toEqual({ days: 7, mode: "7" });
    expect(await problems({})).toEqual(["run parameter mode has no default: give it by --param mode=VALUE"]);
    expect(await problems({ mode: "x", dais: "3" })).toEqual(['pipeline p has no run parameter "dais"; did you mean "days"?']);
    expect(await problems({ mode: "x", days: "0" })).toEqual([expect.stringContaining("--param days=0: ")]);
    expect(await problems({ mode: "x", days: "many" })).toEqual([expect.stringContaining("--param days=many: ")]);
  });
});
