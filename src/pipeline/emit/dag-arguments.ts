/** Fourth block: what stands in `with DAG(...)`. What Airflow 2 and 3 understand differently when it is left out is always there. */
import type { JsonObject } from "../../protocol/json.ts";
import type { Plan, SchedulePlan } from "../../protocol/plan.ts";
import type { JsonSchema } from "../../protocol/schema.ts";
import { dagDefaults } from "./defaults.ts";
import type { Imports } from "./imports.ts";
import { printLine } from "./print.ts";
import { type Argument, call, code, type Expression, literal, literalArguments, named, string } from "./python.ts";
import { timedelta, zonedDatetime } from "./time.ts";

/** One argument a line. */
export function emitDagArguments(plan: Plan, imports: Imports): string {
  const { dag } = plan;
  const params = Object.entries(dag.params).map(([key, schema]) => ({ key, value: param(schema, imports) }));
  const tags = dag.critical && !dag.tags.includes("critical") ? [...dag.tags, "critical"] : dag.tags;
  const args = named({
    dag_id: string(dag.dag_id),
    description: dag.description === undefined ? undefined : string(dag.description),
    schedule: schedule(dag.schedule, dag.timezone, imports),
    start_date: zonedDatetime(dag.start_date, dag.timezone, imports),
    end_date: dag.end_date === undefined ? undefined : zonedDatetime(dag.end_date, dag.timezone, imports),
    catchup: literal(dag.catchup),
    max_active_runs: dag.max_active_runs === undefined ? undefined : literal(dag.max_active_runs),
    default_args: defaultArgs(plan, imports),
    params: params.length === 0 ? undefined : { kind: "dict", entries: params },
    tags: tags.length === 0 ? undefined : literal(tags),
  });
  return args.map(({ name, value }) => printLine(4, `${name}=`, value, ",")).join("\n");
}

/** Airflow 2 and 3 read a bare cron text differently, so the timetable is spelt out. */
function schedule(plan: SchedulePlan | null, timezone: string, imports: Imports): Expression {
  if (plan === null) return code("None");
  if (plan.cron === "@once" || plan.cron === "@continuous") return string(plan.cron);
  const timetable =
    plan.interval === "data"
      ? imports.from("airflow.timetables.interval", "CronDataIntervalTimetable")
      : imports.from("airflow.timetables.trigger", "CronTriggerTimetable");
  return call(timetable, [string(plan.cron)], { timezone: string(timezone) });
}

function defaultArgs(plan: Plan, imports: Imports): Expression | undefined {
  const defaults = dagDefaults(plan);
  const entries = [];
  if (plan.dag.owner !== undefined) entries.push({ key: "owner", value: string(plan.dag.owner) });
  if (defaults !== undefined) {
    entries.push({ key: "retries", value: literal(defaults.retries) });
    entries.push({ key: "retry_delay", value: timedelta(defaults.retry_delay, imports) });
  }
  return entries.length === 0 ? undefined : { kind: "dict", entries };
}

/** `Param(default, type="integer", minimum=1)`. */
function param(schema: JsonSchema, imports: Imports): Expression {
  const { default: initial, template: _template, type, ...rest } = schema;
  const args: Argument[] = initial === undefined ? [] : [{ value: literal(initial) }];
  if (type !== undefined) args.push({ name: "type", value: literal(type === "connection" ? "string" : type) });
  args.push(...literalArguments(rest as JsonObject));
  return { kind: "call", callee: imports.fromSdk("Param"), args };
}
