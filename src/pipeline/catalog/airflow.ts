/** Airflow's own operators, and any other class that an Airflow can import: passed through by class path. */

import type { Span } from "../../protocol/diagnostic.ts";
import type { Parameter } from "./manifest.ts";

export interface AirflowClass {
  readonly kind: "airflow";
  /** `airflow.providers.standard.sensors.python.PythonSensor`. */
  readonly classPath: string;
  /** What it takes, when that is known. */
  readonly known?: AirflowInterface;
  /** A class of the workspace. */
  readonly own?: OwnClass;
}

export interface AirflowInterface {
  readonly description?: string;
  readonly params: ReadonlyMap<string, Parameter>;
  /** It may take more than `params`. */
  readonly open: boolean;
  /** Undefined: not known. */
  readonly templateFields?: readonly string[];
  /** `apache-airflow-providers-amazon 9.39.0`. */
  readonly source?: string;
}

/** Where a class of the workspace is written. */
export interface OwnClass {
  readonly file: string;
  /** `operators` or `projects/<project>/operators`. */
  readonly folder: string;
  readonly module: string;
  readonly name: string;
  readonly span: Span;
}

/** Keyword arguments that Tradewind itself writes, each with the key that sets it. */
export const ownArguments: { readonly [argument: string]: string } = {
  task_id: "the task's name",
  dag: "the pipeline",
  task_group: "the group that the task stands in",
  trigger_rule: "`trigger_rule`",
  retries: "`retries`",
  retry_delay: "`retry_delay`",
  execution_timeout: "`execution_timeout`",
  pool: "`pool`",
  queue: "`queue`",
  priority_weight: "`priority_weight`",
};

const pythonKeywords = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if import in is " +
    "lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

/** A module path and a class: lower-case parts, then a name that begins with a capital. */
export function classPathOf(name: string): AirflowClass | undefined {
  const parts = name.split(".");
  const last = parts.pop() ?? "";
  if (parts.length === 0 || !/^[A-Z]\w*$/.test(last) || !parts.every((part) => isPythonName(part))) return undefined;
  return { kind: "airflow", classPath: name };
}

export function isPythonName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text) && !pythonKeywords.has(text);
}
