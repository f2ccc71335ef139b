/** Plans made by hand, for tests of the emitter that need no compiler. */
import type { DagPlan, JobPlan, JobTaskPlan, Plan, TaskPlan } from "../../../src/protocol/plan.ts";

const digest = "0f".repeat(32);

/** A job with the defaults that the compiler gives. */
export function makeJob(job: Partial<JobPlan> = {}): JobPlan {
  return { script: "python -m score", env: {}, stage_time: 600, grace: 10, digest, ...job };
}

/** A job task; its group is taken from the id. */
export function makeTask(id: string, task: Partial<JobTaskPlan> = {}): JobTaskPlan {
  return {
    kind: "job",
    engine: "process",
    id,
    group: id.includes(".") ? id.slice(0, id.lastIndexOf(".")) : null,
    operator: "score_delays",
    upstream: [],
    trigger_rule: "all_success",
    retries: 0,
    retry_delay: 300,
    job: makeJob(),
    params: {},
    inputs: {},
    outputs: {},
    connections: [],
    effects: "none",
    ...task,
  };
}

/** A Plan around the tasks; groups are taken from their ids. */
export function makePlan(tasks: readonly TaskPlan[], dag: Partial<DagPlan> = {}, plan: Partial<Plan> = {}): Plan {
  const groups = new Set<string>();
  for (const { group } of tasks) {
    const segments = group?.split(".") ?? [];
    segments.forEach((_, index) => {
      groups.add(segments.slice(0, index + 1).join("."));
    });
  }
  return {
    version: 1,
    source: { file: "pipelines/flight_delays.yaml", digest },
    env: "dev",
    dag: {
      dag_id: "flight_delays",
      name: "flight_delays",
      schedule: { cron: "0 3 * * *", interval: "data" },
      timezone: "Europe/Moscow",
      start_date: "2026-01-01T00:00:00",
      catchup: false,
      tags: [],
      critical: false,
      params: {},
      ...dag,
    },
    groups: [...groups].map((id) => ({ id })),
    tasks,
    store: { url: "/srv/tradewind/store" },
    launcher: { kind: "command", command: "tradewind" },
    engines: {},
    publish: [],
    ...plan,
  };
}

/** The design's own example: extract, inference, two loads. */
export const flights: Plan = makePlan(
  [
    makeTask("extract.flights", {
      operator: "pg_to_csv",
      retries: 2,
      execution_timeout: 4260,
      description: "One day of departures.",
      job: makeJob({
        script: "exec tradewind builtin pg_to_csv",
        execution_time: 3600,
        flavor: { name: "cpu-2gb", cpu: 1, memory: 2_000_000_000 },
      }),
      params: {
        connection: { value: "dwh", schema: { type: "connection" }, template: false },
        query: {
          value: "select *\nfrom flights\nwhere day = '{{ ds }}'\n",
          schema: { type: "string", description: "What to read." },
          template: true,
        },
      },
      outputs: { data: { type: "csv", extension: ".csv", dir: false } },
      connections: ["dwh"],
      effects: "reads",
    }),
    makeTask("inference.score", {
      retries: 2,
      upstream: ["extract.flights"],
      execution_timeout: 4260,
      queue: "ml",
      job: makeJob({
        script: 'python -m score --data "$INPUT_DATA" \\\n  --out "$OUTPUT_SCORES"\n',
        code: "ab".repeat(32),
        python: { version: "3.11", packages: ["scikit-learn==1.5.2", "pandas"] },
        env: { OMP_NUM_THREADS: "1" },
        execution_time: 3600,
        flavor: { name: "cpu-2gb", cpu: 1, memory: 2_000_000_000 },
      }),
      params: {
        threshold: { value: 0.5, schema: { type: "number", minimum: 0, maximum: 1, default: 0.5 }, template: true },
        labels: { value: ["late", "on time {{ ds }}"], schema: { type: "array", items: { type: "string" } }, template: true },
      },
      inputs: {
        data: {
          types: ["csv"],
          optional: false,
          many: false,
          sources: [{ kind: "task", task: "extract.flights", port: "data" }],
        },
        model: { types: ["pickle"], optional: false, many: false, sources: [{ kind: "file", sha256: "cd".repeat(32), name: "model.pkl" }] },
      },
      outputs: { scores: { type: "csv", extension: ".csv", dir: false } },
    }),
    makeTask("load.to_dwh", {
      operator: "csv_to_pg",
      retries: 1,
      upstream: ["inference.score"],
      job: makeJob({ script: "exec tradewind builtin csv_to_pg" }),
      params: {
        connection: { value: "dwh", schema: { type: "connection" }, template: false },
        table: { value: "scores", schema: { type: "string" }, template: true },
      },
      inputs: {
        data: { types: ["csv"], optional: false, many: false, sources: [{ kind: "task", task: "inference.score", port: "scores" }] },
      },
      connections: ["dwh"],
      effects: "writes",
    }),
    makeTask("load.report", {
      operator: "csv_to_pg",
      retries: 2,
      upstream: ["inference.score"],
      trigger_rule: "all_done",
      job: makeJob({ script: "exec tradewind builtin csv_to_pg" }),
      connections: [],
      effects: "writes",
    }),
  ],
  { description: "Which flights will be late.", owner: "ml", critical: true, tags: ["flights"], max_active_runs: 1 },
);
