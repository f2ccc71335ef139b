/** What a comparison found, for a person and as JSON: the first difference in full, since the others often follow from it. */

import type { JsonObject } from "../protocol/json.ts";
import { attemptKey } from "../protocol/layout.ts";
import type { Plan } from "../protocol/plan.ts";
import type { Artifact } from "../protocol/result.ts";
import { readLogLines } from "../run/log-lines.ts";
import type { Comparison, Difference } from "../run/parity/compare.ts";
import { type ContentDifference, compareContents } from "../run/parity/content.ts";
import type { Outcome } from "../run/parity/outcome.ts";
import { showBytes, showRows } from "./figures.ts";
import { type Paint, visible } from "./terminal.ts";

/** Lines of each log that are shown. */
const logLines = 40;
/** Differences that are named after the first. */
const named = 10;

/** Lines to print. */
export async function describeParity(plan: Plan, comparison: Comparison, here: Outcome, there: Outcome, paint: Paint): Promise<string[]> {
  const { differences, left_out } = comparison;
  const [first, ...others] = differences;
  const lines: string[] = [];
  if (first !== undefined) {
    lines.push(...(await describeFirst(plan, first, here, there, paint)), "");
    for (const other of others.slice(0, named)) lines.push(`also  ${nameOf(other)}  ${shortly(other)}`);
    if (others.length > named) lines.push(`      … and ${others.length - named} more`);
    if (others.length > 0) lines.push("");
  }
  if (left_out.length > 0) lines.push(paint("dim", `not compared, since only Airflow runs them: ${left_out.map(visible).join(", ")}`));
  const { tasks, parameters, artifacts } = comparison.compared;
  const verdict = differences.length === 0 ? paint("green", "the same") : paint("red", count(differences.length, "difference"));
  const what = [count(tasks, "task"), count(parameters, "parameter"), count(artifacts, "artifact")].join(", ");
  lines.push(`${paint("bold", visible(plan.dag.dag_id))} ${verdict}: here and ${there.place}, ${what} compared`);
  lines.push(paint("dim", `here   ${here.run_id} ${here.state}`), paint("dim", `there  ${there.run_id} ${there.state}`));
  return lines;
}

async function describeFirst(plan: Plan, first: Difference, here: Outcome, there: Outcome, paint: Paint): Promise<string[]> {
  const lines = [`${paint("red", "✗")} ${paint("bold", visible(nameOf(first)))} ${headline(first, there)}`];
  if (first.kind === "parameter") {
    lines.push(`    here   ${valueText(first.here)}`, `    there  ${valueText(first.there)}`);
  }
  if (first.kind === "artifact") lines.push(...(await describeArtifacts(first, here, there)).map((line) => `    ${line}`));
  if (first.kind === "run") return lines;
  for (const hint of hintsOf(plan, first, here, there)) lines.push(`    ${hint}`);
  for (const [side, outcome] of [
    ["here", here],
    ["there", there],
  ] as const) {
    const log = await readLog(plan, first.task, outcome);
    const shown = log.slice(-logLines);
    const cut = log.length > shown.length ? `, the last ${shown.length} of ${log.length} lines` : "";
    lines.push(`  log ${side} (${outcome.place})${log.length === 0 ? ": it said nothing" : cut}`);
    for (const line of shown) lines.push(`    ${paint("dim", "│")} ${visible(line)}`);
  }
  return lines;
}

function headline(first: Difference, there: Outcome): string {
  switch (first.kind) {
    case "state":
      return `is ${first.here} here and ${first.there} on ${there.place}`;
    case "parameter":
      return "has another value after rendering";
    case "artifact":
      if (first.here === undefined || first.there === undefined)
        return `is there only ${first.there === undefined ? "here" : `on ${there.place}`}`;
      return first.here.sha256 === first.there.sha256 ? "has other rows counted" : "has other contents";
    case "run":
      return `ended as ${first.here} here and ${first.there} on ${there.place}`;
  }
}

async function describeArtifacts(
  { here, there }: Extract<Difference, { kind: "artifact" }>,
  one: Outcome,
  other: Outcome,
): Promise<string[]> {
  const lines = [`here   ${artifactText(here)}`, `there  ${artifactText(there)}`];
  if (here === undefined || there === undefined) return lines;
  const found = await compareContents({ artifact: here, store: one.store }, { artifact: there, store: other.store });
  return [...lines, ...contentText(found)];
}

function contentText(found: ContentDifference): string[] {
  const row = (side: "here" | "there", text: string | undefined) =>
    `${side.padEnd(5)}  ${text === undefined ? "(ends before)" : visible(text.length > 400 ? `${text.slice(0, 399)}…` : text)}`;
  switch (found.kind) {
    case "row": {
      const what = found.number === 0 ? "the header" : `row ${found.number}`;
      const columns = (found.columns ?? []).map(({ name }) => visible(name));
      const where = columns.length === 0 ? "" : `, in ${columns.slice(0, 8).join(", ")}${columns.length > 8 ? ", …" : ""}`;
      return [`first different: ${what}${where}`, row("here", found.here), row("there", found.there)];
    }
    case "line":
      return [`first different: line ${found.number}`, row("here", found.here), row("there", found.there)];
    case "byte":
      return [`first different: byte ${found.offset}`, row("here", found.here || undefined), row("there", found.there || undefined)];
    case "file":
      if (found.only !== undefined) return [`first different: ${visible(found.path)} is there only ${found.only}`];
      return [`first different: ${visible(found.path)}`, ...(found.inside === undefined ? [] : contentText(found.inside))];
    case "gone":
      return [`the store ${found.side === "here" ? "here" : "there"} no longer has it, so that its contents cannot be shown`];
    case "none":
      return ["their bytes are the same"];
  }
}

/** Why it may be so. */
function hintsOf(plan: Plan, first: Exclude<Difference, { kind: "run" }>, here: Outcome, there: Outcome): string[] {
  const hints: string[] = [];
  const task = plan.tasks.find(({ id }) => id === first.task);
  if (first.kind === "state") {
    for (const [side, outcome] of [
      ["here", here],
      ["there", there],
    ] as const) {
      const message = outcome.tasks[first.task]?.result?.message;
      if (message !== undefined) hints.push(`${side.padEnd(5)}  ${visible(message)}`);
    }
    if (there.logical_date === undefined) hints.push("that run has no logical date: ds, ts and the data interval are not defined in it");
  }
  if (first.kind === "artifact" && task?.kind === "job") {
    const holdsRun = JSON.stringify(here.tasks[first.task]?.request?.params ?? {}).includes(JSON.stringify(here.run_id).slice(1, -1));
    hints.push(
      holdsRun
        ? "a parameter of it holds the run's id, which is another one in every run"
        : task.effects === "none"
          ? "its parameters and inputs are the same: what it makes depends on something else (time, chance, the machine)"
          : "it reads the outside world, which may have changed between the two runs",
    );
  }
  return hints;
}

async function readLog(plan: Plan, task: string, { run_id, store, tasks, said }: Outcome): Promise<readonly string[]> {
  const result = tasks[task]?.result;
  if (result !== undefined) {
    const from = result.cache?.hit ?? { run_id, task, attempt: result.attempt };
    const lines = await readLogLines(attemptKey(plan.dag.dag_id, from.run_id, from.task, from.attempt), store);
    return (lines ?? []).map(({ line }) => line);
  }
  return said(task);
}

/** All differences; of the first that is an artifact, where its contents differ. */
export async function parityJson(plan: Plan, comparison: Comparison, here: Outcome, there: Outcome): Promise<JsonObject> {
  const [first] = comparison.differences;
  const content =
    first?.kind === "artifact" && first.here !== undefined && first.there !== undefined
      ? await compareContents({ artifact: first.here, store: here.store }, { artifact: first.there, store: there.store })
      : undefined;
  const logs =
    first === undefined || first.kind === "run"
      ? undefined
      : { here: await readLog(plan, first.task, here), there: await readLog(plan, first.task, there) };
  const sideOf = ({ place, run_id, state, store, logical_date }: Outcome) => ({
    place,
    run_id,
    state,
    store: store.url,
    ...(logical_date !== undefined && { logical_date }),
  });
  return {
    dag_id: plan.dag.dag_id,
    env: plan.env,
    same: comparison.differences.length === 0,
    here: sideOf(here),
    there: sideOf(there),
    ...comparison,
    ...(first !== undefined && { first: { ...first, ...(content && { content }), ...(logs && { logs }) } }),
  } as unknown as JsonObject;
}

function nameOf(difference: Difference): string {
  switch (difference.kind) {
    case "state":
      return difference.task;
    case "parameter":
      return `${difference.task}, parameter ${difference.name}`;
    case "artifact":
      return `${difference.task}:${difference.port}`;
    case "run":
      return "the run";
  }
}

function shortly(difference: Difference): string {
  if (difference.kind === "artifact") {
    const { here, there } = difference;
    if (here === undefined || there === undefined) return `only ${there === undefined ? "here" : "there"}`;
    return here.rows === there.rows ? "other contents" : `rows: ${here.rows ?? "not counted"} here, ${there.rows ?? "not counted"} there`;
  }
  if (difference.kind === "parameter") return "another value";
  return `${difference.here} here, ${difference.there} there`;
}

function artifactText(artifact: Artifact | undefined): string {
  if (artifact === undefined) return "not made";
  const { sha256, size, rows, type } = artifact;
  return [`${type}, ${showBytes(size)}`, ...(rows === undefined ? [] : [showRows(rows)]), `sha256 ${sha256.slice(0, 16)}…`].join(", ");
}

function valueText(value: unknown): string {
  if (value === undefined) return "not given";
  const text = JSON.stringify(value);
  return text.length > 2000 ? `${text.slice(0, 1999)}…` : text;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
