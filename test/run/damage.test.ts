/** Files that a run leaves, damaged by bad luck or by hand: never a crash, never a wrong answer. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { newestRuns } from "../../src/run/find-run.ts";
import { createFolderStore } from "../../src/storage/folder.ts";
import { makeFolder } from "../workspace/temporary.ts";
import { outcomes, plan, runPlan, task, tryRunPlan } from "./plans.ts";

vi.setConfig({ testTimeout: 30_000 });

const two = plan([
  task({ id: "run.json", script: 'echo a > "$OUTPUT_DATA"', makes: ["data"] }),
  task({ id: "use", script: 'cat "$INPUT_DATA"', reads: { data: "run.json:data" } }),
]);

test("a task may be called like anything that a run keeps", async () => {
  const root = makeFolder();
  const names = ["run.json", "result.json", "attempt-1", "request", "run"];
  const { record } = await runPlan(root, plan(names.map((id) => task({ id, script: "true" }))));
  expect(Object.values(outcomes(record))).toEqual(names.map(() => "success"));
  const [{ run: listed } = { run: undefined }] = await newestRuns([createFolderStore(join(root, ".tradewind/store"))], 20);
  expect(listed).toMatchObject({ engine: "local", state: "success", tasks: record.tasks });
});

test("a damaged record leaves what the tasks' own results say", async () => {
  const root = makeFolder();
  const { record } = await runPlan(root, two);
  const store = createFolderStore(join(root, ".tradewind/store"));
  const place = join(root, ".tradewind/store/runs/p", record.run_id, "0-run.json");
  const changes = [
    { tasks: null },
    { tasks: [] },
    { tasks: { use: null } },
    { state: 7 },
    { state: "running", runner: undefined },
    { started: 5 },
    { ended: "soon" },
  ];
  const contents = ["", "{", "null", "[]", "\0", '{"proto":2}', ...changes.map((change) => JSON.stringify({ ...record, ...change }))];
  for (const content of contents) {
    writeFileSync(place, content);
    const [{ run: listed } = { run: undefined }] = await newestRuns([store], 20);
    expect(listed, content).toMatchObject({ engine: "airflow", state: "success", run_id: record.run_id });
    expect(Object.keys(listed?.tasks ?? {})).toEqual(["run.json", "use"]);
  }
});

test("what somebody put beside the runs is no run's business", async () => {
  const root = makeFolder();
  const { record } = await runPlan(root, two);
  const runs = join(root, ".tradewind/store/runs");
  for (const name of ["%zz", "p/%e0%a4", "p/a b", "p/.hidden", `p/${record.run_id}/%f`]) mkdirSync(join(runs, name));
  for (const name of ["x", "p/.DS_Store"]) writeFileSync(join(runs, name), "");
  const listed = (await newestRuns([createFolderStore(join(root, ".tradewind/store"))], 20)).map(({ run }) => run);
  expect(listed).toContainEqual(expect.objectContaining({ run_id: record.run_id, state: "success" }));
  expect((await runPlan(root, two, { select: { only: ["use"] } })).record.state).toBe("success");
});

test("a damaged pointer is as if the task had never run", async () => {
  const root = makeFolder();
  const { record } = await runPlan(root, two);
  const place = join(root, ".tradewind/store/runs/p", record.run_id, "run.json/result.json");
  for (const content of ["{", '{"proto":1,"outputs":{"data":null},"attempt":1,"status":"success"}']) {
    writeFileSync(place, content);
    const again = await tryRunPlan(root, two, { select: { only: ["use"] } });
    expect(again).toEqual({ problems: [expect.stringContaining("no run has made it yet")] });
  }
});

test("an artifact that has lost a file is not taken from an earlier run", async () => {
  const root = makeFolder();
  const folder = task({ id: "make", script: 'mkdir "$OUTPUT_DATA"; echo 1 > "$OUTPUT_DATA/a"; echo 2 > "$OUTPUT_DATA/b"' });
  const made = plan([
    { ...folder, effects: "none", outputs: { data: { type: "dir", extension: "", dir: true } } },
    {
      ...task({ id: "use", script: 'ls "$INPUT_DATA"', reads: { data: "make:data" } }),
      inputs: { data: { types: ["dir"], optional: false, many: false, sources: [{ kind: "task", task: "make", port: "data" }] } },
    },
  ]);
  const { record } = await runPlan(root, made);
  rmSync(join(root, ".tradewind/store/runs/p", record.run_id, "make/attempt-1/data/b"));
  const again = await tryRunPlan(root, made, { select: { only: ["use"] } });
  expect(again).toEqual({ problems: [expect.stringContaining("no run has made it yet")] });
});

test("notes of runners: what is none is thrown away", async () => {
  const root = makeFolder();
  const live = join(root, ".tradewind/live");
  mkdirSync(join(live, "folder.json"), { recursive: true });
  const runner = { host: hostname(), pid: 999_999_999 };
  const notes = ["", "{", "null", "{}", '{"runner":{"host":5,"pid":"x"},"work":7}', JSON.stringify({ runner, work: "/", store: "x" })];
  for (const [index, note] of notes.entries()) writeFileSync(join(live, `${index}.json`), note);
  expect((await runPlan(root, two)).record.state).toBe("success");
  expect(readdirSync(live)).toEqual([]);
});

test("a dead runner's script that still writes is no reason not to run", async () => {
  const root = makeFolder();
  const { record } = await runPlan(root, two);
  const work = join(root, ".tradewind/work/run-dead");
  mkdirSync(work);
  const runner = { host: hostname(), pid: 999_999_999 };
  const note = { runner, store: { url: join(root, ".tradewind/store") }, dag_id: "p", run_id: record.run_id, work };
  writeFileSync(join(root, ".tradewind/live/run-dead.json"), JSON.stringify(note));
  const script = `const { writeFileSync, mkdirSync } = require("node:fs");
    for (let n = 0, end = Date.now() + 3000; Date.now() < end; n++) {
      try { mkdirSync(${JSON.stringify(work)}, { recursive: true }); writeFileSync(${JSON.stringify(work)} + "/" + n, ""); } catch {}
    }`;
  const writer = spawn(process.execPath, ["-e", script]);
  try {
    for (let n = 0; n < 5; n++) expect((await runPlan(root, two)).record.state).toBe("success");
  } finally {
    await new Promise((resolve) => writer.once("exit", resolve));
  }
  await runPlan(root, two);
  expect(readdirSync(join(root, ".tradewind/live"))).toEqual([]);
});
