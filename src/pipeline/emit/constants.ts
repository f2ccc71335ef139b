/** Third block, between the imports and the DAG: the command, what all tasks share, and texts of several lines. */
import type { EngineName, Plan } from "../../protocol/plan.ts";
import { dockerConstants } from "./docker.ts";
import { fieldText, verbatim } from "./field.ts";
import type { Imports } from "./imports.ts";
import { podConstants } from "./kubernetes.ts";
import { launcherCommand } from "./launcher-command.ts";
import { printLine, printTall } from "./print.ts";
import { string, tripleQuote } from "./python.ts";
import { runEntries } from "./shared.ts";
import type { EmittedTasks } from "./tasks.ts";

/** Blocks; none when no task is a job. */
export function emitConstants(plan: Plan, tasks: EmittedTasks, imports: Imports): readonly string[] {
  const engines = new Set<EngineName>(plan.tasks.flatMap((task) => (task.kind === "job" ? [task.engine] : [])));
  if (engines.size === 0) return [];
  const entries = runEntries(plan).map((entry) => ({ key: entry.name, value: string(fieldText(entry)) }));
  const run = printTall(0, "RUN = ", { kind: "dict", entries });
  const launch = engines.has("process") ? [emitText("LAUNCH", verbatim(launcherCommand(plan.launcher, plan.package_index)))] : [];
  const texts = tasks.constants.map(({ code }) => code);
  const notes = ["# Every task is run by the launcher; what it is to do lies open in the task's env."];
  if ([tasks.code, ...launch, ...texts].some((text) => text.includes("{# #}"))) {
    notes.push("# A text ends in {# #} where Airflow would drop its last line end or read a file instead.");
  }
  if (engines.has("kubernetes") && [tasks.code, ...texts].some((text) => text.includes("$$"))) {
    notes.push("# A $ that stands twice in a pod's variable is one there: Kubernetes reads $(NAME) otherwise.");
  }
  const [first = "", ...rest] = [...launch, run];
  return [
    [...notes, first].join("\n"),
    ...rest,
    ...(engines.has("docker") ? dockerConstants(plan, imports) : []),
    ...(engines.has("kubernetes") ? podConstants(plan, imports) : []),
    ...texts,
  ];
}

function emitText(name: string, text: string): string {
  const triple = tripleQuote(text);
  return triple === undefined ? printLine(0, `${name} = `, string(text)) : `${name} = ${triple}`;
}
