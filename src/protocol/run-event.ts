/** What a local run says while it goes on: `tradewind run --format json` prints a line each. */
import type { Phase } from "./event.ts";
import type { RunRecord, TaskRecord } from "./run-record.ts";

export type RunEvent =
  | { readonly at: string; readonly event: "run-start"; readonly run: RunRecord }
  /** Every change of a task's state. */
  | { readonly at: string; readonly event: "task"; readonly task: string; readonly record: TaskRecord }
  | { readonly at: string; readonly event: "phase"; readonly task: string; readonly phase: Phase }
  | { readonly at: string; readonly event: "progress"; readonly task: string; readonly rows?: number; readonly bytes?: number }
  | {
      readonly at: string;
      readonly event: "log";
      readonly task: string;
      readonly stream: "stdout" | "stderr" | "launcher";
      readonly line: string;
    }
  | { readonly at: string; readonly event: "warning"; readonly task?: string; readonly message: string }
  | { readonly at: string; readonly event: "run-end"; readonly run: RunRecord };
