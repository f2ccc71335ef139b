/** `tradewind logs RUN TASK`: what one attempt of a task printed. */
import { Command, Option } from "commander";
import { attemptKey } from "../protocol/layout.ts";
import { readLogLines } from "../run/log-lines.ts";
import type { Store } from "../storage/store.ts";
import { openAttempt } from "./open-run.ts";
import { openStores } from "./open-stores.ts";
import { openWorkspace } from "./open-workspace.ts";
import { attemptOption, type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";
import { visible } from "./terminal.ts";

interface Options extends WorkspaceOption {
  readonly env?: string;
  readonly attempt?: number;
}

export function logsCommand(): Command {
  const command = new Command("logs")
    .description("what a task printed; standard output and standard error as they came")
    .argument("<run>", "`latest`, a run's id or a part of it that no other has")
    .argument("<task>", "the task, or the last part of its name")
    .addOption(new Option("-e, --env <env>", "environment (default: all)"))
    .addOption(attemptOption())
    .action((run: string, task: string, options: Options) => printLog(run, task, options));
  return withExamples(withWorkspace(command), "tradewind logs latest inference.score");
}

async function printLog(name: string, taskName: string, options: Options): Promise<void> {
  const root = openWorkspace(options);
  const { run, store, task, attempt } = await openAttempt(openStores(root, options.env), name, taskName, options.attempt);
  const hit = attempt.result?.cache?.hit;
  if (hit) console.error(`taken from run ${hit.run_id}, attempt ${hit.attempt}; this is the log of that one`);
  const place = hit ? attemptKey(run.dag_id, hit.run_id, hit.task, hit.attempt) : attemptKey(run.dag_id, run.run_id, task, attempt.attempt);
  const printed = await printLines(place, store);
  if (!printed)
    console.error(
      attempt.result
        ? `task ${task} printed nothing`
        : `attempt ${attempt.attempt} has not ended; its log is here from its first ten seconds on, up to a minute behind`,
    );
  if (attempt.result?.message !== undefined) console.error(visible(attempt.result.message));
}

async function printLines(attempt: string, store: Store): Promise<boolean> {
  const lines = await readLogLines(attempt, store);
  for (const { line, stream } of lines ?? []) {
    const text = process.stdout.isTTY ? visible(line) : line;
    (stream === "stdout" ? process.stdout : process.stderr).write(`${text}\n`);
  }
  return lines !== undefined;
}
