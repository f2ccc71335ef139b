/**
 * From a Plan to the text of dag.py: an explicit file that an Airflow engineer would have written by hand (design §5), with no import
 * but Airflow's and Python's own, laid out as `ruff format` leaves it. The same Plan gives the same bytes.
 */
import type { Plan } from "../../protocol/plan.ts";
import { emitConstants } from "./constants.ts";
import { emitDagArguments } from "./dag-arguments.ts";
import { emitHeader } from "./header.ts";
import { emitImports, Imports } from "./imports.ts";
import { Names, taskNames } from "./names.ts";
import { emitOrder } from "./order.ts";
import type { Target } from "./target.ts";
import { emitTasks } from "./tasks.ts";

/** The text of dag.py. */
export function emitDag(plan: Plan, target: Target): string {
  const imports = new Imports(target);
  const names = new Names(imports.reserve(plan));
  const variables = taskNames(plan, names);
  const dag = emitDagArguments(plan, imports);
  const tasks = emitTasks(plan, { imports, names, variables });
  const order = emitOrder(plan, variables);
  const blocks = [emitHeader(plan, target), emitImports(imports), ...emitConstants(plan, tasks), [dag, tasks.code, ...order].join("\n")];
  return `${blocks.join("\n\n")}\n`;
}
