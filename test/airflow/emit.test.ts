/** Plans made by hand, emitted for each target, and loaded and rendered by real Airflow. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emitDag } from "../../src/pipeline/emit/emit.ts";
import type { Target } from "../../src/pipeline/emit/target.ts";
import { plans } from "../pipeline/emit/plans.ts";
import { type AirflowVersion, type FileFacts, inspect, ownWarnings, someRun } from "./airflow.ts";
import { actualDag, expectedDag, localRender } from "./expected.ts";

const connections = { dwh: "postgres://user:p%2F%40%3A%2B%25%22@host:5432/db", "S-3_store": "aws://key:secret@" };
const env = { AIRFLOW_CONN_DWH: connections.dwh };

const folder = mkdtempSync(join(tmpdir(), "tradewind-emit-"));
afterAll(() => rmSync(folder, { recursive: true }));

const runs: readonly (readonly [AirflowVersion, Target])[] = [
  ["3.3", "portable"],
  ["3.3", "3"],
  ["2.11", "portable"],
  ["2.11", "2"],
];

describe.each(runs)("Airflow %s loads target %s", (version, target) => {
  const path = (name: string) => join(folder, `${name}.${target}.py`);
  let files: { readonly [name: string]: FileFacts };
  beforeAll(async () => {
    const names = Object.keys(plans);
    for (const [name, plan] of Object.entries(plans)) writeFileSync(path(name), emitDag(plan, target));
    const inspection = await inspect(version, { files: names.map(path), env });
    files = Object.fromEntries(names.map((name, index) => [name, inspection.files[index] as FileFacts]));
  });

  test.each(Object.entries(plans))("%s", (name, plan) => {
    const facts = files[name];
    expect(facts?.error).toBeNull();
    expect(facts && ownWarnings(facts, path(name))).toEqual([]);
    const [dag] = facts?.dags ?? [];
    expect(dag && actualDag(dag, plan)).toEqual(expectedDag(plan, { facts: someRun, connections, render: localRender(plan, someRun) }));
  });
});

test("a run without a logical date has none for the launcher", async () => {
  const plan = plans["no-schedule"];
  if (plan === undefined) throw new Error("no such plan");
  const path = join(folder, "no_date.py");
  writeFileSync(path, emitDag(plan, "portable"));
  const facts = { run_id: "manual__x", try_number: 1, max_tries: 0 };
  const { files } = await inspect("3.3", { files: [path], facts });
  expect(files[0]?.dags[0]?.tasks.only?.rendered.env).toMatchObject({ TRADEWIND_RUN_ID: "manual__x", TRADEWIND_LOGICAL_DATE: "" });
});
