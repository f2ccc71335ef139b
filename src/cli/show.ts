/** `tradewind show RUN`: tasks, attempts and artifacts of one run. */
import { Command, Option } from "commander";
import type { Signs } from "../launch/signs.ts";
import type { Artifact, Usage } from "../protocol/result.ts";
import { type AttemptSummary, readAttempts } from "../run/list.ts";
import { secondsBetween, shellWord, showBytes, showDuration, showRows } from "./figures.ts";
import { openRun } from "./open-run.ts";
import { openStores } from "./open-stores.ts";
import { openWorkspace } from "./open-workspace.ts";
import { type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";
import { countTasks } from "./run-summary.ts";
import { stateText } from "./run-view.ts";
import { createPaint, type Paint, visible, wantsColor } from "./terminal.ts";

interface Options extends WorkspaceOption {
  readonly env?: string;
  readonly format: "text" | "json";
}

export function showCommand(): Command {
  const command = new Command("show")
    .description("one run: its tasks, their attempts and what they made")
    .argument("<run>", "`latest`, a run's id or a part of it that no other has")
    .addOption(new Option("-e, --env <env>", "environment (default: all)"))
    .addOption(new Option("--format <format>", "text or json").choices(["text", "json"]).default("text"))
    .action((run: string, options: Options) => showRun(run, options));
  return withExamples(withWorkspace(command), "tradewind show latest", "tradewind show 2013-01-15 --format json");
}

async function showRun(name: string, options: Options): Promise<void> {
  const root = openWorkspace(options);
  const { run, store } = await openRun(openStores(root, options.env), name);
  const tasks = await Promise.all(
    Object.entries(run.tasks).map(async ([task, record]) => ({
      task,
      ...record,
      attempts: await readAttempts(run.dag_id, run.run_id, task, store),
    })),
  );
  if (options.format === "json") {
    console.log(JSON.stringify({ ...run, store: store.url, tasks }));
    return;
  }
  const paint = createPaint(wantsColor(process.stdout));
  const time = run.started !== undefined && run.ended !== undefined ? ` in ${showDuration(secondsBetween(run.started, run.ended))}` : "";
  console.log(`${paint("bold", visible(run.dag_id))} ${run.state}${time}: ${countTasks(run)}`);
  console.log(`run    ${visible(run.run_id)} (${run.engine})`);
  if (run.logical_date !== undefined) console.log(`date   ${run.logical_date}`);
  console.log(`store  ${visible(store.url)}`);
  for (const { task, attempts } of tasks) {
    const record = run.tasks[task];
    if (record === undefined) continue;
    const from = record.taken_from === undefined ? "" : paint("dim", `  from ${visible(record.taken_from)}`);
    console.log(`\n${paint("bold", task)}  ${stateText(record)}${from}`);
    for (const attempt of attempts) for (const line of describeAttempt(attempt, paint)) console.log(line);
    if (record.state === "failed") console.log(paint("dim", `  ${waysOn(run.run_id, task, options)}`));
  }
}

/** The commands to go on with. */
function waysOn(run: string, task: string, { workspace, env }: Options): string {
  const place = [...(workspace === undefined ? [] : ["-C", workspace]), ...(env === undefined ? [] : ["--env", env])];
  const command = (name: string) => ["tradewind", name, run, task, ...place].map(shellWord).join(" ");
  return `its log: ${command("logs")}   the same again here: ${command("debug")}`;
}

function describeAttempt({ attempt, result, signs, lost }: AttemptSummary, paint: Paint): string[] {
  if (result === undefined) return [`  attempt ${attempt}  ${describeSigns(signs, lost)}`];
  const time = showDuration(secondsBetween(result.started, result.ended));
  const state = result.status === "success" && result.cache?.hit ? "cached" : result.status;
  const lines = [`  attempt ${attempt}  ${state}  ${time}${result.message === undefined ? "" : `  ${visible(result.message)}`}`];
  for (const [port, artifact] of Object.entries(result.outputs)) lines.push(`    ${describeArtifact(port, artifact, paint)}`);
  const usage = describeUsage(result.usage);
  if (usage !== "" && !result.cache?.hit) lines.push(`    ${paint("dim", usage)}`);
  return lines;
}

/** What is known of an attempt that has no result. */
function describeSigns({ claimed, alive, seen }: Signs = {}, lost = false): string {
  const host = alive?.host ?? claimed?.host;
  const where = host === undefined ? "" : ` on ${visible(host)}`;
  const last = seen === undefined ? "" : `, last sign of life ${new Date(seen).toISOString()}`;
  return lost ? `lost${where}: its launcher died${last}` : `running${where}${alive ? ` (${visible(alive.phase)})` : ""}${last}`;
}

/** Empty when nothing of it is known. */
function describeUsage({ peak_memory, memory_limit, cpu, peak_disk, staged, uploaded, phases }: Usage): string {
  const memory =
    peak_memory === undefined
      ? ""
      : `memory ${showBytes(peak_memory)}${memory_limit === undefined ? "" : ` of ${showBytes(memory_limit)}`}`;
  const parts = [
    memory,
    cpu === undefined ? "" : `cpu ${showDuration(cpu / 1000)}`,
    peak_disk === undefined ? "" : `disk ${showBytes(peak_disk)}`,
    staged ? `staged ${showBytes(staged)}` : "",
    uploaded ? `uploaded ${showBytes(uploaded)}` : "",
    ...Object.entries(phases).map(([phase, time]) => (time < 100 ? "" : `${visible(phase)} ${showDuration(time / 1000)}`)),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function describeArtifact(port: string, { key, sha256, size, rows, dir }: Artifact, paint: Paint): string {
  const facts = [dir ? `folder, ${showBytes(size)}` : showBytes(size), ...(rows === undefined ? [] : [showRows(rows)])];
  return `${port}  ${facts.join(", ")}  ${paint("dim", `sha256 ${sha256.slice(0, 16)}…  ${visible(key)}`)}`;
}
