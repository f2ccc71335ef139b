/**
 * `tradewind launch --operator DIR`: an operator by hand, by the same launcher that runs it on Airflow. It is compiled as the
 * only task of a pipeline that nobody wrote, so it is checked, limited and given its ports as in any other.
 */
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { Command, Option } from "commander";
import type { Manifest } from "../pipeline/catalog/manifest.ts";
import { runOn } from "../pipeline/timetable.ts";
import { checkValue } from "../protocol/check-value.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import type { Plan } from "../protocol/plan.ts";
import { readParam } from "../protocol/read-param.ts";
import type { RunEvent } from "../protocol/run-event.ts";
import { fetchArtifact } from "../run/fetch-artifact.ts";
import { readAttempts } from "../run/list.ts";
import { prepareRun } from "../run/prepare.ts";
import { run } from "../run/run.ts";
import { openStore } from "../storage/open.ts";
import { compileWorkspace } from "../workspace/compile-workspace.ts";
import { readEnvironment } from "../workspace/dotenv.ts";
import { findWorkspace } from "../workspace/read.ts";
import { countText, renderForTerminal } from "./diagnostics.ts";
import { Failure, UsageError, unknownName } from "./errors.ts";
import { showBytes, showRows } from "./figures.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { readAssignment, type SettingsOptions, withExamples, withSettings } from "./options.ts";
import { createSourceTexts } from "./source-text.ts";
import { visible, wantsColor } from "./terminal.ts";

type Assignments = Readonly<Record<string, string>>;

interface Options extends SettingsOptions {
  readonly operator: string;
  readonly param?: Assignments;
  readonly input?: Assignments;
  readonly output?: Assignments;
}

export function launchCommand(): Command {
  const command = new Command("launch")
    .description("run one operator by hand; without --operator: one attempt of the request in the environment, as Airflow's workers do")
    .requiredOption("--operator <dir>", "folder that holds operator.yaml")
    .addOption(new Option("-p, --param <name=value>", "a parameter; repeatable").argParser(readAssignment))
    .addOption(new Option("--input <port=path>", "file or folder for an input; repeatable").argParser(readAssignment))
    .addOption(new Option("--output <port=path>", "where to put an output; repeatable").argParser(readAssignment))
    .action((options: Options) => launchByHand(options));
  withSettings(command, "the workspace's default_env");
  return withExamples(
    command,
    "tradewind launch --operator operators/score_delays --param threshold=0.7 --input data=flights.csv --output scores=scores.csv",
  );
}

/** Where the pipeline that nobody wrote would lie, below the project of the operator. */
const pipelineFile = "pipelines/by-hand.yaml";

interface Place {
  /** A workspace that has the operator. */
  readonly root: string;
  readonly operator: string;
  /** Path of the pipeline in the workspace. */
  readonly file: string;
  /** Folder of our own to remove in the end. */
  readonly scratch: string;
}

async function launchByHand(options: Options): Promise<void> {
  for (const [port, path] of Object.entries(options.input ?? {})) {
    if (!existsSync(path)) throw new Failure(`input ${port}: ${path} does not exist`);
  }
  for (const [port, path] of Object.entries(options.output ?? {})) {
    if (existsSync(path)) throw new Failure(`output ${port}: ${path} is there already; name a new file, or remove it`);
  }
  const place = await findPlace(resolve(options.operator), options.operator);
  try {
    await launchAt(place, options);
  } finally {
    rmSync(place.scratch, { recursive: true, force: true });
  }
}

async function launchAt(place: Place, options: Options): Promise<void> {
  const plan = planOperator(place, options);
  const environment = readEnvironment(place.root, process.env);
  if ("problem" in environment) throw new Failure(environment.problem);
  const store = openStore(join(place.scratch, "store"));
  const dates = runOn(null, "UTC", { now: Math.floor(Date.now() / 1000) * 1000 });
  if ("problem" in dates) throw new Failure(dates.problem);
  const prepared = await prepareRun(plan, { select: {}, params: {}, cache: false, dates, env: environment.env, store: store.url });
  if ("problems" in prepared) throw new Failure(prepared.problems.join("\ntradewind: "));
  const interrupts = listenForInterrupts();
  const record = await run(prepared, { root: place.root, store, onEvent: print, signal: interrupts.signal });
  interrupts.end();
  if ("problems" in record) throw new Failure(record.problems.join("\ntradewind: "));
  const task = plan.tasks[0]?.id ?? "";
  const result = (await readAttempts(record.dag_id, record.run_id, task, store)).at(-1)?.result;
  if (result?.status !== "success") {
    console.error(
      `tradewind: ${task} ${result?.status ?? "failed"}: ${visible(result?.message ?? record.tasks[task]?.message ?? "no reason was given")}`,
    );
    process.exitCode = result?.status === "skipped" ? 0 : record.state === "cancelled" ? interrupts.exitCode() : 1;
    return;
  }
  for (const [port, artifact] of Object.entries(result.outputs)) {
    const path = options.output?.[port];
    if (path !== undefined && !(await fetchArtifact(artifact, resolve(path), store)))
      throw new Failure(`output ${port} is no longer in the store`);
    const facts = [showBytes(artifact.size), ...(artifact.rows === undefined ? [] : [showRows(artifact.rows)])].join(", ");
    console.log(`${port}  ${facts}  ${path ?? `not kept; --output ${port}=PATH keeps it`}`);
  }
}

function print(event: RunEvent): void {
  if (event.event === "log") (event.stream === "stdout" ? process.stdout : process.stderr).write(`${event.line}\n`);
  if (event.event === "warning") process.stderr.write(`tradewind: ${event.message}\n`);
}

/** The workspace around the operator; for a folder that is in none, one that has nothing else. */
async function findPlace(folder: string, named: string): Promise<Place> {
  if (!existsSync(join(folder, "operator.yaml"))) throw new Failure(`${named} holds no operator.yaml`);
  const scratch = await mkdtemp(join(tmpdir(), "tradewind-launch-"));
  const operator = basename(folder);
  const workspace = findWorkspace(folder);
  if (workspace !== undefined) {
    const root = realpathSync(workspace);
    const parent = dirname(relative(root, realpathSync(folder)).split(sep).join("/"));
    if (/^(projects\/[^/]+\/)?operators$/.test(parent)) {
      return { root, operator, file: `${parent.slice(0, -"operators".length)}${pipelineFile}`, scratch };
    }
  }
  const root = join(scratch, "workspace");
  mkdirSync(join(root, "operators"), { recursive: true });
  writeFileSync(join(root, "tradewind.yaml"), "");
  symlinkSync(folder, join(root, "operators", operator));
  return { root, operator, file: pipelineFile, scratch };
}

function planOperator(place: Place, options: Options): Plan {
  const inputs = Object.fromEntries(Object.entries(options.input ?? {}).map(([port, path]) => [port, resolve(path)]));
  const bare = compileByHand(place, options, {}, inputs);
  const manifest = bare.pipelines[0]?.resolved?.tasks[0]?.operator?.found;
  const params = manifest?.kind === "manifest" ? readParams(manifest, options.param ?? {}) : {};
  if (manifest?.kind === "manifest") {
    for (const port of Object.keys(options.output ?? {})) {
      if (!manifest.outputs.has(port)) throw unknownName("output", port, [...manifest.outputs.keys()]);
    }
  }
  const compilation = compileByHand(place, options, params, inputs);
  const plan = compilation.pipelines[0]?.plan;
  if (plan !== undefined) return plan;
  const errors = compilation.diagnostics.filter((diagnostic) => diagnostic.severity === "error");
  // Faults of the pipeline that nobody wrote are shown without its text.
  const texts = new Map([...compilation.texts].filter(([path]) => path !== place.file));
  const style = { color: wantsColor(process.stderr), width: process.stderr.columns ?? 100 };
  process.stderr.write(`${renderForTerminal(errors, createSourceTexts(texts), style)}\n`);
  throw new Failure(`${place.operator} cannot run: ${countText(errors)}`);
}

function compileByHand(place: Place, options: Options, params: JsonObject, inputs: JsonObject) {
  const task = { operator_type: place.operator, params, inputs };
  const pipeline = { dag: { name: "by_hand", schedule: null, start_date: "2000-01-01" }, tasks: { [place.operator]: task } };
  const set = new Map(Object.entries(options.set ?? {}));
  const settings = compileWorkspace(place.root, {
    pipeline: place.file,
    digests: false,
    overlay: new Map([[place.file, JSON.stringify(pipeline)]]),
  });
  const env = options.env ?? settings.environment;
  if (!settings.environments.includes(env)) throw unknownName("environment", env, settings.environments);
  return compileWorkspace(place.root, {
    pipeline: place.file,
    env,
    set,
    explain: true,
    overlay: new Map([[place.file, JSON.stringify(pipeline)]]),
  });
}

function readParams(manifest: Manifest, given: Assignments): JsonObject {
  const params: Record<string, Json> = {};
  for (const [name, text] of Object.entries(given)) {
    const parameter = manifest.params.get(name);
    if (parameter === undefined) throw unknownName("parameter", name, [...manifest.params.keys()]);
    const read = readParam(text, parameter.schema);
    const faults = "value" in read ? checkValue(read.value, parameter.schema).map((fault) => fault.message) : [read.problem];
    if (faults.length > 0) throw new UsageError(`--param ${name}: ${faults.join("; ")}`);
    if ("value" in read) params[name] = read.value;
  }
  return params;
}
