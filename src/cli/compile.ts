/** `tradewind compile`: dags/<env>/<dag_id>.py, written only where something is different. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command, Option } from "commander";
import type { CompiledPipeline } from "../pipeline/compile.ts";
import type { Target } from "../pipeline/emit/target.ts";
import { compileChosen, refuseErrors } from "./chosen.ts";
import { showDifference } from "./difference.ts";
import { Failure } from "./errors.ts";
import { pipelineArgument, type SettingsOptions, type WorkspaceOption, withExamples, withSettings, withWorkspace } from "./options.ts";
import { replaceFile } from "./replace-file.ts";
import { createPaint, wantsColor } from "./terminal.ts";

interface CompileCommandOptions extends WorkspaceOption, SettingsOptions {
  readonly out?: string;
  readonly airflow?: Target;
  readonly check?: boolean;
}

export function compileCommand(): Command {
  const command = new Command("compile")
    .description("write the Airflow DAGs, dags/<env>/<dag_id>.py")
    .addArgument(pipelineArgument(false))
    .option("-o, --out <dir>", "folder to write to (default: dags in the workspace)")
    .addOption(
      new Option(
        "--airflow <target>",
        "portable: one file for Airflow 2.10 to 3; 2 or 3: only that (default: airflow.version of the settings, or portable)",
      ).choices(["portable", "2", "3"]),
    )
    .option("--check", "write nothing; exit 1 when a file is missing or not what compile would write")
    .action((pipeline: string | undefined, options: CompileCommandOptions) => compileDags(pipeline, options));
  withSettings(withWorkspace(command), "all");
  return withExamples(command, "tradewind compile", "tradewind compile flights --env prod --airflow 3", "tradewind compile --check");
}

type State = "current" | "missing" | "different";

interface DagFile {
  readonly path: string;
  readonly text: string;
  readonly state: State;
  readonly before: string;
}

function compileDags(name: string | undefined, options: CompileCommandOptions): void {
  const chosen = compileChosen(name, options, { target: options.airflow ?? "declared" });
  refuseErrors(chosen, options.check ? "nothing was compared" : "nothing was written");
  const out = options.out === undefined ? join(chosen.root, "dags") : resolve(options.out);
  const files = chosen.pipelines.map(({ plan, python, file, env }): DagFile => {
    if (plan === undefined || python === undefined) throw new Failure(`${file} could not be compiled for ${env}`);
    return readDagFile(join(out, env, `${plan.dag.dag_id}.py`), python);
  });
  if (files.length === 0)
    console.error("there is no pipeline to compile: pipelines lie in pipelines/*.yaml or projects/<project>/pipelines/*.yaml");
  const environments = options.env === undefined ? undefined : [options.env];
  const stale = name === undefined ? findStale(out, environments, new Set(files.map(({ path }) => path))) : [];
  if (options.check) {
    compareDags(files, stale);
    return;
  }
  writeDags(files, stale);
  tellOfLocalStores(chosen.pipelines);
}

/** A folder of the workspace is right for local runs, and means nothing to a worker: the DAG would fail there at 3 in the morning. */
function tellOfLocalStores(pipelines: readonly CompiledPipeline[]): void {
  const local = pipelines.flatMap(({ env, plan }): [string, string][] => {
    const urls = plan ? [plan.store.url, plan.store.code ?? plan.store.url] : [];
    return urls.flatMap((url) => (isShared(url) ? [] : [[env, url]]));
  });
  for (const [env, url] of new Map(local))
    console.error(
      `the DAGs of ${env} name the store ${url}, a folder of this workspace that Airflow's workers do not have: set store.url in env/${env}.yaml to a folder that they share, or to s3://bucket/prefix`,
    );
}

function isShared(url: string): boolean {
  return url.startsWith("/") || url.includes("://");
}

function readDagFile(path: string, text: string): DagFile {
  if (!existsSync(path)) return { path, text, state: "missing", before: "" };
  const before = readFileSync(path, "utf8");
  return { path, text, state: before === text ? "current" : "different", before };
}

function writeDags(files: readonly DagFile[], stale: readonly string[]): void {
  for (const { path, text, state } of files) {
    if (state === "current") continue;
    replaceFile(path, text);
    console.log(`${state === "missing" ? "wrote  " : "changed"}  ${shown(path)}`);
  }
  const current = files.filter(({ state }) => state === "current").length;
  if (current > 0) console.log(`${current === files.length ? `all ${current}` : current} file${current === 1 ? " is" : "s are"} current`);
  for (const path of stale)
    console.error(`no pipeline makes ${shown(path)} any more, and Airflow goes on running it: delete it if that is meant`);
}

function compareDags(files: readonly DagFile[], stale: readonly string[]): void {
  const paint = createPaint(wantsColor(process.stdout));
  for (const { path, text, state, before } of files) {
    if (state === "missing") console.log(`${shown(path)}: missing`);
    if (state === "different") {
      console.log(`${shown(path)}: not current`);
      for (const line of showDifference(before, text, 20))
        console.log(paint(line.startsWith("-") ? "red" : line.startsWith("+") ? "green" : "dim", `  ${line}`));
    }
  }
  for (const path of stale) console.log(`${shown(path)}: no pipeline makes it any more`);
  const wrong = files.filter(({ state }) => state !== "current").length + stale.length;
  if (wrong === 0) console.log(`all ${files.length} files are current`);
  else {
    console.log(`${wrong} of ${files.length + stale.length} files are not current; run tradewind compile and commit the result`);
    process.exitCode = 1;
  }
}

/** Files that we wrote and that no pipeline makes now. Known by their first line, so that a handwritten DAG is never named. */
function findStale(out: string, environments: readonly string[] | undefined, made: ReadonlySet<string>): string[] {
  return (environments ?? folders(out))
    .flatMap((env) => pythonFiles(join(out, env)))
    .filter((path) => !made.has(path) && readFileSync(path, "utf8").startsWith("# Generated by tradewind from "))
    .sort();
}

function folders(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

function pythonFiles(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isFile() && entry.name.endsWith(".py") ? [join(path, entry.name)] : [],
  );
}

/** From the current folder when that is shorter to read. */
function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}
