/** What the launcher says while it works: a line each in attempt-<n>/events.ndjson, and to whoever called `launch`. */
import type { Result } from "./result.ts";

export type Phase = "claim" | "stage" | "environment" | "run" | "check" | "upload" | "commit";

export type LaunchEvent =
  | { readonly at: string; readonly event: "phase"; readonly phase: Phase }
  | { readonly at: string; readonly event: "log"; readonly stream: "stdout" | "stderr" | "launcher"; readonly line: string }
  | { readonly at: string; readonly event: "progress"; readonly rows?: number; readonly bytes?: number }
  | { readonly at: string; readonly event: "warning"; readonly message: string }
  | { readonly at: string; readonly event: "end"; readonly result: Result };
