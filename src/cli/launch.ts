/**
 * `tradewind launch job.yaml` and `tradewind launch --operator DIR`: a job's file or an operator by hand, by the same launcher that
 * runs it on Airflow.
 */
import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { runOn } from "../pipeline/timetable.ts";
import type { Plan } from "../protocol/plan.ts";
import type { RunEvent } from "../protocol/run-event.ts";
import { fetchArtifact } from "../run/fetch-artifact.ts";
import { readAttempts } from "../run/list.ts";
import { prepareRun } from "../run/prepare.ts";
import { run } from "../run/run.ts";
import { createFolderStore } from "../storage/folder.ts";
import { readEnvironment } from "../workspace/dotenv.ts";
import { compileByHand, type Given, type Place, placeJob, placeOperator } from "./by-hand.ts";
import { printDiagnostics } from "./chosen.ts";
import { countText } from "./diagnostics.ts";
import { Failure, UsageError } from "./errors.ts";
import { showBytes, showRows } from "./figures.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { readAssignment, withExamples, withSettings } from "./options.ts";
import { visible } from "./terminal.ts";

interface Options extends Given {
  readonly operator?: string;
}

export function launchCommand(): Command {
  const command = new Command("launch")
    .description(
      "run one job or operator by hand; with nothing said: one attempt of the request in the environment, as Airflow's workers do",
    )
    .argument("[job]", "file with `job:`")
    .option("--operator <dir>", "folder that holds operator.yaml")
    .addOption(new Option("-p, --param <name=value>", "a parameter; repeatable").argParser(readAssignment))
    .addOption(new Option("--input <port=path>", "file or folder for an input; repeatable").argParser(readAssignment))
    .addOption(new Option("--output <port=path>", "where to put an output; repeatable").argParser(readAssignment))
    .action((job: string | undefined, options: Options) => launchByHand(job, options));
  withSettings(command, "the workspace's default_env");
  return withExamples(
    command,
    "tradewind launch jobs/score.yaml --param threshold=0.7 --input data=flights.csv --output scores=scores.csv",
    "tradewind launch --operator operators/score_delays --param threshold=0.7 --input data=flights.csv --output scores=scores.csv",
  );
}

async function launchByHand(job: string | undefined, options: Options): Promise<void> {
  if ((job === undefined) === (options.operator === undefined)) {
    throw new UsageError("name one thing to launch: a job's file (tradewind launch job.yaml), or an operator (--operator DIR)");
  }
  for (const [port, path] of Object.entries(options.input ?? {})) {
    if (!existsSync(path)) throw new Failure(`input ${port}: ${path} does not exist`);
  }
  for (const [port, path] of Object.entries(options.output ?? {})) {
    if (existsSync(path)) throw new Failure(`output ${port}: ${path} is there already; name a new file, or remove it`);
  }
  const place = await (job === undefined ? placeOperator(options.operator ?? "") : placeJob(job));
  try {
    await launchAt(place, options);
  } finally {
    rmSync(place.scratch, { recursive: true, force: true });
  }
}

async function launchAt(place: Place, options: Options): Promise<void> {
  const plan = planByHand(place, options);
  const environment = readEnvironment(place.root, process.env);
  if ("problem" in environment) throw new Failure(environment.problem);
  const store = createFolderStore(join(place.scratch, "store"));
  const dates = runOn(null, "UTC", { now: Math.floor(Date.now() / 1000) * 1000 });
  if ("problem" in dates) throw new Failure(dates.problem);
  const prepared = await prepareRun(plan, { select: {}, params: {}, cache: false, dates, env: environment.env, store: { url: store.url } });
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

function planByHand(place: Place, options: Options): Plan {
  const { compilation, diagnostics, texts, remarks } = compileByHand(place, options);
  for (const remark of remarks) console.error(`tradewind: ${remark}`);
  const plan = compilation.pipelines[0]?.plan;
  const said = diagnostics.filter(({ severity, span }) => severity === "error" || span.file === place.shown);
  printDiagnostics(said, texts, process.stderr);
  if (plan === undefined) throw new Failure(`${place.operator} cannot run: ${countText(said)}`);
  return plan;
}
