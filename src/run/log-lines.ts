/** What one attempt printed, from the store: log.ndjson of it. */
import type { LaunchEvent } from "../protocol/event.ts";
import type { Store } from "../storage/store.ts";

export type LogLine = Extract<LaunchEvent, { readonly event: "log" }>;

/** The lines of the attempt at `attempt` (attemptKey), in order; undefined when there is no log. */
export async function readLogLines(attempt: string, store: Store): Promise<readonly LogLine[] | undefined> {
  const bytes = await store.get(`${attempt}/log.ndjson`);
  if (bytes === undefined) return undefined;
  return new TextDecoder().decode(bytes).split("\n").flatMap(readLine);
}

/** Nothing for a line that is damaged: the others are still worth reading. */
function readLine(line: string): LogLine[] {
  try {
    const event = JSON.parse(line) as LaunchEvent | null;
    return event?.event === "log" && typeof event.line === "string" ? [event] : [];
  } catch {
    return [];
  }
}
