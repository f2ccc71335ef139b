/** Editors: what the YAML language server offers and marks in a workspace that init made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Editor } from "./language-server.ts";
import { makeFolder, tradewind, writeFiles } from "./tradewind.ts";

let root: string;
let editor: Editor;

beforeAll(async () => {
  const parent = makeFolder();
  expect(await tradewind(["init", "w"], { cwd: parent })).toMatchObject({ code: 0, stderr: "" });
  root = join(parent, "w");
  const settings = JSON.parse(readFileSync(join(root, ".vscode", "settings.json"), "utf8")) as { readonly "yaml.schemas": object };
  editor = await Editor.open(root, settings["yaml.schemas"]);
});

afterAll(() => editor.close());

const file = "pipelines/hello.yaml";
const task = (body: string) => `dag:\n  name: hello\n  start_date: 2026-01-01\ntasks:\n  prepare:\n    orders:\n      ${body}\n`;

async function offered(text: string, path = file): Promise<readonly string[]> {
  return (await editor.complete(path, text)).map(({ label }) => label);
}

async function marked(text: string, path = file): Promise<readonly string[]> {
  const found = await editor.show(path, text);
  for (const { source } of found) expect(source).toMatch(/^yaml-schema: Tradewind /);
  return found.map(({ message, range }) => `${range.start.line + 1}:${range.start.character + 1} ${message}`);
}

test("marks nothing in the workspace as it is", async () => {
  const paths = [file, "tradewind.yaml", "env/dev.yaml", "env/prod.yaml", "operators/select_orders/operator.yaml"];
  for (const path of paths) expect([path, await marked(readFileSync(join(root, path), "utf8"), path)]).toEqual([path, []]);
});

test("offers the operators, each with what it does", async () => {
  const found = await editor.complete(file, task("operator_type: |"));
  expect(found.map(({ label }) => label)).toEqual(["csv_to_pg", "job", "pg_to_csv", "select_orders", "sum_orders"]);
  const { documentation } = found.find(({ label }) => label === "select_orders") ?? {};
  expect(JSON.stringify(documentation)).toContain("The orders that are worth at least a minimum.");
});

test("offers the operator's own parameters and ports, and the keys of a task", async () => {
  const keys = await offered(task("operator_type: select_orders\n      |"));
  expect(keys).toEqual(expect.arrayContaining(["minimum", "inputs", "needs", "retries", "job"]));
  expect(keys).not.toContain("day");
  expect(new Set(keys).size).toBe(keys.length);
  expect(await offered(task("operator_type: select_orders\n      inputs:\n        |"))).toEqual(["orders"]);
  expect(await offered(task("|"))).toEqual(expect.arrayContaining(["operator_type"]));
});

test.each([
  ["a parameter's values", task("operator_type: csv_to_pg\n      mode: |"), ["replace", "append"]],
  ["a flag's values", task("operator_type: csv_to_pg\n      enabled: |"), ["true", "false"]],
  ["the flavors of the settings", task("operator_type: csv_to_pg\n      job:\n        resource_flavor: |"), ["small"]],
  [
    "the pipeline's tasks",
    task("operator_type: csv_to_pg\n      needs: [|]"),
    ["prepare", "prepare.orders", "report", "report.by_country"],
  ],
  ["their outputs", task("operator_type: csv_to_pg\n      inputs:\n        data: |"), ["prepare.orders", "report.by_country", "null"]],
])("offers %s", async (_, text, labels) => {
  expect(await offered(text)).toEqual(labels);
});

test("offers keys of settings, and types of ports", async () => {
  expect(await offered("flavors:\n  small:\n    |\n", "tradewind.yaml")).toEqual([
    "cpu",
    "memory",
    "memory_max",
    "disk",
    "gpu",
    "queue",
    "node_selector",
    "tolerations",
    "engine",
  ]);
  expect(await offered("inputs:\n  a:\n    type: |\n", "operators/sum_orders/operator.yaml")).toEqual(
    expect.arrayContaining(["csv", "parquet", "any"]),
  );
});

const noOperator = "There is no such operator; tradewind operators lists them, and tradewind check makes new ones known here.";
test.each([
  ["operator_type: select_orders\n      minimum: high", ['8:16 Incorrect type. Expected "number".']],
  ["operator_type: select_orders\n      minimum: -1", ["8:16 Value is below the minimum of 0."]],
  ["operator_type: select_orders\n      minimun: 3", ["8:7 Property minimun is not allowed.", '6:5 Missing property "minimum".']],
  ["operator_type: select_orders\n      params: { minimum: 3 }", []],
  [`operator_type: select_orders\n      minimum: $\{smallest_order}`, []],
  ["operator_type: select_orders\n      minimum: '{{ params.minimum }}'", []],
  ["operator_type: select_orders\n      minimum: 3\n      retries: often", ["9:16 Incorrect type. Expected one of integer, null."]],
  [
    "operator_type: select_orders\n      minimum: 3\n      job: { execution_time: soon }",
    ["9:30 It is a duration such as 60 minutes, 90s or PT1H."],
  ],
  ["operator_type: select_order", [`7:22 ${noOperator}`]],
  ["operator_type: airflow.providers.standard.sensors.bash.BashSensor\n      bash_command: 'true'", []],
  ["minimum: 4", ["7:16 A task is a map with operator_type, a group a map of tasks and groups."]],
])("marks %j", async (body, messages) => {
  expect(await marked(task(body))).toEqual(messages);
});

test("tells what a parameter is", async () => {
  expect(await editor.hover(file, task("operator_type: select_orders\n      mini|mum: 4"))).toMatch(
    /Smaller orders are left out\.\s+a number of at least 0; required/,
  );
});

test("knows a new operator after tradewind check", async () => {
  writeFiles(root, {
    "operators/rank/operator.yaml": "operator: rank\nparams:\n  by: { enum: [country, amount] }\njob: { execution_script: 'true' }\n",
  });
  expect(await tradewind(["schema", "--check"], { cwd: root })).toMatchObject({
    code: 1,
    stdout:
      ".tradewind/schema/pipeline.json: not current\n.tradewind/schema/settings.json: not current\n.tradewind/schema/presets.json: not current\nrun tradewind schema\n",
  });
  expect(await tradewind(["check"], { cwd: root })).toMatchObject({ code: 0, stderr: "" });
  expect(await tradewind(["schema", "--check"], { cwd: root })).toMatchObject({ code: 0, stdout: "all 5 schemas are current\n" });
  editor.changed(".tradewind/schema/pipeline.json");
  expect(await offered(task("operator_type: rank\n      by: |"))).toEqual(["country", "amount"]);
});
