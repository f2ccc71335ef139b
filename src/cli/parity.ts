/** `tradewind parity`: the same pipeline here and on a real Airflow, and where they first come to something else. */
import { copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command, Option } from "commander";
import type { JsonObject } from "../protocol/json.ts";
import type { Plan } from "../protocol/plan.ts";
import type { RunEvent } from "../protocol/run-event.ts";
import { openApi } from "../run/parity/airflow-api.ts";
import { type AirflowVersion, airflowVersions, provideAirflow } from "../run/parity/airflow-environment.ts";
import { compareOutcomes } from "../run/parity/compare.ts";
import { testDag } from "../run/parity/dags-test.ts";
import { runHere } from "../run/parity/here.ts";
import { type Outcome, readOutcome } from "../run/parity/outcome.ts";
import { forLocalAirflow, inStore, withoutWriters, writersOf } from "../run/parity/plans.ts";
import { findRemoteRun, hasSource, type RemoteRun, readRemoteLog, requireDag, triggerRun, waitForRun } from "../run/parity/remote-run.ts";
import { watchStore } from "../run/parity/watch.ts";
import { type PreparedRun, prepareRun, type RunOptions } from "../run/prepare.ts";
import { storeAddress } from "../run/store.ts";
import { type OpenOptions, openStore } from "../storage/open.ts";
import { publishItems } from "../workspace/publish.ts";
import { compilePipeline, type PipelinePlan } from "./compile-pipeline.ts";
import { datesOf } from "./dates-of.ts";
import { Failure, UsageError } from "./errors.ts";
import { secondsBetween, showDuration } from "./figures.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { openOptions } from "./open-options.ts";
import { openWorkspace } from "./open-workspace.ts";
import {
  pipelineArgument,
  type RunOfOptions,
  type SettingsOptions,
  type WorkspaceOption,
  withExamples,
  withRunOf,
  withSettings,
  withWorkspace,
} from "./options.ts";
import { ownOperatorFiles } from "./own-operator-files.ts";
import { describeParity, parityJson } from "./parity-report.ts";
import { stateText } from "./run-view.ts";
import { createPaint, visible, wantsColor } from "./terminal.ts";

interface Options extends WorkspaceOption, SettingsOptions, RunOfOptions {
  readonly with?: AirflowVersion;
  readonly airflow?: boolean;
  readonly run?: string;
  readonly writes: boolean;
  readonly yes?: boolean;
  readonly format: "text" | "json";
}

export function parityCommand(): Command {
  const command = new Command("parity")
    .description("run a pipeline here and on a real Airflow, and compare states, parameters and artifacts")
    .addArgument(pipelineArgument(true));
  withRunOf(command)
    .addOption(
      new Option(
        "--with <version>",
        "the Airflow that is set up on this machine (default: what airflow.version of the settings means)",
      ).choices(airflowVersions),
    )
    .option("--airflow", "the environment's own Airflow instead, by its REST API (airflow.connection of the settings)")
    .option("--run <id>", "with --airflow: compare with this run of it, that there is already")
    .option("--no-writes", "leave out the tasks that change the outside world, and those after them")
    .option("--yes", "tasks that write may do so twice, outside of the default environment too")
    .addOption(new Option("--format <format>", "text or json").choices(["text", "json"]).default("text"))
    .action((pipeline: string, options: Options) => compare(pipeline, options));
  withSettings(withWorkspace(command), "the workspace's default_env");
  return withExamples(
    command,
    "tradewind parity flight_delays --date 2013-07-10",
    "tradewind parity flight_delays --env prod --airflow --run scheduled__2026-01-01T03:00:00+00:00 --no-writes",
  );
}

/** What both sides of a comparison work with. */
interface Task {
  readonly root: string;
  readonly options: Options;
  readonly plan: Plan;
  readonly opening: OpenOptions;
  readonly env: NodeJS.ProcessEnv;
  /** Folder of this comparison. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (place: string, words: string) => void;
}

async function compare(name: string, options: Options): Promise<void> {
  if (options.run !== undefined && !options.airflow) throw new UsageError("--run names a run of the environment's Airflow: add --airflow");
  if (options.with !== undefined && options.airflow)
    throw new UsageError("--with chooses the Airflow that is set up here; --airflow is the environment's own");
  const root = openWorkspace(options);
  const opening = openOptions(root);
  const found = compilePipeline(root, name, options, { target: "declared", explain: true });
  const plan = options.writes ? found.plan : withoutWriters(found.plan);
  if (plan.tasks.length === 0) throw new Failure(`every task of ${name} writes or comes after one that does; there is nothing to compare`);
  const folder = await makeFolder(root, plan);
  const interrupts = listenForInterrupts();
  const say = (place: string, words: string): void => {
    console.error(`${new Date().toISOString().slice(11, 19)}  ${place.padEnd(8)} ${visible(words)}`);
  };
  const task: Task = { root, options, plan, opening, env: opening.env, folder, signal: interrupts.signal, say };
  try {
    const [here, there] = options.airflow ? await compareWithEnvironment(task, found) : await compareWithLocal(task, found, name);
    const comparison = compareOutcomes(plan, here, there);
    if (options.format === "json") console.log(JSON.stringify(await parityJson(plan, comparison, here, there)));
    else {
      const paint = createPaint(wantsColor(process.stdout));
      console.log(`\n${(await describeParity(plan, comparison, here, there, paint)).join("\n")}`);
    }
    process.exitCode = comparison.differences.length > 0 ? 1 : 0;
    if (comparison.differences.length === 0) await rm(folder, { recursive: true, force: true });
    else say("parity", `kept: ${folder}`);
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
    process.exitCode = interrupts.exitCode();
  } finally {
    interrupts.end();
  }
}

/** `.tradewind/parity/<dag_id>`, empty: the stores of the last comparison of a DAG are kept until its next. */
async function makeFolder(root: string, { dag }: Plan): Promise<string> {
  const folder = join(root, ".tradewind", "parity", dag.dag_id.replaceAll(/[^\w.=-]/g, "_").replace(/^\./, "_"));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** An Airflow of this machine: two runs, two stores. */
async function compareWithLocal(task: Task, found: PipelinePlan, name: string): Promise<readonly [Outcome, Outcome]> {
  const { options, plan, folder, say, signal, env, root } = task;
  refuseWrites(task, plan, found.usual, "both here and by Airflow");
  const version = options.with ?? (found.compiled.resolved?.settings.target === "2" ? "2.11" : "3.3");
  const prepared = await prepare(task, datesOf(plan, options), options.param ?? {});
  const place = `Airflow ${version}`;
  const airflow = await provideAirflow(version, { env, signal, onLine: (line) => say("airflow", line) });
  const here = await onThisSide(task, prepared);
  signal.throwIfAborted();

  const { dates } = prepared.options;
  const store = openStore({ url: join(folder, "there") }, task.opening);
  await publishItems(root, plan.publish, store);
  const adapt = (given: Plan) => forLocalAirflow(inStore(options.writes ? given : withoutWriters(given), store.url), dates);
  const fits = found.compiled.resolved?.settings.target === (version === "2.11" ? "2" : "3");
  const { python } = compilePipeline(root, name, options, { target: fits ? "declared" : "portable", adapt }).compiled;
  if (python === undefined) throw new Failure(`${name} has no dag.py`);
  say("airflow", `${plan.dag.dag_id} in ${place} (airflow dags test)`);
  const copyOperators = async (dags: string) => {
    for (const [path, source] of ownOperatorFiles(root, [plan])) {
      await mkdir(dirname(join(dags, path)), { recursive: true });
      await copyFile(source, join(dags, path));
    }
  };
  const conf = givenParams(prepared);
  const told = new Map<string, string>();
  const watch = watchStore(plan, store, (id, status) => {
    told.set(id, status);
    say("airflow", `${id}  ${status}`);
  });
  const asked = { folder, dag_id: plan.dag.dag_id, python, copyOperators, dates, conf, env, signal };
  const run = await testDag(airflow, asked).finally(() => watch.end());
  for (const { id } of plan.tasks) if (told.get(id) !== run.tasks[id]) say("airflow", `${id}  ${run.tasks[id] ?? "none"}`);
  return [here, await readOutcome(plan, place, run, store, run.said)];
}

/** The Airflow of the environment: its run is in the environment's store. */
async function compareWithEnvironment(task: Task, found: PipelinePlan): Promise<readonly [Outcome, Outcome]> {
  const { options, plan, env, signal, say, root } = task;
  const settings = found.compiled.resolved?.settings;
  const connection = settings?.airflowConnection;
  if (connection === undefined)
    throw new Failure(
      `environment ${plan.env} does not say where its Airflow is: set airflow: { connection: NAME } in env/${plan.env}.yaml, and the connection in AIRFLOW_CONN_<NAME>`,
    );
  if (!/^\/|:\/\//.test(plan.store.url))
    throw new Failure(
      `the store of ${plan.env}, ${plan.store.url}, is a folder of this workspace that Airflow's workers do not have: set store.url in env/${plan.env}.yaml to one that both see`,
    );
  if (options.run !== undefined) refuseWrites(task, plan, found.usual, "here once more");
  // Airflow's run has all of its tasks, whatever is left out here.
  else
    refuseWrites(
      task,
      found.plan,
      found.usual,
      options.writes ? "both here and by Airflow" : "by Airflow, where --no-writes leaves out nothing",
    );
  const api = await openApi(connection, env, signal);
  const place = `Airflow ${api.version}`;
  const { dag_id } = plan.dag;
  let run: RemoteRun | undefined;
  if (options.run === undefined) await requireDag(api, dag_id);
  else run = await findRemoteRun(api, dag_id, options.run);
  if (run !== undefined && (options.date !== undefined || options.param !== undefined))
    throw new UsageError("--run has its own date and parameters; leave --date and --param out");
  if ((await hasSource(api, dag_id, found.compiled.python ?? "")) === false)
    say("airflow", `its dag.py of ${dag_id} is not what this workspace gives now: compile and publish it, or expect differences`);
  if (run !== undefined && run.logical_date === undefined)
    say(
      "airflow",
      `${run.run_id} has no logical date: ds, ts and the data interval are not defined there, and here are those of its start`,
    );

  const given = run === undefined ? (options.param ?? {}) : textsOf(run.conf, plan);
  const unknown = Object.keys(run?.conf ?? {}).filter((name) => !Object.hasOwn(plan.dag.params, name));
  if (unknown.length > 0)
    say("airflow", `that run was given ${unknown.join(", ")} too, which are no parameters of the pipeline; here they are left out`);
  const prepared = await prepare(task, run?.dates ?? datesOf(plan, options), given);
  const here = await onThisSide(task, prepared);
  signal.throwIfAborted();

  run ??= await triggerRun(api, dag_id, prepared.options.dates, givenParams(prepared));
  const { run_id } = run;
  say("airflow", `${run_id} on ${place} at ${api.url}`);
  const onTask = (id: string, state: string): void => say("airflow", `${id}  ${state}`);
  const states = await waitForRun(api, dag_id, run, { onTask, onWait: (message) => say("airflow", message), signal }).catch((error) => {
    if (signal.aborted) say("parity", `the run goes on in Airflow; compare with it later by --run '${run_id}'`);
    throw error;
  });
  const store = openStore(storeAddress(root, plan.store), task.opening);
  const there = await readOutcome(plan, place, states, store, (id) => readRemoteLog(api, dag_id, run_id, id));
  const ran = plan.tasks.filter(({ id, kind }) => kind === "job" && there.tasks[id]?.state === "success");
  if (ran.length > 0 && ran.every(({ id }) => there.tasks[id]?.result === undefined))
    throw new Failure(
      `run ${run_id} succeeded, but the store ${store.url} has nothing of it: the DAG in Airflow names another store, or was not compiled by Tradewind`,
    );
  return [here, there];
}

async function onThisSide(task: Task, prepared: PreparedRun): Promise<Outcome> {
  const { root, signal, say, plan } = task;
  say("here", `${plan.dag.dag_id} for ${prepared.options.dates.logical_date}`);
  const here = await runHere(prepared, { root, signal, onEvent: (event) => tell(event, say) });
  if ("problems" in here) throw new Failure(here.problems.join("\ntradewind: "));
  return here;
}

function tell(event: RunEvent, say: Task["say"]): void {
  if (event.event === "warning") say("here", `warning: ${event.task === undefined ? "" : `${event.task}: `}${event.message}`);
  if (event.event !== "task" || ["waiting", "running"].includes(event.record.state)) return;
  const { started, ended } = event.record;
  const time = started !== undefined && ended !== undefined ? `  ${showDuration(secondsBetween(started, ended))}` : "";
  say("here", `${event.task}  ${stateText(event.record)}${time}`);
}

async function prepare(task: Task, dates: RunOptions["dates"], params: RunOptions["params"]): Promise<PreparedRun> {
  const store = join(task.folder, "here");
  const prepared = await prepareRun(inStore(task.plan, store), {
    select: {},
    params,
    cache: true,
    dates,
    env: task.env,
    store: { url: store },
  });
  if ("problems" in prepared) throw new Failure(prepared.problems.join("\ntradewind: "));
  return prepared;
}

/** Those that were named; the others have their defaults on both sides. */
function givenParams({ params, options }: PreparedRun): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([name]) => Object.hasOwn(options.params, name)));
}

/** Those that the pipeline has, as --param would have them. */
function textsOf(conf: JsonObject, { dag }: Plan): Record<string, string> {
  const known = Object.entries(conf).filter(([name]) => Object.hasOwn(dag.params, name));
  return Object.fromEntries(known.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]));
}

/** Doing it twice is what a comparison is, and not always what somebody wants of a load. */
function refuseWrites({ options, say }: Task, plan: Plan, usual: string, where: string): void {
  const writers = writersOf(plan);
  if (writers.length === 0) return;
  const named = `${writers.slice(0, 5).join(", ")}${writers.length > 5 ? `, … (${writers.length})` : ""}`;
  if (plan.env === usual || options.yes) {
    say("parity", `${named} write to the outside world, ${where}`);
    return;
  }
  throw new Failure(
    `${named} would write to the outside world of ${plan.env}, ${where}: say --yes if that is meant${options.writes && !(options.airflow && options.run === undefined) ? ", or leave them out by --no-writes" : ""}`,
  );
}
