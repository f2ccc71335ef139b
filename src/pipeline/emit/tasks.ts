/** Fifth block: the operators, in their groups. */
import type { GroupPlan, Plan, TaskPlan } from "../../protocol/plan.ts";
import { childrenOf, localName } from "./children.ts";
import { type Defaults, dagDefaults } from "./defaults.ts";
import type { Imports } from "./imports.ts";
import { jobArguments, jobOperator } from "./jobs.ts";
import type { Names } from "./names.ts";
import { printLine, printTall } from "./print.ts";
import { type Argument, call, type Expression, literal, literalArguments, named, string } from "./python.ts";
import { type Constant, TaskTexts } from "./texts.ts";
import { timedelta } from "./time.ts";

/** What the block shares with the others. */
export interface TaskScope {
  readonly imports: Imports;
  readonly names: Names;
  /** The variable of each task. */
  readonly variables: ReadonlyMap<string, string>;
}

export interface EmittedTasks {
  readonly code: string;
  readonly constants: readonly Constant[];
}

/** The body of the `with` statement. */
export function emitTasks(plan: Plan, scope: TaskScope): EmittedTasks {
  const texts = new TaskTexts(scope.names);
  const defaults = dagDefaults(plan);
  const print = (task: TaskPlan, indent: number) => {
    const own = task.kind === "job" ? jobArguments(plan, task, scope.imports, texts) : literalArguments(task.arguments);
    const path = task.kind === "job" ? jobOperator(plan, task) : task.class_path;
    const args = withCommon(task, own, defaults, scope.imports);
    const expression: Expression = { kind: "call", callee: scope.imports.operator(path), args };
    const prefix = `${scope.variables.get(task.id)} = `;
    return args.length > 2 ? printTall(indent, prefix, expression) : printLine(indent, prefix, expression);
  };
  const printGroup = (group: string | null, indent: number): string => {
    const parts: string[] = [];
    for (const child of childrenOf(plan, group)) {
      if (child.kind === "task") parts.push(print(child.task, indent));
      else parts.push(`${groupHead(child.group, indent, scope.imports)}\n${printGroup(child.group.id, indent + 4)}`);
    }
    return parts.length === 0 ? `${" ".repeat(indent)}pass` : parts.join("\n\n");
  };
  return { code: printGroup(null, 4), constants: texts.constants };
}

function groupHead(group: GroupPlan, indent: number, imports: Imports): string {
  const head = call(imports.fromSdk("TaskGroup"), [], {
    group_id: string(localName(group.id)),
    tooltip: group.description === undefined ? undefined : string(group.description),
  });
  return printLine(indent, "with ", head, ":");
}

/** Said by the Plan, so never by an operator's own arguments. */
const always: ReadonlySet<string | undefined> = new Set(["task_id", "retries", "retry_delay", "trigger_rule"]);

/** `own` between the task's name and what every operator takes; the latter only where it is not what the task would have anyway. */
function withCommon(task: TaskPlan, own: readonly Argument[], defaults: Defaults | undefined, imports: Imports): readonly Argument[] {
  const queue = task.queue ?? (task.kind === "job" ? task.job.flavor?.queue : undefined);
  const first = named({
    task_id: string(localName(task.id)),
    doc_md: task.description === undefined ? undefined : string(task.description),
  });
  const last = named({
    retries: task.retries === defaults?.retries ? undefined : literal(task.retries),
    retry_delay: task.retry_delay === defaults?.retry_delay ? undefined : timedelta(task.retry_delay, imports),
    execution_timeout: task.execution_timeout === undefined ? undefined : timedelta(task.execution_timeout, imports),
    trigger_rule: task.trigger_rule === "all_success" ? undefined : string(task.trigger_rule),
    pool: task.pool === undefined ? undefined : string(task.pool),
    queue: queue === undefined ? undefined : string(queue),
    priority_weight: task.priority_weight === undefined ? undefined : literal(task.priority_weight),
  });
  const said = new Set<string | undefined>([...first, ...last].map(({ name }) => name));
  return [...first, ...own.filter(({ name }) => !always.has(name) && !said.has(name)), ...last];
}
