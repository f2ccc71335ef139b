/** The settings that docs/engines.md shows are understood, each alone, and a pipeline on every engine compiles with them. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { emitDag } from "../../src/pipeline/emit/emit.ts";
import { compileTexts } from "./workspace.ts";

const text = readFileSync(new URL("../../docs/engines.md", import.meta.url), "utf8");
const blocks = [...text.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g)].map(([, path = "", yaml = ""]) => [path, yaml] as const);

/** What a block may leave to others. */
const around = `
store: { url: /mnt/store }
launcher: { folder: /opt/tradewind, image: "tradewind:1" }
engines: { docker: { image: 'debian:12' }, kubernetes: { image: 'debian:12', volume_claim: store } }
`;
const query = "operator_type: pg_to_csv, connection: dwh, query: select 1";
const pipeline = `dag: { name: daily }
tasks:
  settings: { ${query} }
  process: { ${query}, engine: process }
  container: { ${query}, engine: docker }
  pod: { ${query}, engine: kubernetes }
`;

test.each(blocks)("%s", (path, yaml) => {
  const files = { "tradewind.yaml": around, "env/prod.yaml": "", "pipelines/daily.yaml": pipeline };
  // A file of its own, above the others and below none.
  const own =
    path === "tradewind.yaml"
      ? { "projects/p/project.yaml": yaml, "projects/p/pipelines/own.yaml": pipeline.replace("daily", "own") }
      : { [path]: yaml };
  const { diagnostics, pipelines } = compileTexts({ ...files, ...own });
  expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  const plans = pipelines.flatMap(({ plan }) => plan ?? []);
  expect(plans.length).toBe(pipelines.length);
  for (const plan of plans)
    for (const operator of ["DockerOperator", "BashOperator"]) expect(emitDag(plan, "portable")).toContain(operator);
});

test("there are some", () => {
  expect(blocks.length).toBeGreaterThanOrEqual(4);
});
