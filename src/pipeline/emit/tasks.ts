/** Fifth block: the operators, in their groups. */
import type { GroupPlan, JobTaskPlan, Plan, TaskPlan } from "../../protocol/plan.ts";
import { type EnvEntry, encodeTask } from "../../protocol/request-env.ts";
import { childrenOf, localName } from "./children.ts";
import { type Defaults, dagDefaults } from "./defaults.ts";
import { fieldText } from "./field.ts";
import { bashOperator, type Imports } from "./imports.ts";
import type { Names } from "./names.ts";
import { printLine, printTall } from "./print.ts";
import { type Argument, call, code, type Entry, type Expression, literal, literalArguments, named, string, tripleQuote } from "./python.ts";
import { timedelta } from "./time.ts";

/** What the block shares with the others. */
export interface TaskScope {
  readonly imports: Imports;
  readonly names: Names;
  /** The variable of each task. */
  readonly variables: ReadonlyMap<string, string>;
}

/** One constant, ready to print. */
export interface Constant {
  readonly name: string;
  readonly code: string;
}

export interface EmittedTasks {
  readonly code: string;
  readonly constants: readonly Constant[];
}

/** The body of the `with` statement. */
export function emitTasks(plan: Plan, scope: TaskScope): EmittedTasks {
  const constants: Constant[] = [];
  const defaults = dagDefaults(plan);
  const print = (task: TaskPlan, indent: number) => {
    const own = task.kind === "job" ? jobArguments(plan, task, scope, constants) : literalArguments(task.arguments);
    const path = task.kind === "job" ? (plan.engines[task.engine]?.operator ?? bashOperator) : task.class_path;
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
  return { code: printGroup(null, 4), constants };
}

function groupHead(group: GroupPlan, indent: number, imports: Imports): string {
  const head = call(imports.fromSdk("TaskGroup"), [], {
    group_id: string(localName(group.id)),
    tooltip: group.description === undefined ? undefined : string(group.description),
  });
  return printLine(indent, "with ", head, ":");
}

/** What an engine's override says replaces our defaults, and comes under what the job gives. */
function jobArguments(plan: Plan, task: JobTaskPlan, scope: TaskScope, constants: Constant[]): readonly Argument[] {
  const { env: extra, ...override } = plan.engines[task.engine]?.arguments ?? {};
  const inherited = extra === undefined ? undefined : literal(extra);
  const request: Entry[] = encodeTask(task).map((entry) => ({ key: entry.name, value: envValue(task, entry, scope, constants) }));
  const names = new Set(request.map(({ key }) => key));
  const more = inherited?.kind === "dict" ? inherited.entries.filter(({ key }) => !names.has(key)) : [];
  const entries: Entry[] = [...more, { value: code("RUN") }, ...request];
  const fixed = named({ bash_command: code("LAUNCH"), env: { kind: "dict", entries } });
  const usual = named({ append_env: literal(true), do_xcom_push: literal(false), skip_on_exit_code: literal(99) });
  const given = literalArguments(override).filter(({ name }) => name !== "bash_command");
  const kept = usual.filter(({ name }) => !given.some((other) => other.name === name));
  return [...fixed, ...kept, ...given];
}

/** Texts of several lines become constants, where they read as they are; all others stay in place. */
function envValue(task: JobTaskPlan, entry: EnvEntry, { names }: TaskScope, constants: Constant[]): Expression {
  const text = fieldText(entry);
  const triple = tripleQuote(text);
  if (triple === undefined) return string(text);
  const suffix = entry.name.replace(/^(?:PARAM|TRADEWIND)_/, "");
  const name = names.claim(`${localName(task.id)}_${suffix}`.toUpperCase(), `${task.id}_${suffix}`.toUpperCase());
  constants.push({ name, code: `${name} = ${triple}` });
  return code(name);
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
