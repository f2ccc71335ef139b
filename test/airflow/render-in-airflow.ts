/** Renders templates in a real Airflow: one Python process for all of them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "../../scripts/provision.mjs";
import type { RunFacts } from "../../src/template/context.ts";
import type { Answer, Expression } from "../template/expressions.ts";

/** The answers of Airflow `version` ("3.3"), in the order of the expressions. */
export function renderInAirflow(
  version: string,
  table: { readonly facts: RunFacts; readonly expressions: readonly Expression[] },
): Answer[] {
  const folder = mkdtempSync(join(tmpdir(), "tradewind-render-"));
  try {
    const file = join(folder, "answers.json");
    const script = fileURLToPath(new URL("render.py", import.meta.url));
    const done = spawnSync(join(pythonEnvironment(`airflow-${version}`), "bin", "python"), [script, folder, file], {
      input: JSON.stringify(table),
      encoding: "utf8",
      maxBuffer: 64 << 20,
    });
    if (done.status !== 0) throw new Error(`render.py in Airflow ${version} ended with ${done.status}:\n${done.stderr.slice(-4000)}`);
    const answers = JSON.parse(readFileSync(file, "utf8")) as { version: string; results: Answer[] };
    if (!answers.version.startsWith(`${version}.`)) throw new Error(`Airflow ${version} was wanted, ${answers.version} answered`);
    return answers.results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
