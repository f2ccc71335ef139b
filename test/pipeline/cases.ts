/** The golden workspaces of test/cases, compiled as the command line does it. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { emitDag } from "../../src/pipeline/emit/emit.ts";
import { printDiagnostics } from "../../src/pipeline/print.ts";
import { compileWorkspace } from "../../src/workspace/compile-workspace.ts";

export const casesFolder = join(import.meta.dirname, "..", "cases");

export const caseNames: readonly string[] = readdirSync(casesFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(casesFolder, entry.name, "input")))
  .map((entry) => entry.name)
  .sort();

/**
 * What belongs beside `input`, by file name: always diagnostics.txt; of each Plan plan.json, and its Python for all targets. The
 * default environment's files have plain names, those of another carry it (`plan.prod.json`), and those of one of several pipelines
 * its name.
 */
export function goldenFiles(name: string): ReadonlyMap<string, string> {
  const { diagnostics, pipelines, texts, environment } = compileWorkspace(join(casesFolder, name, "input"), {});
  const files = new Map([["diagnostics.txt", printDiagnostics(diagnostics, texts)]]);
  const several = new Set(pipelines.map(({ file }) => file)).size > 1;
  for (const { plan, env, name: dag } of pipelines) {
    if (plan === undefined) continue;
    const prefix = several ? `${dag}.` : "";
    if (env !== environment) {
      files.set(`${prefix}plan.${env}.json`, `${JSON.stringify(plan, null, 2)}\n`);
      continue;
    }
    files.set(`${prefix}plan.json`, `${JSON.stringify(plan, null, 2)}\n`);
    files.set(`${prefix}dag.py`, emitDag(plan, "portable"));
    files.set(`${prefix}dag.2.py`, emitDag(plan, "2"));
    files.set(`${prefix}dag.3.py`, emitDag(plan, "3"));
  }
  return files;
}
