/** `tradewind run`: a pipeline, here and now, by the launcher that Airflow's workers use too. */
import { Command, Option } from "commander";
import { localDay } from "../pipeline/timetable.ts";
import type { Plan } from "../protocol/plan.ts";
import type { Result } from "../protocol/result.ts";
import type { RunEvent } from "../protocol/run-event.ts";
import type { RunRecord } from "../protocol/run-record.ts";
import type { StoreAddress } from "../protocol/store-address.ts";
import type { Engine } from "../run/engine.ts";
import { readAttempts } from "../run/list.ts";
import { type LocalEngine, type PreparedRun, prepareRun, type RunOptions } from "../run/prepare.ts";
import { run } from "../run/run.ts";
import { storeAddress } from "../run/store.ts";
import { openCodeStore, openStore } from "../storage/open.ts";
import type { Store } from "../storage/store.ts";
import { datesOf } from "./dates-of.ts";
import { Failure } from "./errors.ts";
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
import { planPipeline } from "./plan-pipeline.ts";
import { summarizeRun } from "./run-summary.ts";
import { createLiveView, createPlainView, type RunView } from "./run-view.ts";
import { createPaint, wantsColor } from "./terminal.ts";

interface Options extends WorkspaceOption, SettingsOptions, RunOfOptions {
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly only?: readonly string[];
  readonly fresh?: readonly string[];
  readonly cache: boolean;
  readonly engine: LocalEngine;
  readonly format: "text" | "json";
}

export function runCommand(): Command {
  const tasks = (flags: string, text: string) =>
    new Option(flags, text).argParser((name: string, before: readonly string[] | undefined) => [...(before ?? []), ...name.split(",")]);
  const command = new Command("run")
    .description("run a pipeline on this machine; what is unchanged since an earlier run is taken from it")
    .addArgument(pipelineArgument(true));
  withRunOf(command)
    .addOption(tasks("--from <task>", "this task or group, and all that need it; the rest is taken from earlier runs"))
    .addOption(tasks("--to <task>", "this task or group, and all that it needs"))
    .addOption(tasks("--only <task>", "this task or group alone; repeatable, as are the others"))
    .addOption(tasks("--fresh <task>", "do this task or group again even if nothing changed"))
    .option("--no-cache", "do everything again")
    .addOption(
      new Option("--engine <engine>", "process, or docker: each job in its image, by the docker or podman on PATH")
        .choices(["process", "docker"])
        .default("process"),
    )
    .addOption(new Option("--format <format>", "text, or json: an event a line").choices(["text", "json"]).default("text"))
    .action((pipeline: string, options: Options) => runPipeline(pipeline, options));
  withSettings(withWorkspace(command), "the workspace's default_env");
  return withExamples(
    command,
    "tradewind run flight_delays --date 2013-01-15",
    "tradewind run flight_delays --from inference.score --param threshold=0.7",
    "tradewind run flight_delays --engine docker",
  );
}

async function runPipeline(name: string, options: Options): Promise<void> {
  const root = openWorkspace(options);
  const plan = await planPipeline(root, name, options);
  const address = storeAddress(root, plan.store);
  const opening = openOptions(root);
  const store = openStore(address, opening);
  const code = openCodeStore(address, opening, store);
  const prepared = await prepareRun(plan, runOptions(plan, options, opening.env, address));
  if ("problems" in prepared) throw new Failure(prepared.problems.join("\ntradewind: "));

  const containers = options.engine === "docker" ? await openContainers(prepared, root) : undefined;
  const interrupts = listenForInterrupts();
  const view = createView(options);
  const done = await run(prepared, { root, store, code, onEvent: view.show, signal: interrupts.signal, ...containers }).finally(() =>
    view.end(),
  );
  interrupts.end();
  if ("problems" in done) throw new Failure(done.problems.join("\ntradewind: "));
  if (options.format === "text") await printSummary(done, name, plan, options, store);
  process.exitCode = done.state === "success" ? 0 : done.state === "cancelled" ? interrupts.exitCode() : 1;
}

/** Loaded only then: a run of processes needs none of it. */
async function openContainers({ plan, selection, options }: PreparedRun, root: string): Promise<{ readonly containers: Engine }> {
  const { containerEngine } = await import("../run/containers/engine.ts");
  const say = (message: string) => console.error(`tradewind: ${message}`);
  const containers = await containerEngine(plan, selection.selected, { root, env: options.env, say });
  if ("problem" in containers) throw new Failure(containers.problem);
  return { containers };
}

function runOptions(plan: Plan, options: Options, env: NodeJS.ProcessEnv, store: StoreAddress): RunOptions {
  const { from = [], to = [], only = [], fresh = [], param = {}, cache, engine } = options;
  return { select: { from, to, only, fresh }, params: param, cache, dates: datesOf(plan, options), env, store, engine };
}

function createView(options: Options): RunView {
  if (options.format === "json") {
    return { show: (event: RunEvent) => process.stdout.write(`${JSON.stringify(event)}\n`), end() {} };
  }
  const live = process.stdout.isTTY && process.env.TERM !== "dumb";
  return live ? createLiveView(process.stdout, wantsColor(process.stdout)) : createPlainView(process.stdout);
}

async function printSummary(record: RunRecord, name: string, plan: Plan, options: Options, store: Store): Promise<void> {
  const failures = new Map<string, Result>();
  for (const [id, task] of Object.entries(record.tasks)) {
    const result = task.state === "failed" ? (await readAttempts(record.dag_id, record.run_id, id, store)).at(-1)?.result : undefined;
    if (result) failures.set(id, result);
  }
  const place = options.workspace === undefined ? [] : ["-C", options.workspace];
  const facts = { record, failures, again: () => sameRun(record, name, plan, options), place };
  console.log(`\n${summarizeRun(facts, createPaint(wantsColor(process.stdout))).join("\n")}`);
}

/** The words that run the same again. Without the day, tomorrow's "again" would be another run. */
function sameRun(record: RunRecord, name: string, plan: Plan, options: Options): string[] {
  const words = ["run", name];
  if (options.workspace !== undefined) words.push("-C", options.workspace);
  if (options.env !== undefined) words.push("--env", options.env);
  const day = options.date ?? (plan.dag.schedule === null ? undefined : localDay(Date.parse(record.logical_date), plan.dag.timezone));
  if (day !== undefined) words.push("--date", day);
  if (options.engine !== "process") words.push("--engine", options.engine);
  for (const [key, value] of Object.entries(options.param ?? {})) words.push("--param", `${key}=${value}`);
  for (const [key, value] of Object.entries(options.set ?? {})) words.push("--set", `${key}=${value}`);
  for (const option of ["from", "to", "only"] as const) for (const task of options[option] ?? []) words.push(`--${option}`, task);
  return words;
}
