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

/** The parts of dag.py, in its order. Lines without a line end behind the last; empty where there is nothing to say. */
export interface Blocks {
  /** Comment lines: the source and how to make the file again. */
  readonly header: string;
  readonly imports: string;
  /** The launcher's command, what all tasks share, and texts of several lines. */
  readonly constants: string;
  /** Between the parentheses of `DAG(…)`, indented by 4, each with its comma. */
  readonly dag_arguments: string;
  /** Operators in their groups, indented by 4. */
  readonly tasks: string;
  /** `a >> b`, indented by 4. */
  readonly order: string;
}

/** The text of dag.py. */
export function emitDag(plan: Plan, target: Target): string {
  return layOut(emitBlocks(plan, target));
}

export function emitBlocks(plan: Plan, target: Target): Blocks {
  const imports = new Imports(target);
  const names = new Names(imports.reserve(plan));
  const variables = taskNames(plan, names);
  imports.fromSdk("DAG");
  const dag = emitDagArguments(plan, imports);
  const tasks = emitTasks(plan, { imports, names, variables });
  const constants = emitConstants(plan, tasks, imports).join("\n\n");
  return {
    header: emitHeader(plan, target),
    imports: emitImports(imports),
    constants,
    dag_arguments: dag,
    tasks: tasks.code,
    order: emitOrder(plan, variables).join("\n"),
  };
}

/** The skeleton that a workspace may replace by its own (template.ts). */
function layOut({ header, imports, constants, dag_arguments, tasks, order }: Blocks): string {
  const dag = [`with DAG(\n${dag_arguments}\n) as dag:`, tasks, ...(order === "" ? [] : ["", order])].join("\n");
  return `${[header, imports, constants, dag].filter((block) => block !== "").join("\n\n")}\n`;
}
