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

/** One Plan for each thing that an emitted file can hold. Keys are file names. */
export const plans: { readonly [name: string]: Plan } = {
  flights,
  "no-schedule": makePlan([makeTask("only")], {
    dag_id: "no_schedule",
    schedule: null,
    timezone: "UTC",
    start_date: "2026-01-01T06:30:00",
    end_date: "2027-01-01T00:00:00",
    catchup: true,
    critical: true,
    tags: ["critical", "Отчёты"],
    description: 'Said "it\'s fine": 50 % of {{ nothing }} is rendered here, {0} and %s neither.',
  }),
  "clock-change": makePlan([makeTask("only", { retry_delay: 90, retries: 1 })], {
    dag_id: "clock_change",
    schedule: { cron: "30 2 * * 0", interval: "trigger" },
    timezone: "America/New_York",
    start_date: "2026-03-07T12:00:00",
    end_date: "2026-11-01T12:00:01",
  }),
  preset: makePlan([makeTask("only", { retry_delay: 0.5 })], { dag_id: "preset", schedule: { cron: "@daily", interval: "data" } }),
  once: makePlan([makeTask("only", { retry_delay: 86400 })], { dag_id: "once", schedule: { cron: "@once", interval: "data" } }),
  empty: makePlan([], { dag_id: "empty" }),
  "task-and-group": makePlan([makeTask("load"), makeTask("h.load.t", { upstream: ["load"] })], { dag_id: "task_and_group" }),
  params: makePlan(
    [
      makeTask("use", {
        params: {
          count: { value: "{{ params.count }}", schema: { type: "integer", minimum: 1 }, template: true },
          nothing: { value: null, schema: { type: ["string", "null"] }, template: true },
          nested: {
            value: { a: ["{{ params.who }}", "plain"], b: { "c/d": "{{ params.count }}" } },
            schema: { type: "object" },
            template: true,
          },
          raw: { value: "{{ not rendered }}", schema: { type: "string" }, template: false },
        },
      }),
    ],
    {
      dag_id: "params",
      params: {
        count: { type: "integer", default: 3, minimum: 1, maximum: 10, description: "How many." },
        who: { type: "string", default: "x", enum: ["x", "y"] },
        ratio: { type: "number", default: 0.25, exclusiveMaximum: 1 },
        maybe: { type: ["string", "null"], default: null },
        list: { type: "array", default: ["a", "b"], items: { type: "string" }, minItems: 1 },
        map: { type: "object", default: { a: { b: [1, 2.5, true, null] } } },
        other: { default: "z", not: { type: "integer" }, type: "string" },
      },
    },
  ),
  names: makePlan(
    [
      makeTask("class"),
      makeTask("print"),
      makeTask("dag"),
      makeTask("RUN"),
      makeTask("a-b"),
      makeTask("a_b"),
      makeTask("left.load"),
      makeTask("right.load"),
      makeTask("right.left.load", { upstream: ["left.load", "right.load", "class"] }),
      makeTask("left_load", { upstream: ["left.load"] }),
      makeTask("BashOperator", { upstream: ["a-b", "a_b"] }),
      makeTask(`long_${"x".repeat(100)}`, { upstream: ["BashOperator"] }),
      makeTask(`long_${"x".repeat(101)}`, { upstream: [`long_${"x".repeat(100)}`] }),
      makeTask("_", { upstream: ["print"] }),
    ],
    { dag_id: "names" },
    {
      groups: [
        { id: "left", description: 'All that is "left"' },
        { id: "right", description: `A long tooltip, ${"and longer ".repeat(12)}` },
        { id: "right.left" },
        { id: "unused" },
      ],
    },
  ),
  order: makePlan(
    [
      ...["a", "b", "c"].map((id) => makeTask(id)),
      ...Array.from({ length: 12 }, (_, index) => makeTask(`a_rather_long_name_${index}`, { upstream: ["a"] })),
      makeTask("joined", { upstream: Array.from({ length: 12 }, (_, index) => `a_rather_long_name_${index}`) }),
      ...Array.from({ length: 8 }, (_, index) =>
        makeTask(`chain_of_tasks_${index}`, { upstream: [index === 0 ? "joined" : `chain_of_tasks_${index - 1}`] }),
      ),
      makeTask("d", { upstream: ["b", "c"], trigger_rule: "none_failed_min_one_success" }),
      makeTask("e", { upstream: ["b", "c"], trigger_rule: "all_done" }),
      makeTask("f", { upstream: ["d", "e"], trigger_rule: "one_failed" }),
    ],
    { dag_id: "order" },
  ),
  everything: makePlan(
    [
      makeTask("g.full", {
        description: "Does **everything**.",
        retries: 3,
        retry_delay: 5400,
        execution_timeout: 7200,
        pool: "gpu_pool",
        queue: "gpu",
        priority_weight: 100,
        trigger_rule: "none_failed",
        job: makeJob({ flavor: { name: "gpu", cpu: 0.5, memory: 1, gpu: 1, queue: "not-this" } }),
      }),
      makeTask("g.flavored", { execution_timeout: 61, job: makeJob({ flavor: { name: "gpu", queue: "from-flavor" } }) }),
      makeTask("g.bare", { retries: 3, retry_delay: 5400 }),
    ],
    { dag_id: "everything", owner: "ml team" },
    { launcher: { kind: "pip", requirement: "tradewind==0.1.0" }, store: { url: "/srv/store.sh", keep: 2_592_000 } },
  ),
  "odd-launcher": makePlan(
    [makeTask("only")],
    { dag_id: "odd_launcher" },
    { launcher: { kind: "command", command: "/opt/trade wind's/bin/trade{{wind" } },
  ),
  override: makePlan(
    [makeTask("one", { retries: 2 }), makeTask("two")],
    { dag_id: "override" },
    {
      engines: {
        process: {
          operator: "airflow.providers.standard.operators.bash.BashOperator",
          arguments: { cwd: "/tmp", append_env: false, retries: 9, env: { SITE: "north", TRADEWIND_TASK: "mine" }, pool: "shared" },
        },
      },
    },
  ),
  containers: makePlan(
    [
      makeTask("docker.plain", { engine: "docker", job: makeJob({ image: "registry.example/tool.sh" }) }),
      makeTask("docker.full", {
        engine: "docker",
        connections: ["dwh"],
        job: makeJob({
          image: "registry.example/a:1",
          script: 'echo "${#A} $(date) $$"\n',
          flavor: { name: "gpu", cpu: 2.5, memory: 2 ** 30, memory_max: 2 ** 31, gpu: 2, disk: 1e9 },
          python: { version: "3.11", packages: [] },
        }),
        inputs: {
          rows: {
            types: ["csv"],
            optional: false,
            many: true,
            sources: [
              { kind: "path", path: "/data/a.json" },
              { kind: "path", path: "/data/{{ b }}.sh" },
            ],
          },
          again: { types: ["csv"], optional: false, many: false, sources: [{ kind: "path", path: "/data/a.json" }] },
        },
      }),
      makeTask("pod.Plain_one", { engine: "kubernetes", job: makeJob({ image: "registry.example/tool.sh", grace: 5 }) }),
      makeTask("pod.full", {
        engine: "kubernetes",
        queue: "pods",
        connections: ["dwh", "S-3_store"],
        job: makeJob({
          image: "registry.example/a:1",
          script: 'echo "${#A} $(date) $$ $"\nprintf "%s" "$é"',
          grace: 120,
          python: { packages: ["pandas"] },
          flavor: {
            name: "gpu",
            cpu: 0.1,
            memory: 1_500_000_000,
            gpu: 1,
            disk: 5e10,
            node_selector: { "example.com/zone": "a" },
            tolerations: [
              { key: "spot", operator: "Exists" },
              { operator: "Exists", effect: "NoExecute", toleration_seconds: 60 },
            ],
          },
        }),
        params: {
          literal: { value: "$(HOME) $$ {{ x }}", schema: { type: "string" }, template: false },
          template: { value: "{{ params.note }} $(TRADEWIND_TASK)\n", schema: { type: "string" }, template: true },
          list: { value: ["$(pwd)", "{{ params.note }}"], schema: { type: "array" }, template: true },
          date: { value: "{{ ds }}", schema: { type: "string" }, template: true },
        },
      }),
      makeTask("process"),
    ],
    { dag_id: "Containers.of-all_kinds", params: { note: { type: "string", default: "$(TRADEWIND_DAG) and $$" } } },
    {
      store: { url: "/mnt/$(HOME)/store" },
      launcher: { kind: "command", command: "tradewind", image: "registry.example/tradewind:0.1.0", folder: "/opt/trade wind" },
      engines: {
        docker: {
          operator: "airflow.providers.docker.operators.docker_swarm.DockerSwarmOperator",
          arguments: {
            environment: { SITE: "north", TRADEWIND_TASK: "mine" },
            mounts: [{ source: "models", target: "/models", type: "volume" }],
          },
        },
        kubernetes: {
          connections: { secret: "connections", key: "{id}" },
          volume_claim: "store",
          arguments: { namespace: "ml", env_vars: { SITE: "north", TRADEWIND_TASK: "mine" }, node_selector: { pool: "ml" }, image: "mine" },
        },
      },
    },
  ),
  "containers-of-images": makePlan(
    [
      makeTask("docker", { engine: "docker", job: makeJob({ image: "registry.example/a:1" }) }),
      makeTask("pod", { engine: "kubernetes", job: makeJob({ image: "registry.example/a:1" }) }),
    ],
    { dag_id: "containers_of_images" },
    { store: { url: "s3://bucket/store" }, launcher: { kind: "command", command: "/usr/bin/tradewind" } },
  ),
  mixed: makePlan(
    [
      {
        kind: "airflow",
        id: "wait.for_file",
        group: "wait",
        operator: "airflow.sensors.filesystem.FileSensor",
        class_path: "airflow.sensors.filesystem.FileSensor",
        arguments: { filepath: "/data/{{ ds }}.csv", poke_interval: 30, timeout: 3600, mode: "reschedule" },
        upstream: [],
        trigger_rule: "all_success",
        retries: 1,
        retry_delay: 60,
      },
      makeTask("load", { upstream: ["wait.for_file"], retries: 1, retry_delay: 60 }),
      {
        kind: "airflow",
        id: "done",
        group: null,
        operator: "airflow.providers.standard.operators.empty.EmptyOperator",
        class_path: "airflow.providers.standard.operators.empty.EmptyOperator",
        arguments: {},
        upstream: ["load"],
        trigger_rule: "all_done",
        retries: 0,
        retry_delay: 60,
      },
      {
        kind: "airflow",
        id: "next",
        group: null,
        description: "Starts the next pipeline.",
        operator: "airflow.operators.trigger_dagrun.TriggerDagRunOperator",
        class_path: "airflow.operators.trigger_dagrun.TriggerDagRunOperator",
        arguments: { trigger_dag_id: "other", conf: { day: "{{ ds }}", deep: [1, null, { a: true }] }, wait_for_completion: false },
        upstream: ["load"],
        trigger_rule: "all_success",
        retries: 1,
        retry_delay: 60,
      },
    ],
    { dag_id: "mixed", owner: "ml" },
  ),
};
