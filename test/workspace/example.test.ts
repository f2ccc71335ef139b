/** The example's DAGs are committed, so that a reader sees what comes out: they are what `tradewind compile` gives. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileWorkspace } from "../../src/workspace/compile-workspace.ts";

const example = join(import.meta.dirname, "../../examples/flights");

test("examples/flights/dags is current (npm run example -- compile)", () => {
  const { pipelines, diagnostics } = compileWorkspace(example, { target: "declared" });
  expect(diagnostics).toEqual([]);
  expect(pipelines.map(({ env }) => env)).toEqual(["dev", "prod"]);
  for (const { env, plan, python } of pipelines)
    expect(python).toBe(readFileSync(join(example, "dags", env, `${plan?.dag.dag_id}.py`), "utf8"));
});
