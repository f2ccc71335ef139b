/** `tradewind why RUN TASK`: why a task did its work, or took it from the cache. */
import { Command, Option } from "commander";
import { formatDuration } from "../protocol/duration.ts";
import type { Json } from "../protocol/json.ts";
import type { Artifact } from "../protocol/result.ts";
import { type Cause, type ExplainedDifference, type Explanation, explainAttempt, type Reference } from "../run/why/explain.ts";
import type { Store } from "../storage/store.ts";
import { showDifference } from "./difference.ts";
import { Failure } from "./errors.ts";
import { showAge, showBytes, showRows } from "./figures.ts";
import { openAttempt, openRun } from "./open-run.ts";
import { openStores } from "./open-stores.ts";
import { openWorkspace } from "./open-workspace.ts";
import { attemptOption, type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";
import { createPaint, type Paint, visible, wantsColor } from "./terminal.ts";

interface Options extends WorkspaceOption {
  readonly env?: string;
  readonly attempt?: number;
  readonly than?: string;
  readonly format: "text" | "json";
}

export function whyCommand(): Command {
  const command = new Command("why")
    .description("why a task ran in a run and was not taken from the cache: what is not as it was before")
    .argument("<run>", "`latest`, a run's id or a part of it that no other has")
    .argument("<task>", "the task, or the last part of its name")
    .addOption(new Option("--than <run>", "the run to compare with (default: that of the newest earlier result)"))
    .addOption(attemptOption())
    .addOption(new Option("-e, --env <env>", "environment (default: all)"))
    .addOption(new Option("--format <format>", "text or json").choices(["text", "json"]).default("text"))
    .action((run: string, task: string, options: Options) => printWhy(run, task, options));
  return withExamples(withWorkspace(command), "tradewind why latest inference.score", "tradewind why latest score --than 2013-01-15");
}

async function printWhy(runName: string, taskName: string, options: Options): Promise<void> {
  const stores = openStores(openWorkspace(options), options.env);
  const { run, store, task, attempt } = await openAttempt(stores, runName, taskName, options.attempt);
  const than = options.than === undefined ? undefined : await otherRun(store, options.than, run.dag_id);
  const question = { dag_id: run.dag_id, run_id: run.run_id, task, attempt: attempt.attempt, ...(than !== undefined && { than }) };
  const explanation = await explainAttempt(question, store);
  if ("problem" in explanation) throw new Failure(explanation.problem);
  if (options.format === "json") console.log(JSON.stringify(explanation));
  else for (const line of describe(explanation, createPaint(wantsColor(process.stdout)))) console.log(line);
}

/** Results are compared within one store and dag: their keys and tasks mean the same there. */
async function otherRun(store: Store, name: string, dagId: string): Promise<string> {
  const { run } = await openRun([store], name);
  if (run.dag_id !== dagId) throw new Failure(`run ${run.run_id} is one of ${run.dag_id}, not of ${dagId}`);
  return run.run_id;
}

function describe(explanation: Explanation, paint: Paint): string[] {
  const { task, run_id, attempt, message } = explanation;
  const lines = [`${paint("bold", visible(task))} ${headline(explanation)}`, paint("dim", `run ${visible(run_id)}, attempt ${attempt}`)];
  if (explanation.how === "early" && message !== undefined) lines.push(`  ${visible(message)}`);
  lines.push(...describeCauses(explanation, paint));
  return lines;
}

function headline({ how, status, from, than, causes, differences }: Explanation): string {
  switch (how) {
    case "hit":
      return `was taken from the cache: run ${referenceWords(from)} had done the same work`;
    case "adopted":
      return `was taken from run ${referenceWords(from)}: --from, --to or --only left it out`;
    case "settled":
      return `was not done again: attempt ${from?.attempt} of this run had done it`;
    case "early":
      return `${status === "success" ? "ended" : status} before it was clear what there was to do`;
    case "ran": {
      const verb = status === "success" ? "ran" : `ran (${status})`;
      if (than === undefined || !causes.some(({ cause }) => cause === "changed")) return verb;
      const count = differences.length;
      return `${verb}, since ${count === 1 ? "one thing is" : `${count} things are`} not as in run ${referenceWords(than)}`;
    }
  }
}

function referenceWords(reference: Reference | undefined): string {
  return reference === undefined ? "another" : `${visible(reference.run_id)} (${showAge(Date.now() - Date.parse(reference.ended))} ago)`;
}

function describeCauses({ causes, than, differences, unrepeatable, how }: Explanation, paint: Paint): string[] {
  const lines = causes.flatMap((cause) => {
    const words = causeWords(cause, than);
    return words === undefined ? [] : [`  ${words}`];
  });
  const changed = causes.some(({ cause }) => cause === "changed");
  if (than !== undefined && !changed && how !== "settled") {
    if (differences.length > 0) lines.push(`  beside that, not as in run ${referenceWords(than)}:`);
    else if (causes.length > 0) lines.push(`  the work is the same as in run ${referenceWords(than)}`);
    else lines.push(`  the same work as in run ${referenceWords(than)}`);
  }
  for (const difference of differences) lines.push(...describeDifference(difference, paint).map((line) => `  ${line}`));
  if (unrepeatable)
    lines.push("  the same work made other bytes than then: a time, a random number or an order of rows gets into its output");
  return lines;
}

function causeWords(cause: Cause, than: Reference | undefined): string | undefined {
  switch (cause.cause) {
    case "writes":
      return "its effects are `writes`: it changes the outside world, so it is never taken from the cache";
    case "reads":
      return "its effects are `reads`: what it reads may have changed, so on Airflow it always runs (a local run may take it from the cache)";
    case "no-cache":
      return "the run was started with --no-cache";
    case "fresh":
      return "the run was started with --fresh for it";
    case "cleared":
      return "it is the first try after somebody cleared it, and that asks for the work again";
    case "first":
      return "no earlier run of this dag has a result of it";
    case "too-old":
      return `run ${referenceWords(than)} had done the same work, but ${formatDuration(Math.round(cause.age))} before; by store.keep it counts for ${formatDuration(Math.round(cause.oldest))}`;
    case "artifacts-gone":
      return `run ${referenceWords(than)} had done the same work, but what it made is no longer in the store`;
    case "failed":
      return `the same work failed in run ${referenceWords(than)}, and failures are tried again`;
    case "at-once":
      return `run ${referenceWords(than)} did the same work at the same time`;
    case "no-entry":
      return `run ${referenceWords(than)} had done the same work, but the cache did not have it (any more)`;
    case "changed":
      return undefined;
  }
}

function describeDifference(difference: ExplainedDifference, paint: Paint): string[] {
  switch (difference.part) {
    case "script":
      return [name("script", paint), ...textChange(difference.before, difference.after)];
    case "code":
      return [`${name("code", paint)}  files of the operator's code folder are not what they were`];
    case "packages":
      return [`${name("packages", paint)}  ${change(difference.before, difference.after)}`];
    case "port":
      return [`${name(`port ${difference.port}`, paint)}  ${change(difference.before, difference.after)}`];
    case "operator":
      return [
        `${name("operator", paint)}  ${difference.known ? "its version, or the list of its parameters" : "it is another (what exactly is no longer on record)"}`,
      ];
    case "parameter":
      return describeValue(`parameter ${difference.path}`, difference, paint);
    case "env":
      return describeValue(`job.env ${difference.name}`, difference, paint);
    case "salt":
      return [`${name("salt", paint)}  the cache's salt is another`];
    case "input": {
      const { port, before, after, producers = [] } = difference;
      const line = `${name(`input ${port}`, paint)}  ${inputChange(before, after)}`;
      return [line, ...producers.flatMap((producer) => describeProducer(producer, paint).map((text) => `  ${text}`))];
    }
  }
}

function describeProducer(producer: Explanation, paint: Paint): string[] {
  return [`from ${paint("bold", visible(producer.task))}, which ${headline(producer)}`, ...describeCauses(producer, paint)];
}

function describeValue(
  what: string,
  { before, after, hidden }: { readonly before?: Json; readonly after?: Json; readonly hidden: boolean },
  paint: Paint,
): string[] {
  if (hidden) return [`${name(what, paint)}  holds a secret, which is not on record; it is not what it was`];
  if (typeof before === "string" && typeof after === "string" && (before.includes("\n") || after.includes("\n")))
    return [name(what, paint), ...textChange(before, after)];
  return [`${name(what, paint)}  ${change(before, after)}`];
}

function name(text: string, paint: Paint): string {
  return paint("cyan", visible(text));
}

function change(before: Json | undefined, after: Json | undefined): string {
  return `${shortJson(before)} → ${shortJson(after)}`;
}

const mostShown = 100;

function shortJson(value: Json | undefined): string {
  if (value === undefined || value === null) return value === null ? "null" : "not there";
  const text = JSON.stringify(value);
  return visible(text.length > mostShown ? `${text.slice(0, mostShown - 1)}…` : text);
}

function textChange(before: string, after: string): string[] {
  return showDifference(before, after, 20).map((line) => `  ${visible(line)}`);
}

function inputChange(before: readonly Artifact[], after: readonly Artifact[]): string {
  if (before.length === 0 || after.length === 0 || before.length !== after.length)
    return `${before.length} ${before.length === 1 ? "artifact" : "artifacts"} → ${after.length}`;
  const changed = before.flatMap((artifact, index) => {
    const now = after[index];
    return now === undefined || now.sha256 === artifact.sha256 ? [] : [`${size(artifact)} → ${size(now)}`];
  });
  return `other content: ${changed.join("; ")}`;
}

function size({ size: bytes, rows }: Artifact): string {
  return rows === undefined ? showBytes(bytes) : `${showRows(rows)}, ${showBytes(bytes)}`;
}
