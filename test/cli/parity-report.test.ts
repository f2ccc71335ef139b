import { expect, test } from "vitest";
import { describeParity, parityJson } from "../../src/cli/parity-report.ts";
import { encodeManifest } from "../../src/launch/folder-artifact.ts";
import type { Json } from "../../src/protocol/json.ts";
import type { Request } from "../../src/protocol/request.ts";
import type { Artifact, Result } from "../../src/protocol/result.ts";
import { compareOutcomes } from "../../src/run/parity/compare.ts";
import type { Outcome, TaskOutcome } from "../../src/run/parity/outcome.ts";
import { createMemoryStore } from "../../src/storage/memory.ts";
import type { Store } from "../../src/storage/store.ts";
import { makeJob, makePlan, makeTask } from "../pipeline/emit/plans.ts";

const plan = makePlan(["first", "second", "third"].map((id) => makeTask(id, { job: makeJob({ script: "true" }), effects: "none" })));

interface Made {
  readonly state?: string;
  readonly params?: { readonly [name: string]: Json };
  readonly outputs?: { readonly [port: string]: Artifact };
  readonly message?: string;
}

function outcome(place: string, store: Store, tasks: { readonly [task: string]: Made }, more: Partial<Outcome> = {}): Outcome {
  const made = Object.entries(tasks).map(([task, { state = "success", params = {}, outputs = {}, message }]): [string, TaskOutcome] => {
    const request = { params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { value, schema: {} }])) };
    const result = { attempt: 1, outputs, ...(message !== undefined && { message }) };
    return [task, { state, request: request as Request, result: result as Result }];
  });
  const said = async () => ["nobody said it"];
  return { place, run_id: `${place}-run`, state: "success", logical_date: "x", store, tasks: Object.fromEntries(made), said, ...more };
}

async function artifact(store: Store, key: string, text: string, facts: Partial<Artifact> = {}): Promise<Artifact> {
  const bytes = new TextEncoder().encode(text);
  await store.put(key, bytes);
  return { key, sha256: `${key}${text}`.padEnd(64, "0"), size: bytes.length, type: "text", extension: ".txt", dir: false, ...facts };
}

async function report(here: Outcome, there: Outcome): Promise<string> {
  return (await describeParity(plan, compareOutcomes(plan, here, there), here, there, (_, text) => text)).join("\n");
}

test("the same: what was looked at, and what was not", async () => {
  const store = createMemoryStore();
  const tasks = { first: { params: { a: 1 } }, second: { state: "skipped" }, third: { state: "not_run_here" } };
  const there = { ...tasks, third: { state: "success" } };
  expect(await report(outcome("here", store, tasks), outcome("Airflow 3", store, there))).toBe(
    [
      "not compared, since only Airflow runs them: third",
      `${plan.dag.dag_id} the same: here and Airflow 3, 2 tasks, 1 parameter, 0 artifacts compared`,
      "here   here-run success",
      "there  Airflow 3-run success",
    ].join("\n"),
  );
});

test("a parameter: both values; the run's own id is no difference", async () => {
  const store = createMemoryStore();
  const here = outcome("here", store, { first: { params: { id: "x-here-run", day: { d: ["2026-01-01"] } } } });
  const there = outcome("there", store, { first: { params: { id: "x-there-run", day: { d: ["2026-01-02"] }, more: null } } });
  const text = await report(here, there);
  expect(text).toContain(
    '✗ first, parameter day has another value after rendering\n    here   {"d":["2026-01-01"]}\n    there  {"d":["2026-01-02"]}\n',
  );
  expect(text).toContain("\nalso  first, parameter more  another value\n");
  expect(text).not.toContain("parameter id");
});

test("a state: why, and both logs, Airflow's where the launcher left none", async () => {
  const store = createMemoryStore();
  const log = `${Array.from({ length: 60 }, (_, n) => JSON.stringify({ at: "", event: "log", stream: "stdout", line: `line ${n}` })).join("\n")}\n{tor`;
  await store.put(`runs/${plan.dag.dag_id}/here-run/first/attempt-1/log.ndjson`, new TextEncoder().encode(log));
  const here = outcome("here", store, { first: { state: "failed", message: "exit code 3" }, second: { state: "upstream_failed" } });
  const { logical_date: _, ...there } = outcome("Airflow 3.3.2", store, { second: {} });
  const text = await report(here, { ...there, tasks: { first: { state: "success" }, ...there.tasks } });
  expect(text).toContain("✗ first is failed here and success on Airflow 3.3.2\n    here   exit code 3\n    that run has no logical date");
  expect(text).toContain("  log here (here), the last 40 of 60 lines\n    │ line 20\n");
  expect(text).toContain("  log there (Airflow 3.3.2)\n    │ nobody said it\n\nalso  second  upstream_failed here, success there\n");
});

test("artifacts: made on one side only, another file of a folder, rows, contents that are gone", async () => {
  const [mine, theirs] = [createMemoryStore(), createMemoryStore()];
  const files = (text: string) => encodeManifest([{ path: "in/day.csv", sha256: text.padEnd(64, "0"), size: 4 }]);
  for (const [store, day] of [
    [mine, "1"],
    [theirs, "2"],
  ] as const) {
    await store.put("a/folder.manifest.json", files(day));
    await store.put("a/folder/in/day.csv", new TextEncoder().encode(`d\n${day}\n`));
  }
  const folder = (day: string): Artifact => ({
    ...{ key: "a/folder.manifest.json", sha256: day, size: 4, type: "dir", extension: "", dir: true },
  });
  const table = (rows: number): Artifact => ({ key: "b", sha256: `${rows}`, size: rows, type: "csv", extension: ".csv", dir: false, rows });
  const here = outcome("here", mine, {
    first: { outputs: { out: folder("1") } },
    second: { outputs: { table: table(1) } },
    third: { outputs: { only: await artifact(mine, "c", "c") } },
  });
  const there = outcome("there", theirs, { first: { outputs: { out: folder("2") } }, second: { outputs: { table: table(2) } }, third: {} });
  const text = await report(here, there);
  expect(text).toContain(
    "✗ first:out has other contents\n    here   dir, 4 B, sha256 1…\n    there  dir, 4 B, sha256 2…\n    first different: in/day.csv\n    first different: row 1, in d\n    here   1\n    there  2\n",
  );
  expect(text).toContain("\nalso  second:table  rows: 1 here, 2 there\nalso  third:only  only here\n");

  await theirs.delete("a/folder/in/day.csv");
  expect(await report(here, there)).toContain("the store there no longer has it");
  const json = await parityJson(plan, compareOutcomes(plan, here, there), here, there);
  expect(json).toMatchObject({
    same: false,
    first: { content: { kind: "file", path: "in/day.csv", inside: { kind: "gone", side: "there" } } },
  });
});

test("runs that ended otherwise although their tasks did not", async () => {
  const store = createMemoryStore();
  const text = await report(outcome("here", store, { first: {} }), outcome("there", store, { first: {} }, { state: "failed" }));
  expect(text).toMatch(/^✗ the run ended as success here and failed on there\n/);
});

test("what a log or a row holds cannot steer the terminal", async () => {
  const [mine, theirs] = [createMemoryStore(), createMemoryStore()];
  const one = await artifact(mine, "k", "\x1b[2J\n");
  const other = await artifact(theirs, "k", "\x1b[3J\n");
  const text = await report(
    outcome("here", mine, { first: { outputs: { o: one } } }),
    outcome("there", theirs, { first: { outputs: { o: other } } }),
  );
  expect(text).toContain("first different: line 1\n    here   \\x1b[2J\n    there  \\x1b[3J\n");
});
