/** Requests and surroundings for tests: real folders, the real launcher. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { LaunchDeps } from "../../src/launch/deps.ts";
import { launch } from "../../src/launch/launch.ts";
import type { LaunchEvent } from "../../src/protocol/event.ts";
import type { Json } from "../../src/protocol/json.ts";
import type { Request } from "../../src/protocol/request.ts";
import type { Result } from "../../src/protocol/result.ts";
import { createFolderStore } from "../../src/storage/folder.ts";

/** A folder that goes away with the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tradewind test "));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Bench {
  readonly folder: string;
  readonly store: string;
  readonly deps: LaunchDeps;
  readonly events: LaunchEvent[];
  /** Runs one attempt of `changes` over a request that does nothing. */
  run(changes?: Partial<Request>, deps?: Partial<LaunchDeps>): Promise<Result>;
  request(changes?: Partial<Request>): Request;
  /** Log lines of what ran. */
  lines(): string[];
}

/** A store, scratch and cache of the test's own. */
export function makeBench(env: NodeJS.ProcessEnv = {}): Bench {
  const folder = makeFolder();
  const store = join(folder, "store");
  const events: LaunchEvent[] = [];
  const deps: LaunchDeps = {
    store: createFolderStore(store),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    work: join(folder, "work"),
    cache: join(folder, "cache"),
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
  };
  const request = (changes: Partial<Request> = {}): Request => ({
    proto: 1,
    dag_id: "flights",
    run_id: "manual__2026-01-01T00:00:00+00:00",
    task: "extract.flights",
    operator: "test",
    operator_digest: "0".repeat(64),
    script: "true",
    params: {},
    inputs: {},
    outputs: {},
    connections: [],
    env: {},
    limits: { stage_time: 60, grace: 2 },
    effects: "none",
    cache: { read: true, fresh: false, reads: true },
    store: { url: store },
    tries: { number: 1, max: 0, retries: 0 },
    ...changes,
  });
  return {
    folder,
    store,
    deps,
    events,
    request,
    run: (changes, more) => launch(request(changes), { ...deps, ...more }),
    lines: () => events.flatMap((event) => (event.event === "log" && event.stream !== "launcher" ? [event.line] : [])),
  };
}

/** Every file under `folder`, as paths relative to it. */
export function filesUnder(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => statSync(join(folder, name)).isFile()).sort();
}

/** True when `text` is in any file under `folder`. */
export function anyFileHolds(folder: string, text: string): string | undefined {
  return filesUnder(folder).find((file) => readFileSync(join(folder, file)).includes(text));
}

/** A parameter as a request carries it. */
export function param(value: Json): { value: Json; schema: Record<string, never> } {
  return { value, schema: {} };
}
