/** `tradewind operators`: every operator in reach, in words, as data and as pages. */
import { cpSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder, tradewind } from "./tradewind.ts";

const cases = join(import.meta.dirname, "..", "cases");

async function ask(name: string, ...args: readonly string[]): Promise<string> {
  const cwd = makeFolder();
  cpSync(realpathSync(join(cases, name, "input")), cwd, { recursive: true });
  const done = await tradewind(["operators", ...args], { cwd });
  expect(done.code, done.stderr).toBe(0);
  return done.stdout;
}

test("lists the workspace's own, Python classes among them, and the built-in ones", async () => {
  const text = await ask("python-classes");
  expect(text).toMatch(/^Extract +workspace +Flights of one day\.$/m);
  expect(text).toMatch(/^csv_to_pg +built in /m);
  expect(await ask("python-airflow-classes")).toMatch(/^Vacuum +workspace +Cleans a table\.$/m);
});

test("documents a class as any other operator", async () => {
  const [score] = JSON.parse(await ask("python-classes", "Score", "--format", "json"));
  expect(score).toMatchObject({
    name: "Score",
    airflow: false,
    file: "operators/scoring.py",
    params: { threshold: { type: "number", minimum: 0, maximum: 1, default: 0.5, required: false }, name: { required: true } },
    inputs: { Data: { types: ["csv", "parquet"] }, Model: { types: ["pickle"] } },
    outputs: { Scores: { type: "csv" } },
  });
});

test("documents a pipeline with an interface, whose ports have the types of those inside", async () => {
  expect(await ask("nested-pipelines")).toMatch(/^pipelines\/both +workspace *$/m);
  const [page] = JSON.parse(await ask("nested-pipelines", "pipelines/score_and_load", "--format", "json"));
  expect(page).toMatchObject({
    name: "pipelines/score_and_load",
    file: "pipelines/score_and_load.yaml",
    params: { threshold: { type: "number", default: 0.5, required: false }, table: { type: "string", required: true } },
    inputs: { data: { types: ["csv"], optional: false }, model: { types: ["pickle"] } },
    outputs: { scores: { type: "csv" } },
  });
  const text = await ask("nested-pipelines", "pipelines/both");
  expect(text).toContain("    operator_type: pipelines/both\n      inputs: { data: other_task }\n      prefix: …");
  expect(text).toMatch(/^ {2}scores +csv$/m);
});

test("tells what Airflow's own operators take, by class or class path", async () => {
  const byName = await ask("python-classes", "S3ListOperator");
  expect(byName).toMatch(/^airflow\.providers\.amazon\.aws\.operators\.s3\.S3ListOperator +apache-airflow-providers-amazon [\d.]+$/m);
  expect(byName).toMatch(/^ {2}bucket +text; required; may be a template\. The S3 bucket/m);
  expect(await ask("python-classes", "airflow.providers.amazon.aws.operators.s3.S3ListOperator")).toBe(byName);
  const all = JSON.parse(await ask("python-classes", "--airflow", "--format", "json"));
  expect(all.length).toBeGreaterThan(350);
});

test("writes pages in Markdown", async () => {
  const page = await ask("python-airflow-classes", "Vacuum", "--format", "markdown");
  expect(page).toContain("## `Vacuum`\n\n*operators/warehouse.py*\n\nCleans a table.\n");
  expect(page).toContain("| `table` | text; required; may be a template. Which one. |");
  expect(page).toContain("    operator_type: Vacuum\n      table: …");
});

test("shows the columns of ports", async () => {
  expect(await ask("column-type", "train")).toContain("data  csv; columns dep_delay number, carrier string\n");
  const [clean] = JSON.parse(await ask("column-type", "clean", "--format", "json"));
  expect(clean.outputs).toEqual({ rows: { type: "csv", columns: { dep_delay: "datetime", carrier: "integer" } } });
});
