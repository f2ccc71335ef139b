/** Why an attempt ended without its outputs. Thrown by a phase, turned into the Result by launch.ts. */
import { EXIT } from "../protocol/exit.ts";
import type { Origin, Reason, Status } from "../protocol/result.ts";
import { StoreError } from "../storage/store.ts";

export interface FailureFacts {
  readonly status?: Status;
  readonly reason: Reason;
  readonly origin: Origin;
  /** False for what the same work gives again wherever it is done; what the platform did wrong may be mended by then. */
  readonly retryable: boolean;
  readonly exit_code: number;
  /** One sentence for a person; masked later. */
  readonly message: string;
}

/** An end that has a reason, an exit code and a sentence. */
export class Failure extends Error {
  readonly facts: FailureFacts;
  constructor(facts: FailureFacts, options?: ErrorOptions) {
    super(facts.message, options);
    this.name = "Failure";
    this.facts = facts;
  }
}

/** The facts of whatever was thrown: a Failure's own, a store's, the operating system's, or a fault of ours. */
export function failureOf(error: unknown): FailureFacts {
  if (error instanceof Failure) return error.facts;
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreError) {
    return error.code === "full"
      ? { reason: "disk-full", origin: "platform", retryable: true, exit_code: EXIT.os, message: text }
      : { reason: "store", origin: "platform", retryable: error.code !== "invalid", exit_code: EXIT.unavailable, message: text };
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC" || code === "EDQUOT") return diskFull(text);
  if (["EACCES", "EPERM", "EROFS", "EMFILE", "ENFILE", "EAGAIN", "ENOMEM", "ENOENT", "EIO"].includes(code)) {
    const message = `the launcher could not work on this machine: ${text}`;
    return { reason: "internal", origin: "platform", retryable: true, exit_code: EXIT.os, message };
  }
  const message = `the launcher failed, which is a fault of Tradewind: ${error instanceof Error ? (error.stack ?? text) : text}`;
  return { reason: "internal", origin: "launcher", retryable: true, exit_code: EXIT.internal, message };
}

/** The disk under scratch or cache has no room. */
export function diskFull(detail: string): FailureFacts {
  const message = `the disk is full (${detail}); free some space and run again`;
  return { reason: "disk-full", origin: "platform", retryable: true, exit_code: EXIT.os, message };
}
