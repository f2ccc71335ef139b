/** `tradewind runs`: what ran in this workspace, newest first. */
import { Command, Option } from "commander";
import { type FoundRun, newestRuns } from "../run/find-run.ts";
import { secondsBetween, showDuration } from "./figures.ts";
import { openStores } from "./open-stores.ts";
import { openWorkspace } from "./open-workspace.ts";
import { readCount, type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";
import { countTasks } from "./run-summary.ts";
import { createPaint, type Paint, pad, visible, wantsColor } from "./terminal.ts";

interface Options extends WorkspaceOption {
  readonly env?: string;
  readonly limit: number;
  readonly format: "text" | "json";
}

export function runsCommand(): Command {
  const command = new Command("runs")
    .description("runs, newest first: local ones, and those that Airflow left in the same store")
    .argument("[pipeline]", "dag whose runs to list")
    .addOption(new Option("-e, --env <env>", "environment (default: all)"))
    .addOption(new Option("-n, --limit <count>", "how many").argParser(readCount).default(20))
    .addOption(new Option("--format <format>", "text or json").choices(["text", "json"]).default("text"))
    .action((pipeline: string | undefined, options: Options) => listRuns(pipeline, options));
  return withExamples(withWorkspace(command), "tradewind runs", "tradewind runs flight_delays --limit 5");
}

async function listRuns(pipeline: string | undefined, options: Options): Promise<void> {
  const root = openWorkspace(options);
  const runs = await newestRuns(openStores(root, options.env), options.limit, pipeline);
  if (options.format === "json") {
    console.log(JSON.stringify(runs.map(({ run }) => run)));
    return;
  }
  if (runs.length === 0) console.error(`no runs${pipeline === undefined ? "" : ` of ${pipeline}`} yet; tradewind run PIPELINE makes one`);
  const paint = createPaint(wantsColor(process.stdout));
  for (const line of table(runs, paint)) console.log(line);
}

const styles = { success: "green", failed: "red", running: "cyan", cancelled: "yellow", lost: "yellow" } as const;

function table(runs: readonly FoundRun[], paint: Paint): string[] {
  const rows = runs.map(({ run }) => ({
    state: run.state,
    cells: [run.dag_id, run.engine, timeOf(run.started, run.ended), countTasks(run)].map(visible),
    id: visible(run.run_id),
  }));
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map(({ cells }) => (cells[column] ?? "").length)));
  return rows.map(({ state, cells, id }) => {
    const shown = cells.map((cell, column) => pad(cell, widths[column] ?? 0));
    return `${paint(styles[state], state.padEnd(9))}  ${shown.join("  ")}  ${paint("dim", id)}`;
  });
}

function timeOf(started: string | undefined, ended: string | undefined): string {
  if (started === undefined) return "";
  return ended === undefined ? "" : showDuration(secondsBetween(started, ended));
}
