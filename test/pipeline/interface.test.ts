/** Pipelines as operators: what goes in, what comes out, what is seen, and in which order. */
import { expect, test } from "vitest";
import { compileTexts, planOf, describe as said } from "./workspace.ts";

const inner = `interface:
  params: { table: { type: string } }
  inputs: { data: load:data }
  outputs: { rows: again:data }
tasks:
  first: { operator_type: pg_to_csv, connection: dwh, query: select 1 }
  load: { operator_type: csv_to_pg, needs: [first], connection: dwh, table: "$\{params.table}" }
  again: { operator_type: pg_to_csv, needs: [load], connection: dwh, query: select 2 }
`;
const get = "  get: { operator_type: pg_to_csv, connection: dwh, query: select 3 }\n";
const files = (tasks: string, more: Record<string, string> = {}) => ({
  "pipelines/inner.yaml": inner,
  "pipelines/daily.yaml": `dag: { name: daily }\ntasks:\n${get}${tasks}`,
  ...more,
});
const upstream = (tasks: string, more?: Record<string, string>) =>
  Object.fromEntries(planOf(files(tasks, more), { pipeline: "daily" }).tasks.map((task) => [task.id, task.upstream]));

test("needs come before what is first inside, and an output is that of the task inside", () => {
  const tasks =
    "  use: { operator_type: pipelines/inner, needs: [get], table: t }\n" +
    "  put: { operator_type: csv_to_pg, inputs: { data: use:rows }, connection: dwh, table: u }\n";
  expect(upstream(tasks)).toEqual({
    get: [],
    "use.first": ["get"],
    "use.load": ["get", "use.first"],
    "use.again": ["use.load"],
    put: ["use.again"],
  });
});

test("who needs the use waits for what is last inside, and is bound to its outputs alone", () => {
  const tasks =
    "  use: { operator_type: pipelines/inner, inputs: { data: get }, table: t }\n" +
    "  put: { operator_type: csv_to_pg, needs: [use], connection: dwh, table: u }\n";
  expect(upstream(tasks)).toEqual({
    get: [],
    "use.first": [],
    "use.load": ["get", "use.first"],
    "use.again": ["use.load"],
    put: ["use.again"],
  });
});

test("a use that is not enabled is not there, and who needs it inherits its needs", () => {
  const tasks =
    "  use: { operator_type: pipelines/inner, enabled: false, needs: [get], table: t }\n" +
    "  last: { operator_type: pg_to_csv, needs: [use], connection: dwh, query: select 4 }\n";
  expect(upstream(tasks)).toEqual({ get: [], last: ["get"] });
});

test("ten pipelines deep, each name carries the whole way", () => {
  const more: Record<string, string> = {};
  for (let depth = 1; depth < 10; depth++) {
    const next = depth === 9 ? "pipelines/inner" : `pipelines/p${depth + 1}`;
    more[`pipelines/p${depth}.yaml`] =
      "interface: { params: { table: { type: string } }, inputs: { data: x:data }, outputs: { rows: x:rows } }\n" +
      `tasks:\n  x: { operator_type: ${next}, table: "$\{params.table}${depth}" }\n`;
  }
  const plan = planOf(files("  use: { operator_type: pipelines/p1, inputs: { data: get }, table: t }\n", more), { pipeline: "daily" });
  const load = plan.tasks.find(({ id }) => id === `use.${"x.".repeat(9)}load`);
  expect(load?.kind === "job" && [load.params.table?.value, load.inputs.data?.sources]).toEqual([
    "t123456789",
    [{ kind: "task", task: "get", port: "data" }],
  ]);
});

test("an interface without a schedule is compiled by itself only when nothing must be given to it", () => {
  const alone = (params: string) => {
    const text = `interface: { params: { n: ${params} } }\ndag: { name: one }\ntasks:\n  a: { operator_type: pg_to_csv, connection: c, query: "$\{params.n}" }\n`;
    const { pipelines, diagnostics } = compileTexts({ "pipelines/one.yaml": text });
    expect(diagnostics.map(said)).toEqual([]);
    return pipelines.map(({ plan }) => plan?.tasks.map((task) => task.kind === "job" && task.params.query?.value));
  };
  expect(alone("{ type: string, default: select 1 }")).toEqual([["select 1"]]);
  expect(alone("{ type: string }")).toEqual([]);
});

test("a change of the pipeline inside changes the plan's digest", () => {
  const tasks = "  use: { operator_type: pipelines/inner, inputs: { data: get }, table: t }\n";
  const digest = (text: string) => planOf({ ...files(tasks), "pipelines/inner.yaml": text }, { pipeline: "daily" }).source.digest;
  expect(digest(inner)).not.toBe(digest(`${inner}# changed\n`));
});
