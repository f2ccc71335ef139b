/** Which layer wins when presets are among them, and that `explain` knows where each value was written. */
import { describe, expect, test } from "vitest";
import { explainPipeline } from "../../src/pipeline/explain.ts";
import type { Span } from "../../src/protocol/diagnostic.ts";
import { compileTexts, planOf, describe as said } from "./workspace.ts";

const settings = "defaults: { retries: 1 }\nvars: { conn: dwh }\n";

function pipeline(dag: string, task: string, defaults = ""): string {
  return `dag: { name: daily${dag} }\ntasks:\n${defaults}  extract: { operator_type: pg_to_csv, query: select 1${task} }\n`;
}

describe("precedence, weakest first", () => {
  const presets = "a: { connection: a, retries: 11 }\nb: { connection: b, retries: 12 }\nc: { pool: c }\n";
  const group = "  defaults: { connection: group, retries: 2 }\n";
  const planned = (dag: string, task: string) => {
    const files = { "tradewind.yaml": settings, "presets/p.yaml": presets, "pipelines/daily.yaml": pipeline(dag, task, group) };
    const [only] = planOf(files).tasks;
    return only?.kind === "job" ? [only.params.connection?.value, only.retries, only.pool] : [];
  };

  test.each([
    ["the group's defaults", "", "", ["group", 2, undefined]],
    ["a preset of the dag", ", presets: a", "", ["a", 11, undefined]],
    ["of several of the dag the last", ", presets: [b, a, c]", "", ["a", 11, "c"]],
    ["a preset of the task", ", presets: a", ", presets: b", ["b", 12, undefined]],
    ["of several of the task the last", ", presets: c", ", presets: [b, a]", ["a", 11, "c"]],
    ["the task itself", ", presets: a", ", presets: b, connection: own, retries: 0", ["own", 0, undefined]],
  ])("%s", (_, dag, task, expected) => {
    expect(planned(dag, task)).toEqual(expected);
  });
});

test("presets in defaults are those of the tasks that name none, and need not fit each", () => {
  const files = {
    "tradewind.yaml": "defaults: { presets: wide }\n",
    "presets/p.yaml": "wide: { connection: dwh, chunk: 5, retries: 3 }\nnarrow: { connection: other }\n",
    "pipelines/daily.yaml":
      "dag: { name: daily }\ntasks:\n" +
      "  one: { operator_type: pg_to_csv, query: select 1 }\n  two: { operator_type: pg_to_csv, query: select 1, presets: narrow }\n",
  };
  const tasks = planOf(files).tasks.map((task) => [task.id, task.kind === "job" && task.params.connection?.value, task.retries]);
  expect(tasks).toEqual([
    ["one", "dwh", 3],
    ["two", "other", 0],
  ]);
});

test("a project's preset wins over the workspace's, whose name stays for the others", () => {
  const files = {
    "presets/p.yaml": "p: { retries: 1 }\n",
    "projects/x/presets/p.yaml": "p: { retries: 2 }\n",
    "pipelines/a.yaml": pipeline("", ", connection: c, presets: p").replace("daily", "a"),
    "projects/x/pipelines/b.yaml": pipeline("", ", connection: c, presets: p").replace("daily", "b"),
  };
  const { pipelines, diagnostics } = compileTexts(files);
  expect(diagnostics).toEqual([]);
  expect(pipelines.map(({ name, plan }) => [name, plan?.tasks[0]?.retries])).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
});

test("explain names the preset, and the place of a value in it", () => {
  const files: Record<string, string> = {
    "tradewind.yaml": settings,
    "presets/p.yaml": '# ours\nwarehouse: { connection: "$' + '{conn}", job: { execution_time: 2 hours } }\npatient: { retries: 3 }\n',
    "pipelines/daily.yaml": pipeline(", presets: [warehouse]", ", presets: [patient]"),
  };
  const { pipelines, diagnostics } = compileTexts(files, { explain: true });
  expect(diagnostics.map(said)).toEqual([]);
  const textAt = ({ file, start, end }: Span) => (files[file] ?? "").slice(start, end);
  const resolved = pipelines[0]?.resolved;
  const values = resolved ? explainPipeline(resolved, textAt).flatMap((section) => section.values) : [];
  const shown = (path: string) => {
    const value = values.find((one) => one.path === path);
    return value && [value.value, value.layer, value.span && textAt(value.span), value.named && textAt(value.named)];
  };
  expect(shown("extract.retries")).toEqual([3, "preset patient", "3", undefined]);
  expect(shown("extract.job.execution_time")).toEqual(["2h", "preset warehouse", "2 hours", undefined]);
  expect(shown("extract.connection")).toEqual(["dwh", "base", "dwh", '"$' + '{conn}"']);
});

test("a file that cannot be read makes no preset unknown or unused", () => {
  const files = {
    "presets/a.yaml": "a: [\n",
    "presets/b.yaml": "b: {}\n",
    "pipelines/daily.yaml": pipeline("", ", connection: c, presets: a"),
  };
  expect(compileTexts(files).diagnostics.map(({ code }) => code)).toEqual(["yaml-syntax", "unused-preset"]);
});
