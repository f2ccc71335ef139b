/**
 * What one attempt of one task is asked to do. One document for every engine: locally it is written as request.json,
 * on Airflow it lies open in the operator's environment (request-env.ts) and is read back into this same shape.
 */
import type { Json } from "./json.ts";
import type { Effects, InputSource, OutputPlan, PackageIndexPlan, PythonPlan } from "./plan.ts";
import type { JsonSchema } from "./schema.ts";
import type { StoreAddress } from "./store-address.ts";

/** Version of the protocol; a launcher refuses a newer one. */
export const PROTO = 1;

export interface Request {
  readonly proto: typeof PROTO;
  readonly dag_id: string;
  readonly run_id: string;
  /** Full task id: `inference.score`. */
  readonly task: string;
  readonly operator: string;
  /** sha256 (hex); JobPlan.digest. */
  readonly operator_digest: string;
  /** ISO 8601 instant of the run's logical date, for records and lists; absent when the run has none. */
  readonly logical_date?: string;
  readonly script: string;
  readonly code?: string;
  readonly python?: PythonPlan;
  /** Where the packages of `python` come from. */
  readonly package_index?: PackageIndexPlan;
  /** Values after templates, read by their schema. */
  readonly params: { readonly [name: string]: ParamRequest };
  readonly inputs: { readonly [port: string]: InputRequest };
  readonly outputs: { readonly [port: string]: OutputPlan };
  /** Connection ids; their values come in the launcher's environment as AIRFLOW_CONN_<ID> or TRADEWIND_SECRET_CONN_<ID>. */
  readonly connections: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly limits: Limits;
  readonly effects: Effects;
  readonly cache: CacheRequest;
  /** Where artifacts live; folders are absolute. */
  readonly store: StoreAddress;
  readonly tries: Tries;
}

export interface ParamRequest {
  readonly value: Json;
  readonly schema: JsonSchema;
}

export interface InputRequest {
  readonly types: readonly string[];
  readonly optional: boolean;
  readonly many: boolean;
  readonly sources: readonly InputSource[];
}

export interface Limits {
  /** Seconds for the script. */
  readonly execution_time?: number;
  /** Seconds for staging. */
  readonly stage_time: number;
  /** Seconds between TERM and KILL. */
  readonly grace: number;
  /** Bytes of memory of all that the script started. */
  readonly memory?: number;
  /** Bytes that a try may have after one of its series ran out of memory. */
  readonly memory_max?: number;
  /** Bytes of the scratch folder: what the script writes beside it, its TMPDIR and its outputs. */
  readonly disk?: number;
}

export interface CacheRequest {
  /** False: never look for a hit (`--no-cache`). Results are still recorded. */
  readonly read: boolean;
  /** True: do the work again and replace what the cache holds (`--fresh`). */
  readonly fresh: boolean;
  /** True in local runs: a task that reads the outside world may hit too. */
  readonly reads: boolean;
  /** Seconds that artifacts are kept in the store. */
  readonly keep?: number;
  readonly salt?: string;
}

/** As Airflow counts: `number` starts at 1 and goes on after a clear; a series begins at `max - retries + 1`. */
export interface Tries {
  readonly number: number;
  readonly max: number;
  readonly retries: number;
}
