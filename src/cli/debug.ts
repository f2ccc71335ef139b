/** `tradewind debug RUN TASK`: a task of any run in the store, here again, with what it had. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import type { LaunchDeps } from "../launch/deps.ts";
import { failureOf } from "../launch/failure.ts";
import type { LaunchEvent } from "../protocol/event.ts";
import type { Request } from "../protocol/request.ts";
import { type DebugEnd, endDebug, type Prepared, prepareDebug, runPrepared } from "../run/debug/debug.ts";
import { debugInputs } from "../run/debug/inputs.ts";
import { debugRequest } from "../run/debug/request.ts";
import { compareEnd } from "../run/debug/same.ts";
import { hideFromGit } from "../run/leftovers.ts";
import { readRecordedRequest } from "../run/recorded-request.ts";
import { compileWorkspace } from "../workspace/compile-workspace.ts";
import { Failure } from "./errors.ts";
import { shellWord } from "./figures.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { openOptions } from "./open-options.ts";
import { type FoundAttempt, openAttempt } from "./open-run.ts";
import { openStorePairs } from "./open-stores.ts";
import { openWorkspace } from "./open-workspace.ts";
import { attemptOption, readAssignment, type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";
import { createPaint, visible, wantsColor } from "./terminal.ts";

type Assignments = Readonly<Record<string, string>>;

interface Options extends WorkspaceOption {
  readonly env?: string;
  readonly attempt?: number;
  readonly param?: Assignments;
  readonly input?: Assignments;
  readonly keep?: boolean;
  readonly shell?: boolean;
  readonly yes?: boolean;
}

export function debugCommand(): Command {
  const command = new Command("debug")
    .description("run a task of any run here again, one on Airflow too: same inputs, parameters and code; no run and no cache sees it")
    .argument("<run>", "`latest`, a run's id or a part of it that no other has")
    .argument("<task>", "the task, or the last part of its name")
    .argument("[command...]", "after --: run this in the prepared folder instead of the script")
    .option("--shell", "open a shell in the prepared folder instead")
    .option("--keep", "keep the folder also when it went well")
    .option("--yes", "run it although it changes the outside world (effects: writes)")
    .addOption(new Option("-p, --param <name=value>", "another value for a parameter of the task; repeatable").argParser(readAssignment))
    .addOption(new Option("--input <port=path>", "a local file for an input; repeatable").argParser(readAssignment))
    .addOption(attemptOption())
    .addOption(new Option("-e, --env <env>", "environment (default: all)"))
    .action((run: string, task: string, words: string[], options: Options) => debug(run, task, words, options));
  return withExamples(
    withWorkspace(command),
    "tradewind debug latest inference.score",
    "tradewind debug scheduled__2026-03-15 score --env prod --param threshold=0.7",
    "tradewind debug latest score -- python -m pdb -m score",
  );
}

async function debug(runName: string, taskName: string, words: readonly string[], options: Options): Promise<void> {
  if (options.shell && words.length > 0) throw new Failure("--shell and a command after -- do not go together");
  const root = openWorkspace(options);
  const pairs = openStorePairs(root, options.env);
  const found = await openAttempt(
    pairs.map(({ store }) => store),
    runName,
    taskName,
    options.attempt,
  );
  const code = pairs.find(({ store }) => store === found.store)?.code ?? found.store;
  const { env } = openOptions(root);
  const byHand = options.shell === true || words.length > 0;
  const request = await requestFor(found, env, byHand, options);
  warnOfImage(root, found, options.env);
  const interrupts = byHand ? undefined : listenForInterrupts();
  const signal = interrupts?.signal ?? new AbortController().signal;
  const deps: LaunchDeps = {
    store: found.store,
    code,
    env,
    work: join(root, ".tradewind", "debug"),
    cache: join(root, ".tradewind", "cache"),
    onEvent: print,
    signal,
  };
  const prepared = await prepare(found, request, deps, options);
  await hideFromGit(root);
  if (byHand) return runByHand(prepared, words, options);
  const end = await runPrepared(prepared, signal);
  interrupts?.end();
  const keep = options.keep === true || end.status !== "success";
  await endDebug(prepared, keep);
  report(found, prepared, end, keep);
  process.exitCode = end.status === "success" || end.status === "skipped" ? 0 : signal.aborted ? interrupts?.exitCode() : 1;
}

type Asked = Extract<ReturnType<typeof debugRequest>, { readonly request: Request }>;

/** What is to be run, or all that is in its way. */
async function requestFor(
  { run, store, task, attempt }: FoundAttempt,
  env: NodeJS.ProcessEnv,
  byHand: boolean,
  options: Options,
): Promise<Asked> {
  const recorded = await readRecordedRequest(run.dag_id, run.run_id, task, attempt.attempt, store);
  if (recorded === undefined) {
    const hit = attempt.result?.cache?.hit;
    const other = hit ? `; it was taken from run ${hit.run_id}: debug that one` : "";
    throw new Failure(`what attempt ${attempt.attempt} of ${task} was asked to do is not on record${other}`);
  }
  if (recorded.effects === "writes" && !byHand && !options.yes) {
    throw new Failure(
      `task ${task} changes the outside world (effects: writes), and would do that again with the connections of this machine: add --yes, or look around by --shell`,
    );
  }
  const runId = `debug__${new Date().toISOString().replaceAll(":", "-")}`;
  const asked = debugRequest(recorded, runId, options.param ?? {});
  if ("problems" in asked) throw new Failure(asked.problems.join("\ntradewind: "));
  for (const warning of asked.warnings) say(warning);
  const missing = recorded.connections.filter((id) => !env[`AIRFLOW_CONN_${id.toUpperCase()}`]);
  if (missing.length === 0) return asked;
  const sentence = missing.map(
    (id) => `connection "${id}" is not here: set AIRFLOW_CONN_${id.toUpperCase()} in the environment or in .env`,
  );
  if (!byHand) throw new Failure(sentence.join("\ntradewind: "));
  for (const one of sentence) say(one);
  return { ...asked, request: { ...asked.request, connections: recorded.connections.filter((id) => !missing.includes(id)) } };
}

async function prepare({ run, task, attempt }: FoundAttempt, asked: Asked, deps: LaunchDeps, options: Options): Promise<Prepared> {
  const given = Object.fromEntries(Object.entries(options.input ?? {}).map(([port, path]) => [port, resolve(path)]));
  try {
    const recorded = { ...asked.request, run_id: run.run_id };
    const inputs = await debugInputs(recorded, attempt.result, given, deps);
    if ("problem" in inputs) throw new Failure(inputs.problem);
    if (inputs.guessed && Object.keys(recorded.inputs).length > Object.keys(given).length)
      say(`attempt ${attempt.attempt} left no record of what went in; the inputs are what run ${run.run_id} has now`);
    return await prepareDebug(asked, inputs.inputs, deps);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { message, origin } = failureOf(error);
    if (origin === "launcher") throw error;
    throw new Failure(`task ${task} cannot be prepared here: ${message}`);
  }
}

/** An image is something that a process on this machine does not have. */
function warnOfImage(root: string, { run, task }: FoundAttempt, env: string | undefined): void {
  const { pipelines } = compileWorkspace(root, env === undefined ? {} : { env });
  const plan = pipelines
    .flatMap((one) => (one.plan && one.plan.dag.dag_id === run.dag_id ? one.plan.tasks : []))
    .find(({ id }) => id === task);
  if (plan?.kind !== "job" || plan.engine === "process") return;
  say(
    `by its pipeline ${task} runs in ${plan.job.image ?? "an image"} (engine ${plan.engine}); here it runs as a process, with the programs of this machine`,
  );
}

/** A shell, or a command, with the terminal to itself. */
async function runByHand(prepared: Prepared, words: readonly string[], options: Options): Promise<void> {
  const { scratch, variables, request } = prepared;
  const [program = "bash", ...args] = options.shell ? ["bash", "--noprofile", "--norc", "-i"] : words;
  const terminal = { TERM: process.env.TERM ?? "dumb", PS1: `${request.task} \\$ ` };
  if (options.shell) {
    console.error(`the script is ${shellWord(scratch.script)}: bash -eo pipefail ../script.sh runs it; exit leaves`);
    if (request.effects === "writes") say("it changes the outside world (effects: writes), and the connections are in this shell");
  }
  // Ctrl-C is for what runs in the foreground.
  const ignore = () => {};
  process.on("SIGINT", ignore);
  const code = await new Promise<number>((done, fail) => {
    const child = spawn(program, args, { cwd: scratch.work, env: { ...terminal, ...variables }, stdio: "inherit" });
    child.on("error", (error: NodeJS.ErrnoException) =>
      fail(new Failure(error.code === "ENOENT" ? `${program} was not found on the task's PATH` : error.message)),
    );
    child.on("close", (code, signal) => done(code ?? (signal === null ? 1 : 128)));
  }).finally(async () => {
    process.off("SIGINT", ignore);
    await endDebug(prepared, true);
  });
  console.error(`its folder: ${scratch.root}`);
  process.exitCode = code;
}

function report({ task, attempt }: FoundAttempt, { scratch, files, variables }: Prepared, end: DebugEnd, keep: boolean): void {
  const paint = createPaint(wantsColor(process.stderr));
  const { same, lines } = compareEnd(end, attempt.result);
  if (end.failure) say(visible(end.failure.message));
  for (const line of lines) console.error(`${paint(same ? "green" : "yellow", same ? "=" : "≠")} ${task}: ${line}`);
  if (!keep) return;
  console.error(`its folder: ${scratch.root} (work/ code, in/ inputs, out/ outputs, env.sh variables)`);
  console.error(`again by hand: ${shellWord(files.again)}`);
  const unset = files.left.filter((name) => process.env[name] === undefined && variables[name] !== undefined);
  if (unset.length > 0) console.error(`set before that, since they hold secrets and are not written down: ${unset.join(", ")}`);
}

function say(message: string): void {
  console.error(`tradewind: ${message}`);
}

function print(event: LaunchEvent): void {
  if (event.event === "log") (event.stream === "stdout" ? process.stdout : process.stderr).write(`${event.line}\n`);
  if (event.event === "warning") say(event.message);
}
