/** The names that a template of a task sees, from the facts of a local run. */
import type { Json, JsonObject } from "../protocol/json.ts";
import { didYouMean } from "../protocol/suggest.ts";
import { LOCAL_ATTRIBUTES, LOCAL_NAMES, REMOVED_NAMES, SERVER_NAMES } from "./airflow-names.ts";
import { MACROS } from "./macros.ts";
import type { Context } from "./render.ts";
import { define, wantText } from "./values/arguments.ts";
import { inZone } from "./values/date-arithmetic.ts";
import { Dict } from "./values/dict.ts";
import { raise } from "./values/error.ts";
import { fromJson, loadJson } from "./values/json.ts";
import { parseIso } from "./values/parse-iso.ts";
import { formatTime } from "./values/strftime.ts";
import { isoText } from "./values/time-text.ts";
import { DateTimeValue } from "./values/time-types.ts";
import { HostObject, type Value } from "./values/types.ts";
import { UTC, zoneByName } from "./values/zones.ts";

export type { Context } from "./render.ts";

/** What a run and one of its tasks are called, and when they are. */
export interface RunFacts {
  readonly dag_id: string;
  readonly run_id: string;
  readonly task_id: string;
  /** IANA zone of the dag. */
  readonly timezone: string;
  /** ISO 8601 instants. */
  readonly logical_date: string;
  readonly data_interval_start: string;
  readonly data_interval_end: string;
  readonly params: JsonObject;
  /** Airflow variables: text, or JSON for `var.json`. */
  readonly variables: { readonly [name: string]: string };
  readonly try_number: number;
  /** `manual` unless told. */
  readonly dag_run_type?: string;
  /** What the run was triggered with. */
  readonly conf?: JsonObject;
}

/** Airflow's context (that of 3.x) for one task of a local run. */
export function airflowContext(facts: RunFacts): Context {
  const made = new Map<string, Value>();
  const makers = makersOf(facts);
  return {
    names: [...LOCAL_NAMES, ...SERVER_NAMES],
    explain: explainName,
    lookUp: (name) => {
      const known = made.get(name);
      if (known !== undefined) return known;
      const value = Object.hasOwn(makers, name)
        ? makers[name as keyof typeof makers]()
        : (SERVER_NAMES as readonly string[]).includes(name)
          ? serverOnly(name)
          : undefined;
      if (value !== undefined) made.set(name, value);
      return value;
    },
  };
}

function explainName(name: string): string | undefined {
  const instead = Object.hasOwn(REMOVED_NAMES, name) ? REMOVED_NAMES[name] : undefined;
  return instead === undefined ? undefined : `'${name}' does not exist in Airflow 3: use ${instead}`;
}

/** A run's instant in UTC, as Airflow keeps it. */
function instant(text: string): DateTimeValue {
  const parsed = parseIso(text);
  return inZone(new DateTimeValue(parsed, parsed.zone ?? UTC, 0, true), UTC);
}

function makersOf(facts: RunFacts): { readonly [name in (typeof LOCAL_NAMES)[number]]: () => Value } {
  const logicalDate = once(() => instant(facts.logical_date));
  const start = once(() => instant(facts.data_interval_start));
  const end = once(() => instant(facts.data_interval_end));
  const pattern = (format: string) => () => formatTime(logicalDate(), format);
  const isolated = (value: Json) => fromJson(value);
  const ti = once(() => taskInstance(facts));
  return {
    dag: () => object("dag", "DAG", `<DAG: ${facts.dag_id}>`, { dag_id: () => facts.dag_id, timezone: () => zoneByName(facts.timezone) }),
    dag_run: () =>
      object("dag_run", "DagRun", null, {
        conf: () => isolated(facts.conf ?? {}),
        dag_id: () => facts.dag_id,
        data_interval_end: end,
        data_interval_start: start,
        logical_date: logicalDate,
        run_id: () => facts.run_id,
        run_type: () => facts.dag_run_type ?? "manual",
      }),
    data_interval_end: end,
    data_interval_start: start,
    ds: pattern("%Y-%m-%d"),
    ds_nodash: pattern("%Y%m%d"),
    logical_date: logicalDate,
    macros: () => MACROS,
    // As Airflow does it: what a run is triggered with overrides its parameters.
    params: () => isolated({ ...facts.params, ...facts.conf }),
    run_id: () => facts.run_id,
    task: () =>
      object("task", "BashOperator", `<Task(BashOperator): ${facts.task_id}>`, {
        dag_id: () => facts.dag_id,
        task_id: () => facts.task_id,
      }),
    task_instance: ti,
    task_instance_key_str: () => `${facts.dag_id}__${facts.task_id}__${formatTime(logicalDate(), "%Y%m%d")}`,
    ti,
    ts: () => isoText(logicalDate()),
    ts_nodash: pattern("%Y%m%dT%H%M%S"),
    ts_nodash_with_tz: () => isoText(logicalDate()).replaceAll("-", "").replaceAll(":", ""),
    var: () =>
      Dict.of([
        ["json", variables(facts.variables, true)],
        ["value", variables(facts.variables, false)],
      ]),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function taskInstance(facts: RunFacts): Value {
  return object("ti", "RuntimeTaskInstance", null, {
    dag_id: () => facts.dag_id,
    map_index: () => -1n,
    run_id: () => facts.run_id,
    task_id: () => facts.task_id,
    try_number: () => BigInt(facts.try_number),
  });
}

/** An object with what a local run knows of it; anything else is refused, since a server may have it. */
function object(name: string, type: string, text: string | null, attributes: { readonly [name: string]: () => Value }): HostObject {
  const names = LOCAL_ATTRIBUTES[name] ?? [];
  return new HostObject(
    type,
    text,
    (attribute) => {
      if (Object.hasOwn(attributes, attribute)) return attributes[attribute]?.();
      return raise(
        "Refused",
        `${name}.${attribute} is not known in a local run, which has ${names.map((known) => `${name}.${known}`).join(", ")}`,
      );
    },
    names,
  );
}

function serverOnly(name: string): HostObject {
  const refuse = () => raise("Refused", `\`${name}\` is not known in a local run: only an Airflow server has it`);
  return new HostObject(name, null, refuse);
}

function variables(values: { readonly [name: string]: string }, json: boolean): HostObject {
  const read = (name: string): Value | undefined => {
    const text = Object.hasOwn(values, name) ? values[name] : undefined;
    if (text === undefined || !json) return text;
    const value = loadJson(text);
    return value === undefined ? raise("ValueError", `the variable "${name}" holds no JSON, as var.json wants`) : value;
  };
  const missing = (name: string) =>
    raise(
      "KeyError",
      `there is no variable "${name}"${didYouMean(name, Object.keys(values))}; set AIRFLOW_VAR_${name.toUpperCase()}, or give a default with .get('${name}', '…')`,
    );
  const get = define("get", ["key", "default?"], (key, otherwise) => {
    const name = wantText(key, "the name of a variable");
    const value = read(name);
    if (value !== undefined) return value;
    return otherwise === undefined ? missing(name) : otherwise;
  });
  return new HostObject(
    "VariableAccessor",
    null,
    (name) => {
      if (name === "get") return get;
      const value = read(name);
      return value === undefined ? missing(name) : value;
    },
    Object.keys(values),
  );
}
