/** The golden workspaces of test/cases, compiled as the command line does it. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "../../src/pipeline/emit/target.ts";
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
  const compiled = (target: Target) => compileWorkspace(join(casesFolder, name, "input"), { target });
  const { diagnostics, pipelines, texts, environment } = compiled("portable");
  const python = new Map((["portable", "2", "3"] as const).map((target) => [target, compiled(target).pipelines]));
  const files = new Map([["diagnostics.txt", printDiagnostics(diagnostics, texts)]]);
  const several = new Set(pipelines.map(({ file }) => file)).size > 1;
  for (const [index, { plan, env, name: dag }] of pipelines.entries()) {
    if (plan === undefined) continue;
    const prefix = several ? `${dag}.` : "";
    if (env !== environment) {
      files.set(`${prefix}plan.${env}.json`, `${JSON.stringify(plan, null, 2)}\n`);
      continue;
    }
    files.set(`${prefix}plan.json`, `${JSON.stringify(plan, null, 2)}\n`);
    for (const [target, all] of python) {
      const text = all[index]?.python;
      if (text !== undefined) files.set(`${prefix}dag.${target === "portable" ? "" : `${target}.`}py`, text);
    }
  }
  return files;
}
