/** A launch as lines of standard output: what the script prints, warnings, and how it ended. */
import type { LaunchEvent } from "../protocol/event.ts";

/** Airflow closes our output five seconds after TERM; what is left to do is then done without a listener. */
export function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

export function printEvent(event: LaunchEvent): void {
  if (event.event === "log") process.stdout.write(`${event.line}\n`);
  if (event.event === "warning") process.stdout.write(`tradewind: ${event.message}\n`);
  if (event.event === "end") {
    const { status, message, cache, attempt } = event.result;
    const from = cache?.hit === undefined ? "" : ` (from the cache: run ${cache.hit.run_id})`;
    process.stdout.write(`tradewind: attempt ${attempt} ${status}${from}${message === undefined ? "" : `: ${message}`}\n`);
  }
}

/** For a local run that shows what its containers do: an event a line. */
export function printJson(event: LaunchEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
