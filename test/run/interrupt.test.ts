/** Runs that are stopped, killed, or not alone: with the real program and real processes. */
import { beforeAll, expect, test } from "vitest";
import { makeFolder, writeFiles } from "../workspace/temporary.ts";
import { expectNoHalfArtifacts, expectNoSurvivors, killOnce, listRuns, slowWorkspace, survivors } from "./kills.ts";
import { buildProgram, runProgram, startProgram } from "./program.ts";

let bin: string;
beforeAll(async () => {
  bin = await buildProgram();
}, 60_000);

const pipeline = (tasks: string) => `dag: { name: slow, schedule: null, start_date: 2026-01-01 }\ntasks:\n${tasks}`;

async function until(done: () => boolean | Promise<boolean>, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`not so after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Both scripts run, each with children of its own. */
const busy = (root: string) => until(() => survivors(root).length >= 7, 20);

test("Ctrl-C stops every child and leaves a run that goes on where it was", async () => {
  const root = makeFolder(slowWorkspace);
  const tasks = (time: number) => `  a: { operator_type: slow, time: 0.05 }
  b: { operator_type: slow, time: ${time}, inputs: { data: a } }
  c: { operator_type: slow, time: ${time + 1}, inputs: { data: a } }
  d: { operator_type: load, inputs: { data: b } }
`;
  writeFiles(root, { "pipelines/slow.yaml": pipeline(tasks(100)) });
  const { child, ended } = startProgram(bin, root, ["run", "slow", "--format", "json"]);
  await busy(root);
  child.kill("SIGINT");
  const { code, stdout, stderr } = await ended;
  expect(stderr).toContain("stopping what runs");
  expect(code).toBe(130);
  await expectNoSurvivors(root, 1);
  const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  expect(last).toMatchObject({ event: "run-end", run: { state: "cancelled" } });
  expect(last.run.tasks).toMatchObject({
    a: { state: "success" },
    b: { state: "cancelled" },
    c: { state: "cancelled" },
    d: { state: "waiting" },
  });
  expectNoHalfArtifacts(root);
  writeFiles(root, { "pipelines/slow.yaml": pipeline(tasks(0.1)) });
  expect(await runProgram(bin, root, ["run", "slow"])).toMatchObject({ code: 0, stdout: expect.stringContaining("3 ran, 1 cached") });
  await expectNoSurvivors(root, 1);
}, 60_000);

test("a script that will not hear TERM is killed after its grace, or at the second Ctrl-C", async () => {
  const root = makeFolder(slowWorkspace);
  writeFiles(root, {
    "pipelines/slow.yaml": pipeline("  a: { operator_type: slow, stubborn: true }\n  b: { operator_type: slow, stubborn: true }\n"),
  });
  const run = async (signals: number) => {
    const { child, ended } = startProgram(bin, root, ["run", "slow"]);
    await busy(root);
    // The trap is the first thing that the script does; its children come after.
    const began = Date.now();
    for (let n = 0; n < signals; n++) {
      child.kill("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(await ended).toMatchObject({ code: 130 });
    await expectNoSurvivors(root, 1);
    return (Date.now() - began) / 1000;
  };
  expect(await run(1)).toBeGreaterThan(2.5);
  expect(await run(2)).toBeLessThan(2.5);
}, 60_000);

test("kill -9 of the runner at any moment, then run again", async () => {
  const root = makeFolder(slowWorkspace);
  // Before it begins, while it starts, and in every part of the run.
  for (const delay of [20, 180, 260, 340, 450, 600]) await killOnce(bin, root, delay + Math.random() * 60);
  const states = (await listRuns(bin, root)).map((run) => run.state);
  expect(states.filter((state) => state === "success").length).toBeGreaterThanOrEqual(6);
}, 120_000);

test("two runs at once in one workspace", async () => {
  const root = makeFolder(slowWorkspace);
  const both = await Promise.all([runProgram(bin, root, ["run", "slow"]), runProgram(bin, root, ["run", "slow", "--no-cache"])]);
  expect(both.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
    { code: 0, stderr: "" },
    { code: 0, stderr: "" },
  ]);
  const runs = await listRuns(bin, root);
  expect(new Set(runs.map((run) => run.run_id)).size).toBe(2);
  expect(runs.map((run) => run.state)).toEqual(["success", "success"]);
  expectNoHalfArtifacts(root);
  await expectNoSurvivors(root, 1);
}, 60_000);
