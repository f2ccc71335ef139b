/** What a run came to, for the person who started it: counts, why it failed, and the commands to go on with. */
import type { Result } from "../protocol/result.ts";
import type { RunRecord, TaskRecord } from "../protocol/run-record.ts";
import { secondsBetween, shellWord, showDuration } from "./figures.ts";
import { type Paint, visible } from "./terminal.ts";

export interface SummaryFacts {
  readonly record: RunRecord;
  /** Results of the tasks that failed, for the end of their logs. */
  readonly failures: ReadonlyMap<string, Result>;
  /** Words after `tradewind`: this run again. */
  readonly again: () => readonly string[];
  /** `-C DIR` where it was given. */
  readonly place: readonly string[];
}

const logLines = 12;

/** Lines to print after the run. */
export function summarizeRun({ record, failures, again, place }: SummaryFacts, paint: Paint): string[] {
  const lines: string[] = [];
  const failed = Object.entries(record.tasks).filter(([, task]) => task.state === "failed");
  for (const [id, task] of failed) lines.push(...describeFailure(id, task, failures.get(id), record, place, paint), "");
  const time = record.ended === undefined ? "" : ` in ${showDuration(secondsBetween(record.started, record.ended))}`;
  const style = record.state === "success" ? "green" : record.state === "failed" ? "red" : "yellow";
  lines.push(`${paint("bold", record.dag_id)} ${paint(style, record.state)}${time}: ${countTasks(record)}`);
  lines.push(paint("dim", `run ${record.run_id}`));
  const command = (words: readonly string[]) => ["tradewind", ...words].map(shellWord).join(" ");
  if (record.state === "success") lines.push(paint("dim", `see it: ${command(["show", ...place, "latest"])}`));
  else lines.push(`go on from here: ${command(again())}   (what is done is not done again)`);
  return lines;
}

function describeFailure(
  id: string,
  task: TaskRecord,
  result: Result | undefined,
  record: RunRecord,
  place: readonly string[],
  paint: Paint,
): string[] {
  const tries = task.attempts > 1 ? ` after ${task.attempts} tries` : "";
  const tail = (result?.tail ?? []).slice(-logLines);
  const message = task.message ?? task.reason ?? "no reason was given";
  // The message quotes the last lines, which stand in full right below it.
  const why = tail.length > 0 ? (message.split("; last lines: ")[0] ?? message) : message;
  const lines = [`${paint("red", "✗")} ${paint("bold", id)} failed${tries}: ${visible(why)}`];
  for (const line of tail) lines.push(`    ${paint("dim", "│")} ${visible(line)}`);
  lines.push(`    all of its log: ${["tradewind", "logs", ...place, record.run_id, id].map(shellWord).join(" ")}`);
  return lines;
}

/** `3 ran, 2 cached, 1 failed`. */
export function countTasks(record: Pick<RunRecord, "tasks">): string {
  const counts = new Map<string, number>();
  for (const task of Object.values(record.tasks)) {
    const word = wordOf(task);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const order = [
    "ran",
    "cached",
    "failed",
    "upstream failed",
    "skipped",
    "stopped",
    "lost",
    "running",
    "not started",
    "not run here",
    "left out",
  ];
  return order.flatMap((word) => (counts.has(word) ? [`${counts.get(word)} ${word}`] : [])).join(", ");
}

function wordOf(task: TaskRecord): string {
  switch (task.state) {
    case "success":
      return task.taken_from === undefined ? "ran" : "cached";
    case "failed":
    case "skipped":
    case "lost":
      return task.state;
    case "upstream_failed":
      return "upstream failed";
    case "cancelled":
      return "stopped";
    case "running":
    case "up_for_retry":
      return "running";
    case "waiting":
      return "not started";
    case "not_run_here":
      return "not run here";
    case "not_selected":
      return "left out";
  }
}
