/** `tradewind check`: every mistake in every environment, in one go. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { Command } from "commander";
import { repair } from "../pipeline/check/fixes.ts";
import { createCompiler } from "../pipeline/compile.ts";
import type { Unreadable } from "../pipeline/sources.ts";
import type { Diagnostic } from "../protocol/diagnostic.ts";
import { airflowIndex } from "../workspace/airflow-index.ts";
import { isJobFile, withJob } from "./check-job.ts";
import { compileChosen, printDiagnostics } from "./chosen.ts";
import { countText, diagnosticData, gitlabReport } from "./diagnostics.ts";
import {
  type FormatOption,
  type SettingsOptions,
  type WorkspaceOption,
  withExamples,
  withFormat,
  withSettings,
  withWorkspace,
} from "./options.ts";
import { replaceFile } from "./replace-file.ts";
import { createSourceTexts } from "./source-text.ts";
import { writeBindings } from "./write-bindings.ts";

interface CheckOptions extends WorkspaceOption, SettingsOptions, FormatOption {
  readonly fix?: boolean;
  readonly writeBindings?: boolean;
}

export function checkCommand(): Command {
  const command = new Command("check")
    .description("show every mistake, with its line; exit 1 when there are errors")
    .argument("[pipeline]", "name of the dag, path of its file, or path of a job's file")
    .option("--fix", "repair in place what can be repaired safely")
    .option("--write-bindings", "write under inputs what needs binds; no plan changes")
    .action((pipeline: string | undefined, options: CheckOptions) => check(pipeline, options));
  withFormat(withSettings(withWorkspace(command), "all"));
  return withExamples(
    command,
    "tradewind check",
    "tradewind check flights --env prod",
    "tradewind check --format gitlab > gl-code-quality-report.json",
  );
}

/** What was checked, of a workspace or of one job's file. */
export interface Checked {
  /** Folder that the paths of `texts` begin at. */
  readonly root: string;
  readonly texts: ReadonlyMap<string, string | Unreadable>;
  readonly diagnostics: readonly Diagnostic[];
  /** The pipelines, or the job's file. */
  readonly files: readonly string[];
  readonly environments: readonly string[];
  /** What would be said, in all environments, of these texts. */
  readonly recheck: (texts: ReadonlyMap<string, unknown>) => readonly Diagnostic[];
  /** True for what lies in the files that are checked, or that they use. */
  readonly concerns: (diagnostic: Diagnostic) => boolean;
}

async function check(name: string | undefined, options: CheckOptions): Promise<void> {
  if (name !== undefined && isJobFile(name)) await withJob(name, options, (checkIt) => checkAndFix(checkIt, options, "job"));
  else {
    if (options.writeBindings) writeOut(checkWorkspace(name, options), options);
    checkAndFix(() => checkWorkspace(name, options), options, "pipeline");
  }
}

function checkAndFix(checkIt: () => Checked, options: CheckOptions, what: "pipeline" | "job"): void {
  let checked = checkIt();
  if (options.fix) {
    const fixed = repairOnDisk(checked);
    if (fixed > 0) {
      checked = checkIt();
      console.error(`repaired ${fixed} mistake${fixed === 1 ? "" : "s"}\n`);
    }
  }
  print(checked, options, what);
  if (checked.diagnostics.some(({ severity }) => severity === "error")) process.exitCode = 1;
}

function checkWorkspace(name: string | undefined, options: CheckOptions): Checked {
  const { root, compilation, pipelines, diagnostics } = compileChosen(name, options, { plans: false });
  const files = [...new Set(pipelines.map(({ file }) => file))];
  const others = new Set(compilation.pipelines.map(({ file }) => file).filter((file) => !files.includes(file)));
  const set = new Map(Object.entries(options.set ?? {}));
  const compileAgain = createCompiler();
  const unknown = { get: () => undefined };
  const recheck = (files: ReadonlyMap<string, unknown>) => {
    const sources = { files: files as Checked["texts"], folders: unknown, blobs: unknown, airflow: airflowIndex };
    return compileAgain(sources, { set, plans: false }).diagnostics;
  };
  const concerns = ({ span }: Diagnostic) => !others.has(span.file);
  const environments = [...new Set(pipelines.map(({ env }) => env))];
  return { root, texts: compilation.texts, diagnostics, files, environments, recheck, concerns };
}

function print(
  { root, texts: sources, diagnostics, files, environments }: Checked,
  { format, fix }: CheckOptions,
  kind: "pipeline" | "job",
): void {
  const texts = createSourceTexts(sources);
  switch (format) {
    case "json": {
      const count = (severity: string) => diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
      const counts = { errors: count("error"), warnings: count("warning"), remarks: count("info") };
      const about = kind === "pipeline" ? { pipelines: files } : { jobs: files };
      console.log(
        JSON.stringify({ diagnostics: diagnostics.map((one) => diagnosticData(one, texts)), counts, ...about, environments }, null, 2),
      );
      return;
    }
    case "gitlab":
      console.log(JSON.stringify(gitlabReport(diagnostics, texts, pathInRepository(root)), null, 2));
      return;
    case "text": {
      printDiagnostics(diagnostics, sources, process.stdout);
      const what = kind === "job" ? files.join() : `${files.length} pipeline${files.length === 1 ? "" : "s"}`;
      const where = environments.length === 0 ? "" : ` in ${environments.join(", ")}`;
      console.log(`checked ${what}${where}: ${countText(diagnostics)}${repairable(diagnostics, fix ?? false)}`);
      if (files.length === 0)
        console.log("there is no pipeline yet: pipelines lie in pipelines/*.yaml or projects/<project>/pipelines/*.yaml");
    }
  }
}

function repairable(diagnostics: readonly Diagnostic[], tried: boolean): string {
  const fixes = diagnostics.filter(({ fix }) => fix !== undefined).length;
  if (fixes === 0) return "";
  if (!tried) return `; ${fixes} can be repaired by tradewind check --fix`;
  return `; ${fixes} ${fixes === 1 ? "fix is" : "fixes are"} left to you, since alone they would bring other mistakes`;
}

/** Repairs on disk; the number of mistakes that are gone. */
function repairOnDisk({ root, texts: sources, recheck, concerns }: Checked): number {
  const { texts, repaired } = repair(sources, recheck, concerns);
  writeTexts(root, sources, texts);
  return repaired;
}

function writeOut({ root, texts: sources, files }: Checked, { set }: CheckOptions): void {
  const { texts, written } = writeBindings(sources, files, new Map(Object.entries(set ?? {})));
  writeTexts(root, sources, texts);
  console.error(`wrote out the inputs of ${written} task${written === 1 ? "" : "s"}\n`);
}

/** A file that changed since it was read is left alone. */
function writeTexts(root: string, sources: Checked["texts"], texts: ReadonlyMap<string, string>): void {
  for (const [file, text] of texts) {
    const path = resolve(root, file);
    const now = readFileSync(path, "utf8");
    const mark = now.startsWith("\ufeff") ? "\ufeff" : "";
    if (now.slice(mark.length) === sources.get(file)) replaceFile(path, mark + text);
  }
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
