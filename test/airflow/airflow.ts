/** Real Airflow for tests: what it makes of a DAG file (many files share one process), and what it does with a run of one. */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cache, pythonEnvironment } from "../../scripts/provision.mjs";
import type { Json, JsonObject } from "../../src/protocol/json.ts";

export type AirflowVersion = "2.10" | "2.11" | "3.3";

/** What templates see. Without `logical_date` it is a run of Airflow 3 that has none. */
export interface ContextFacts {
  readonly run_id: string;
  readonly try_number: number;
  readonly max_tries: number;
  readonly logical_date?: string;
  readonly data_interval_start?: string;
  readonly data_interval_end?: string;
  readonly params?: JsonObject;
}

/** A run of 2 January 2026 over the day before. */
export const someRun: ContextFacts = {
  run_id: "scheduled__2026-01-01T00:00:00+00:00",
  try_number: 2,
  max_tries: 3,
  logical_date: "2026-01-01T00:00:00+00:00",
  data_interval_start: "2026-01-01T00:00:00+00:00",
  data_interval_end: "2026-01-02T00:00:00+00:00",
};

export interface TaskFacts {
  readonly class: string;
  readonly group: string | null;
  readonly upstream: readonly string[];
  readonly downstream: readonly string[];
  readonly retries: number;
  /** Seconds. */
  readonly retry_delay: number;
  readonly execution_timeout: number | null;
  readonly trigger_rule: string;
  readonly pool: string;
  readonly queue: string;
  readonly priority_weight: number;
  readonly owner: string;
  readonly doc_md: string | null;
  readonly do_xcom_push: boolean;
  readonly append_env?: boolean;
  readonly skip_on_exit_code?: readonly number[];
  /** What a DockerOperator or a KubernetesPodOperator has beside its template fields. */
  readonly [further: string]: unknown;
  /** What a KubernetesPodOperator asks of Kubernetes. */
  readonly pod?: Pod;
  /** Template fields as written, and as Airflow rendered them. */
  readonly raw: { readonly [field: string]: Json };
  readonly rendered: { readonly [field: string]: Json };
  /** Why rendering failed. */
  readonly error: string | null;
}

/** The part of a pod that our jobs say anything about, as Kubernetes' API has it. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly JsonObject[];
    readonly nodeSelector?: JsonObject;
    readonly tolerations?: readonly JsonObject[];
    readonly terminationGracePeriodSeconds?: number;
    readonly restartPolicy: string;
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly PodVariable[];
  readonly resources?: JsonObject;
  readonly volumeMounts?: readonly JsonObject[];
}

export interface PodVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: JsonObject;
}

export interface DagFacts {
  readonly dag_id: string;
  readonly description: string | null;
  readonly timezone: string;
  /** Wall times in `timezone`. */
  readonly start_date: string;
  readonly end_date: string | null;
  readonly catchup: boolean;
  readonly max_active_runs: number;
  readonly tags: readonly string[];
  readonly params: JsonObject;
  readonly schemas: { readonly [param: string]: JsonObject };
  readonly timetable: { readonly type: string; readonly expression?: string; readonly timezone?: string };
  readonly groups: { readonly [id: string]: { readonly tooltip: string } };
  readonly tasks: { readonly [id: string]: TaskFacts };
}

export interface FileFacts {
  /** The import error, or null. */
  readonly error: string | null;
  readonly warnings: readonly { readonly category: string; readonly message: string; readonly file: string; readonly line: number }[];
  readonly dags: readonly DagFacts[];
}

export interface Inspection {
  readonly version: string;
  readonly files: readonly FileFacts[];
  readonly texts: readonly { readonly text?: string; readonly error?: string }[];
  readonly literals: readonly Json[];
}

export interface InspectionRequest {
  /** Absolute paths of DAG files. */
  readonly files?: readonly string[];
  readonly facts?: ContextFacts;
  /** Texts that a BashOperator's renderer gets. */
  readonly texts?: readonly string[];
  /** Python literals that `ast` reads. */
  readonly literals?: readonly string[];
  readonly env?: { readonly [name: string]: string };
}

const here = dirname(fileURLToPath(import.meta.url));

/** Asks one process of that version. */
export async function inspect(version: AirflowVersion, request: InspectionRequest): Promise<Inspection> {
  const home = join(cache, "airflow-home", `inspect-${version}`);
  mkdirSync(home, { recursive: true });
  const { env, ...asked } = request;
  const python = join(pythonEnvironment(`airflow-${version}`), "bin", "python");
  const output = await ask(python, [join(here, "inspect_dags.py")], JSON.stringify({ facts: someRun, ...asked }), {
    ...env,
    AIRFLOW_HOME: home,
  });
  return JSON.parse(output) as Inspection;
}

/** Warnings about the file itself: what Airflow wants its author to change. */
export function ownWarnings(facts: FileFacts, file: string): readonly string[] {
  return facts.warnings
    .filter((warning) => warning.file === file)
    .map(({ category, line, message }) => `${category} in line ${line}: ${message}`);
}

function ask(command: string, args: readonly string[], input: string, env: { readonly [name: string]: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code}:\n${errors.slice(-4000)}`));
    });
    child.stdin.end(input);
  });
}
