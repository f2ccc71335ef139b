/** Small Plans of bash tasks, as the compiler would make them. */
import { createHash } from "node:crypto";
import type { RunDates } from "../../src/pipeline/timetable.ts";
import type { JobTaskPlan, Plan, TaskPlan } from "../../src/protocol/plan.ts";
import type { RunEvent } from "../../src/protocol/run-event.ts";
import type { RunRecord } from "../../src/protocol/run-record.ts";
import { prepareRun, type RunOptions } from "../../src/run/prepare.ts";
import { run } from "../../src/run/run.ts";
import type { Tokens } from "../../src/run/schedule.ts";
import { createFolderStore } from "../../src/storage/folder.ts";

export interface TaskSpec extends Partial<Omit<JobTaskPlan, "job" | "inputs" | "outputs" | "kind">> {
  readonly id: string;
  readonly script: string;
  /** Ports that are read: name → `task:port`. */
  readonly reads?: Readonly<Record<string, string>>;
  /** Text files that are made. */
  readonly makes?: readonly string[];
  readonly flavor?: JobTaskPlan["job"]["flavor"];
  readonly execution_time?: number;
  readonly grace?: number;
}

/** A job task; it needs whose output it reads, besides `upstream`. */
export function task(spec: TaskSpec): JobTaskPlan {
  const { script, reads = {}, makes = [], flavor, execution_time, grace = 2, ...rest } = spec;
  const sources = Object.entries(reads).map(([port, from]) => {
    const [task = "", output = ""] = from.split(":");
    return { port, task, output };
  });
  return {
    group: null,
    operator: rest.id,
    upstream: [...new Set([...sources.map((source) => source.task), ...(rest.upstream ?? [])])],
    trigger_rule: "all_success",
    retries: 0,
    retry_delay: 0,
    params: {},
    connections: [],
    effects: makes.length > 0 ? "none" : "writes",
    kind: "job",
    engine: "process",
    ...withoutUpstream(rest),
    job: {
      script,
      env: {},
      stage_time: 60,
      grace,
      digest: createHash("sha256").update(script).digest("hex"),
      ...(flavor && { flavor }),
      ...(execution_time !== undefined && { execution_time }),
    },
    inputs: Object.fromEntries(
      sources.map(({ port, task, output }) => [
        port,
        { types: ["text"], optional: false, many: false, sources: [{ kind: "task" as const, task, port: output }] },
      ]),
    ),
    outputs: Object.fromEntries(makes.map((port) => [port, { type: "text", extension: ".txt", dir: false }])),
  };
}

function withoutUpstream<T extends { upstream?: unknown }>(rest: T): Omit<T, "upstream"> {
  const { upstream: _, ...others } = rest;
  return others;
}

export function plan(tasks: readonly TaskPlan[], change: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    source: { file: "pipelines/p.yaml", digest: "0".repeat(64) },
    env: "dev",
    dag: {
      dag_id: "p",
      name: "p",
      schedule: null,
      timezone: "UTC",
      start_date: "2026-01-01T00:00:00",
      catchup: false,
      tags: [],
      critical: false,
      params: {},
    },
    groups: [],
    tasks,
    store: { url: ".tradewind/store" },
    launcher: { kind: "command", command: "tradewind" },
    engines: {},
    publish: [],
    ...change,
  };
}

const dates: RunDates = {
  logical_date: "2026-01-15T00:00:00+00:00",
  data_interval_start: "2026-01-15T00:00:00+00:00",
  data_interval_end: "2026-01-16T00:00:00+00:00",
};

export interface Ran {
  readonly record: RunRecord;
  readonly events: readonly RunEvent[];
}

export interface HowToRun extends Partial<RunOptions> {
  readonly signal?: AbortSignal;
  readonly capacity?: Tokens;
  readonly onEvent?: (event: RunEvent) => void;
}

/** Runs a Plan in `root` to its end; fails the test when it cannot start. */
export async function runPlan(root: string, made: Plan, how: HowToRun = {}): Promise<Ran> {
  const done = await tryRunPlan(root, made, how);
  if ("problems" in done) throw new Error(done.problems.join("\n"));
  return done;
}

/** Runs a Plan in `root`, or answers why it cannot start. */
export async function tryRunPlan(root: string, made: Plan, how: HowToRun = {}): Promise<Ran | { readonly problems: readonly string[] }> {
  const { signal = new AbortController().signal, capacity, onEvent, ...options } = how;
  const store = `${root}/.tradewind/store`;
  const prepared = await prepareRun(made, {
    select: {},
    params: {},
    cache: true,
    dates,
    env: process.env,
    store: { url: store },
    ...options,
  });
  if ("problems" in prepared) return prepared;
  const events: RunEvent[] = [];
  const record = await run(prepared, {
    root,
    store: createFolderStore(store),
    signal,
    ...(capacity && { capacity }),
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
  });
  return "problems" in record ? record : { record, events };
}

/** Task → state, `cached` for a hit. */
export function outcomes(record: RunRecord): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record.tasks).map(([id, { state, taken_from }]) => [
      id,
      state === "success" && taken_from !== undefined ? "cached" : state,
    ]),
  );
}
