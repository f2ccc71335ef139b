/** The oldest Airflow that a portable file is for: 2.10, which has no standard provider, so that the old places are used. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { emitDag } from "../../src/pipeline/emit/emit.ts";
import { plans } from "../pipeline/emit/plans.ts";
import { inspect, ownWarnings, someRun } from "./airflow.ts";
import { actualDag, expectedDag, localRender } from "./expected.ts";

const folder = mkdtempSync(join(tmpdir(), "tradewind-oldest-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(["portable", "2"] as const)("Airflow 2.10 loads target %s", async (target) => {
  const connections = { dwh: "postgres://user:p%2F%40%3A%2B%25%22@host:5432/db" };
  const named = Object.values(plans).map((plan) => ({ plan, path: join(folder, `${plan.dag.dag_id}.${target}.py`) }));
  for (const { plan, path } of named) writeFileSync(path, emitDag(plan, target));
  const { version, files } = await inspect("2.10", { files: named.map(({ path }) => path), env: { AIRFLOW_CONN_DWH: connections.dwh } });
  expect(version).toMatch(/^2\.10\./);
  named.forEach(({ plan, path }, index) => {
    const facts = files[index];
    expect(facts?.error, path).toBeNull();
    expect(facts && ownWarnings(facts, path)).toEqual([]);
    const dag = facts?.dags[0];
    expect(dag && actualDag(dag, plan)).toEqual(expectedDag(plan, { facts: someRun, connections, render: localRender(plan, someRun) }));
  });
});
