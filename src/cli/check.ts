/** `tradewind check`: every mistake in every environment, in one go. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { Command } from "commander";
import { type Chosen, compileChosen, printDiagnostics } from "./chosen.ts";
import { countText, diagnosticData, gitlabReport } from "./diagnostics.ts";
import { applyFixes } from "./fixes.ts";
import {
  type FormatOption,
  pipelineArgument,
  type SettingsOptions,
  type WorkspaceOption,
  withExamples,
  withFormat,
  withSettings,
  withWorkspace,
} from "./options.ts";
import { replaceFile } from "./replace-file.ts";
import { createSourceTexts } from "./source-text.ts";

interface CheckOptions extends WorkspaceOption, SettingsOptions, FormatOption {
  readonly fix?: boolean;
}

export function checkCommand(): Command {
  const command = new Command("check")
    .description("show every mistake, with its line; exit 1 when there are errors")
    .addArgument(pipelineArgument(false))
    .option("--fix", "repair in place what can be repaired safely")
    .action((pipeline: string | undefined, options: CheckOptions) => check(pipeline, options));
  withFormat(withSettings(withWorkspace(command), "all"));
  return withExamples(
    command,
    "tradewind check",
    "tradewind check flights --env prod",
    "tradewind check --format gitlab > gl-code-quality-report.json",
  );
}

function check(name: string | undefined, options: CheckOptions): void {
  let chosen = compileChosen(name, options);
  if (options.fix) {
    const fixed = fix(chosen);
    if (fixed > 0) {
      chosen = compileChosen(name, options);
      console.error(`repaired ${fixed} mistake${fixed === 1 ? "" : "s"}\n`);
    }
  }
  print(chosen, options);
  if (chosen.diagnostics.some(({ severity }) => severity === "error")) process.exitCode = 1;
}

function print(chosen: Chosen, { format }: CheckOptions): void {
  const { diagnostics, compilation, pipelines, root } = chosen;
  const texts = createSourceTexts(compilation.texts);
  const environments = [...new Set(pipelines.map(({ env }) => env))];
  const files = [...new Set(pipelines.map(({ file }) => file))];
  switch (format) {
    case "json": {
      const count = (severity: string) => diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
      const counts = { errors: count("error"), warnings: count("warning"), remarks: count("info") };
      console.log(
        JSON.stringify(
          { diagnostics: diagnostics.map((one) => diagnosticData(one, texts)), counts, pipelines: files, environments },
          null,
          2,
        ),
      );
      return;
    }
    case "gitlab":
      console.log(JSON.stringify(gitlabReport(diagnostics, texts, pathInRepository(root)), null, 2));
      return;
    case "text": {
      printDiagnostics(diagnostics, compilation, process.stdout);
      const what = `${files.length} pipeline${files.length === 1 ? "" : "s"}`;
      const where = environments.length === 0 ? "" : ` in ${environments.join(", ")}`;
      console.log(`checked ${what}${where}: ${countText(diagnostics)}${repairable(chosen)}`);
      if (files.length === 0)
        console.log("there is no pipeline yet: pipelines lie in pipelines/*.yaml or projects/<project>/pipelines/*.yaml");
    }
  }
}

function repairable({ diagnostics }: Chosen): string {
  const fixes = diagnostics.filter(({ fix }) => fix !== undefined).length;
  return fixes === 0 ? "" : `; ${fixes} can be repaired by tradewind check --fix`;
}

/** Applies the fixes on disk; the number of those applied. A file that changed since it was read is left alone. */
function fix({ root, diagnostics, compilation }: Chosen): number {
  const { texts, applied } = applyFixes(
    diagnostics.flatMap((diagnostic) => diagnostic.fix ?? []),
    compilation.texts,
  );
  for (const [file, text] of texts) {
    const path = join(root, file);
    const now = readFileSync(path, "utf8");
    const mark = now.startsWith("\ufeff") ? "\ufeff" : "";
    if (now.slice(mark.length) === compilation.texts.get(file)) replaceFile(path, mark + text);
  }
  return applied;
}

/** From the repository's root to the workspace, since GitLab's paths begin there; empty when they are the same. */
function pathInRepository(root: string): string {
  const declared = process.env.CI_PROJECT_DIR;
  let top = declared !== undefined && existsSync(declared) ? realpathSync(declared) : root;
  for (let folder = root; declared === undefined; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) {
      top = folder;
      break;
    }
    if (folder === dirname(folder)) break;
  }
  const path = relative(top, root);
  return path.startsWith("..") ? "" : path.split(sep).join("/");
}
