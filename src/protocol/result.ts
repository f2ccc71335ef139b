/** The truth about one attempt: attempt-<n>/result.json; the pointer …/<task>/result.json is a copy of the newest. */
import type { Json } from "./json.ts";

export type Status = "success" | "failed" | "skipped" | "cancelled";

export type Reason =
  | "exit" // the script's own exit code
  | "signal" // the script died of a signal that was not ours
  | "timeout" // past execution_time
  | "stage-timeout" // past stage_time
  | "out-of-memory"
  | "out-of-disk" // past the limit on its scratch folder
  | "missing-output"
  | "bad-output" // a link in a folder port, a folder where a file is declared…
  | "missing-input" // the producer has not committed it
  | "bad-input" // wrong type, unreadable
  | "bad-parameter" // after rendering it does not fit its schema
  | "bad-request"
  | "missing-connection"
  | "code" // code or packages could not be put in place
  | "disk-full"
  | "store" // the store refused or was away
  | "cancelled" // TERM or INT at the launcher
  | "lost" // the launcher died without a word; written by the attempt that came after it
  | "overtaken" // a later attempt of the task has started; written by that one, or by the attempt itself when it notices
  | "internal";

/** Who is to blame: the user's script, the launcher, or the platform beneath. */
export type Origin = "script" | "launcher" | "platform";

export interface Artifact {
  /** Key in the store: of the file, or of the folder's manifest. */
  readonly key: string;
  /** sha256 (hex) of the bytes, or of the folder's manifest. */
  readonly sha256: string;
  /** Bytes; for a folder the sum. */
  readonly size: number;
  readonly type: string;
  readonly extension: string;
  readonly dir: boolean;
  /** Data rows (records less the header) of a csv. */
  readonly rows?: number;
}

export interface Usage {
  /** Milliseconds of each phase. */
  readonly phases: { readonly [phase: string]: number };
  /** Bytes of memory, the highest that was seen: what all processes of the script held, files in the system's cache aside. */
  readonly peak_memory?: number;
  /** Bytes that the script was allowed: the request's, or more after an earlier try of the series had run out of memory. */
  readonly memory_limit?: number;
  /** Milliseconds of CPU of the script's tree, when known. */
  readonly cpu?: number;
  /** Bytes of the scratch folder without the inputs, the highest that was seen. */
  readonly peak_disk?: number;
  /** Bytes of inputs that were put in place. */
  readonly staged?: number;
  /** Bytes of outputs that were put into the store. */
  readonly uploaded?: number;
}

export interface Result {
  readonly proto: 1;
  readonly dag_id: string;
  readonly run_id: string;
  readonly task: string;
  readonly attempt: number;
  readonly try_number: number;
  readonly status: Status;
  readonly reason?: Reason;
  readonly origin?: Origin;
  readonly retryable: boolean;
  /** The launcher's exit code (protocol/exit.ts). */
  readonly exit_code: number;
  /** One sentence for a person: what happened, what was expected, what to do. Masked. */
  readonly message?: string;
  readonly outputs: { readonly [port: string]: Artifact };
  /** Digests of what went in, by port. */
  readonly inputs: { readonly [port: string]: readonly Artifact[] };
  readonly cache?: CacheRecord;
  readonly usage: Usage;
  /** ISO 8601 instants. */
  readonly started: string;
  readonly ended: string;
  readonly host: string;
  readonly launcher: string;
  /** Last lines of the script's output, masked. */
  readonly tail: readonly string[];
}

export interface CacheRecord {
  /** sha256 (hex) of the canonical JSON of `parts`. */
  readonly key: string;
  readonly parts: { readonly [part: string]: Json };
  /** The attempt whose work this is, when it was a hit. */
  readonly hit?: { readonly run_id: string; readonly task: string; readonly attempt: number; readonly ended: string };
}
