/** What a launch says while it works: to its caller at once, and to events.ndjson and log.ndjson of the attempt at the end. */
import { join } from "node:path";
import type { LaunchEvent, Phase } from "../protocol/event.ts";
import type { Store } from "../storage/store.ts";
import type { Masker } from "./mask.ts";
import { createLines } from "./record.ts";

export interface Journal {
  phase(phase: Phase): void;
  /** The phase that it is in. */
  now(): Phase;
  log(stream: "stdout" | "stderr" | "launcher", line: string): void;
  warn(message: string): void;
  /** Milliseconds of each phase so far. */
  phases(): { readonly [phase: string]: number };
  /** The last lines of the script's output. */
  tail(): readonly string[];
  /** Puts the log as far as it has come under `attempt`, when there is more of it than the last time. */
  uploadLog(store: Store, attempt: string): Promise<void>;
  /** Puts log.ndjson and events.ndjson (all but log lines and the end, which are in files of their own) under `attempt`. */
  upload(store: Store, attempt: string): Promise<void>;
}

const tailLines = 20;
const tailLineLength = 2000;

/** `scratch` is a folder that exists once lines are many. */
export function createJournal(masker: Masker, onEvent: (event: LaunchEvent) => void, scratch: () => string): Journal {
  const log = createLines(() => join(scratch(), "log.ndjson"));
  const events = createLines(() => join(scratch(), "events.ndjson"));
  const durations: Record<string, number> = {};
  const tail: string[] = [];
  let uploaded = 0;
  let current: { phase: Phase; since: number } | undefined;

  function close(): void {
    if (current) durations[current.phase] = Math.round((durations[current.phase] ?? 0) + performance.now() - current.since);
  }

  return {
    phase(phase) {
      close();
      current = { phase, since: performance.now() };
      const event: LaunchEvent = { at: new Date().toISOString(), event: "phase", phase };
      events.add(event);
      onEvent(event);
    },
    now: () => current?.phase ?? "claim",
    log(stream, line) {
      const event: LaunchEvent = { at: new Date().toISOString(), event: "log", stream, line };
      log.add(event);
      if (stream !== "launcher") {
        tail.push(line.length > tailLineLength ? `${line.slice(0, tailLineLength)}…` : line);
        if (tail.length > tailLines) tail.shift();
      }
      onEvent(event);
    },
    warn(message) {
      const event: LaunchEvent = { at: new Date().toISOString(), event: "warning", message: masker.mask(message) };
      events.add(event);
      onEvent(event);
    },
    phases() {
      close();
      if (current) current.since = performance.now();
      return { ...durations };
    },
    tail: () => [...tail],
    async uploadLog(store, attempt) {
      if (log.length === uploaded) return;
      const length = log.length;
      await store.put(`${attempt}/log.ndjson`, log.read(), { durable: false });
      uploaded = length;
    },
    async upload(store, attempt) {
      await Promise.all([log.upload(store, `${attempt}/log.ndjson`), events.upload(store, `${attempt}/events.ndjson`)]);
    },
  };
}
