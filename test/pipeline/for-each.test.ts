/** What the tasks of a family see, and what its name stands for. */
import { expect, test } from "vitest";
import { explainPipeline } from "../../src/pipeline/explain.ts";
import type { Span } from "../../src/protocol/diagnostic.ts";
import { compileTexts, planOf, describe as said } from "./workspace.ts";

const family = (items: string, more = "") =>
  `dag: { name: daily }\ntasks:\n  get: { for_each: { c: ${items} }, operator_type: pg_to_csv, connection: "x_$` +
  `{c}", query: select 1 }\n${more}`;

const connections = (files: Record<string, string>) =>
  planOf(files).tasks.map((task) => [task.id, task.kind === "job" ? task.params.connection?.value : undefined]);

test("the item wins over a setting of its name, and only in its task", () => {
  const more = '  other: { operator_type: pg_to_csv, connection: "$' + '{c}", query: select 1 }\n';
  expect(connections({ "tradewind.yaml": "vars: { c: outer }\n", "pipelines/daily.yaml": family("[de, 7]", more) })).toEqual([
    ["get_de", "x_de"],
    ["get_7", "x_7"],
    ["other", "outer"],
  ]);
});

test("an item may be a setting, and a list of settings differs by environment", () => {
  const files = {
    "env/dev.yaml": "vars: { all: [a] }\n",
    "env/prod.yaml": "vars: { all: { b: one, c: two } }\n",
    "pipelines/daily.yaml": family('"$' + '{all}"'),
  };
  const { pipelines, diagnostics } = compileTexts(files);
  expect(diagnostics.map(said)).toEqual([]);
  expect(pipelines.map(({ env, plan }) => [env, plan?.tasks.map(({ id }) => id)])).toEqual([
    ["dev", ["get_a"]],
    ["prod", ["get_b", "get_c"]],
  ]);
});

test("an input that takes one artifact refuses a family, and says that it is one", () => {
  const more = "  put: { operator_type: csv_to_pg, inputs: { data: get }, connection: c, table: t }\n";
  const { diagnostics } = compileTexts({ "pipelines/daily.yaml": family("[de, fr, it]", more) });
  expect(diagnostics.map(said)).toEqual(["bound-twice: input `data` of task `put` takes one artifact, and `get` is 3 tasks"]);
});

test("an input is bound by needs to the only task of a family", () => {
  const more = "  put: { operator_type: csv_to_pg, needs: [get], connection: c, table: t }\n";
  const { tasks } = planOf({ "pipelines/daily.yaml": family("[de]", more) });
  expect(tasks.map(({ id, upstream }) => [id, upstream])).toEqual([
    ["get_de", []],
    ["put", ["get_de"]],
  ]);
});

test("more than 2000 tasks are refused once, whatever the lists multiply to", () => {
  const items = `[${Array.from({ length: 1500 }, (_, index) => index).join(", ")}]`;
  const two = family(items, '  more: { for_each: { d: "$' + '{many}" }, operator_type: pg_to_csv, connection: c, query: select 1 }\n');
  const { diagnostics } = compileTexts({ "tradewind.yaml": `vars: { many: ${items} }\n`, "pipelines/daily.yaml": two });
  expect(diagnostics.map(({ code }) => code)).toEqual(["too-many-tasks"]);
});

test("explain shows where the item is written", () => {
  const files: Record<string, string> = { "pipelines/daily.yaml": family("[de, fr]").replace('"x_$', '"$') };
  const { pipelines } = compileTexts(files, { explain: true });
  const textAt = ({ file, start, end }: Span) => (files[file] ?? "").slice(start, end);
  const values = pipelines[0]?.resolved ? explainPipeline(pipelines[0].resolved, textAt).flatMap((section) => section.values) : [];
  const found = values.find(({ path }) => path === "get_fr.connection");
  expect([found?.value, found?.layer, found?.span && textAt(found.span)]).toEqual(["fr", "pipeline", "fr"]);
});
