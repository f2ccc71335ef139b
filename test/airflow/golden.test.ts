/** Every golden dag.py, and the example's, in real Airflow: it loads without a word, and what Airflow has is what the Plan says, byte for byte. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/provision.mjs";
import { emitDag } from "../../src/pipeline/emit/emit.ts";
import type { Target } from "../../src/pipeline/emit/target.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { compileWorkspace } from "../../src/workspace/compile-workspace.ts";
import { caseNames, casesFolder } from "../pipeline/cases.ts";
import { type AirflowVersion, type FileFacts, inspect, ownWarnings, someRun } from "./airflow.ts";
import { actualDag, connectionsOf, expectedDag, hasOddTemplate, localRender } from "./expected.ts";

interface Golden {
  readonly name: string;
  readonly plan: Plan;
  /** Path of dag.py for a target. */
  readonly path: (target: Target) => string;
}

const folder = mkdtempSync(join(tmpdir(), "tradewind-golden-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Of a workspace with its own skeleton, dag.py says what its author wants beside the Plan, and imports what only their Airflow has. */
const hasTemplate = (name: string) => existsSync(join(casesFolder, name, "input", "templates"));

function goldenCases(): readonly Golden[] {
  return caseNames.flatMap((name) => {
    const place = join(casesFolder, name);
    if (hasTemplate(name)) return [];
    const plans = readdirSync(place).filter((file) => file.endsWith("plan.json"));
    return plans.map((file) => {
      const prefix = file.slice(0, -"plan.json".length);
      const plan = JSON.parse(readFileSync(join(place, file), "utf8")) as Plan;
      return {
        name: `${name}/${file}`,
        plan,
        path: (target: Target) => join(place, `${prefix}dag${target === "portable" ? "" : `.${target}`}.py`),
      };
    });
  });
}

/** The flights example in all its environments. */
function exampleCases(): readonly Golden[] {
  const { pipelines } = compileWorkspace(join(root, "examples", "flights"), {});
  return pipelines.flatMap(({ name, env, plan }) => {
    if (plan === undefined) return [];
    const path = (target: Target) => join(folder, `${env}.${name}.${target}.py`);
    for (const target of ["portable", "2", "3"] as const) writeFileSync(path(target), emitDag(plan, target));
    return [{ name: `flights: ${name}, ${env}`, plan, path }];
  });
}

const goldens = [...goldenCases(), ...exampleCases()];
const uri = "postgres://user:p%2F%40%3A%2B%25%22@host:5432/db";
const ids = [...new Set(goldens.flatMap(({ plan }) => plan.tasks.flatMap((task) => connectionsOf(plan, task))))];
const connections = Object.fromEntries(ids.map((id) => [id, uri]));
// Of the team's own operators, `operators/` lies where Airflow finds it, as in its dags folder.
const ownOperators = { PYTHONPATH: join(casesFolder, "python-airflow-classes", "input") };
const env = { ...ownOperators, ...Object.fromEntries(ids.map((id) => [`AIRFLOW_CONN_${id.toUpperCase()}`, uri])) };

const runs: readonly (readonly [AirflowVersion, Target])[] = [
  ["3.3", "portable"],
  ["3.3", "3"],
  ["2.11", "portable"],
  ["2.11", "2"],
];

describe.each(runs)("Airflow %s, target %s", (version, target) => {
  let files: readonly FileFacts[];
  beforeAll(async () => {
    ({ files } = await inspect(version, { files: goldens.map(({ path }) => path(target)), env }));
  });

  test.each(goldens.map(({ name }, index) => [name, index] as const))("%s", (_, index) => {
    const { plan, path } = goldens[index] as Golden;
    const facts = files[index];
    expect(facts?.error).toBeNull();
    expect(facts && ownWarnings(facts, path(target))).toEqual([]);
    expect(facts?.dags).toHaveLength(1);
    const dag = facts?.dags[0];
    const render = localRender(plan, someRun);
    const odd = hasOddTemplate(plan, render);
    const expected = expectedDag(plan, { facts: someRun, connections, render: odd ? (text) => text : render });
    if (!odd) expect(dag && actualDag(dag, plan)).toEqual(expected);
    else expect(Object.keys(dag?.tasks ?? {}).sort()).toEqual(Object.keys(expected.tasks).sort());
  });
});

test("there are golden files and an example", () => {
  expect(goldens.length).toBeGreaterThan(5);
  expect(goldens.some(({ name }) => name.startsWith("flights"))).toBe(true);
  for (const { path } of goldens) expect(existsSync(path("portable"))).toBe(true);
});
