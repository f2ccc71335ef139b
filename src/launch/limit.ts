/** Time limits and cancellation of work that is not a child process. */
import { EXIT } from "../protocol/exit.ts";
import { Failure } from "./failure.ts";
import { startTimer } from "./timer.ts";

/** An end to staging: `signal` is aborted with the Failure that says why. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Rejects with that Failure as soon as it is due; what `work` still does is not waited for. */
  race<T>(work: Promise<T>): Promise<T>;
  clear(): void;
}

/** Due `seconds` from now, or when `cancel` is aborted. */
export function startDeadline(seconds: number, cancel: AbortSignal): Deadline {
  const controller = new AbortController();
  const stopTimer = startTimer(seconds, () => {
    const message = `the inputs and the environment were not in place after the stage_time of ${seconds} s; raise it, or look at the store and the package index`;
    controller.abort(new Failure({ reason: "stage-timeout", origin: "platform", retryable: true, exit_code: EXIT.timeout, message }));
  });
  const onCancel = (): void => controller.abort(cancelled(cancel));
  if (cancel.aborted) onCancel();
  else cancel.addEventListener("abort", onCancel, { once: true });
  return {
    signal: controller.signal,
    async race(work) {
      work.catch(() => {});
      if (controller.signal.aborted) throw controller.signal.reason;
      let onAbort = (): void => {};
      const due = new Promise<never>((_, reject) => {
        onAbort = () => reject(controller.signal.reason);
        controller.signal.addEventListener("abort", onAbort, { once: true });
      });
      try {
        return await Promise.race([work, due]);
      } finally {
        controller.signal.removeEventListener("abort", onAbort);
      }
    },
    clear() {
      stopTimer();
      cancel.removeEventListener("abort", onCancel);
    },
  };
}

/** The end of a task that was told to stop. A text as the signal's reason says by whom; a Failure is the end itself. */
export function cancelled(signal: AbortSignal): Failure {
  if (signal.reason instanceof Failure) return signal.reason;
  const why = typeof signal.reason === "string" ? signal.reason : "the launcher was told to stop";
  const message = `the task was cancelled: ${why}`;
  return new Failure({ status: "cancelled", reason: "cancelled", origin: "platform", retryable: true, exit_code: EXIT.cancelled, message });
}
