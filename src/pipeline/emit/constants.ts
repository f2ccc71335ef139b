/** Third block, between the imports and the DAG: the command, what all tasks share of the request, and texts of several lines. */
import type { Plan } from "../../protocol/plan.ts";
import { encodeRun } from "../../protocol/request-env.ts";
import { fieldText, verbatim } from "./field.ts";
import { launcherCommand } from "./launcher-command.ts";
import { printLine, printTall } from "./print.ts";
import { string, tripleQuote } from "./python.ts";
import type { EmittedTasks } from "./tasks.ts";

/** Blocks; none when no task is a job. */
export function emitConstants(plan: Plan, tasks: EmittedTasks): readonly string[] {
  if (!plan.tasks.some(({ kind }) => kind === "job")) return [];
  const launch = verbatim(launcherCommand(plan.launcher));
  const notes = ["# Every task is run by the launcher; what it is to do lies open in the task's env."];
  if ([tasks.code, launch, ...tasks.constants.map(({ code }) => code)].some((text) => text.includes("{# #}"))) {
    notes.push("# A text ends in {# #} where Airflow would drop its last line end or read a file instead.");
  }
  const entries = encodeRun(plan).map((entry) => ({ key: entry.name, value: string(fieldText(entry)) }));
  return [
    [...notes, emitText("LAUNCH", launch)].join("\n"),
    printTall(0, "RUN = ", { kind: "dict", entries }),
    ...tasks.constants.map(({ code }) => code),
  ];
}

function emitText(name: string, text: string): string {
  const triple = tripleQuote(text);
  return triple === undefined ? printLine(0, `${name} = `, string(text)) : `${name} = ${triple}`;
}
