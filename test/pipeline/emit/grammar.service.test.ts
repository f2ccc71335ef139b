/** Every emitted file is Python by the grammars of 3.9 to 3.12, and its literals give back what the Plan says. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pythonEnvironment, root } from "../../../scripts/provision.mjs";
import { emitDag } from "../../../src/pipeline/emit/emit.ts";
import type { Target } from "../../../src/pipeline/emit/target.ts";
import type { Json } from "../../../src/protocol/json.ts";
import type { Plan, TaskPlan } from "../../../src/protocol/plan.ts";
import { variableName } from "../../../src/protocol/request-env.ts";
import { compileTexts } from "../workspace.ts";
import { workspaces } from "../workspaces.ts";
import { naughtyStrings } from "./naughty.ts";
import { makeJob, makePlan, makeTask, plans } from "./plans.ts";

const python = join(pythonEnvironment("python-grammar"), "bin", "python");
const script = join(import.meta.dirname, "grammar.py");
const versions = ["3.9", "3.10", "3.11", "3.12"];
const targets: readonly Target[] = ["portable", "2", "3"];

interface ReadTask {
  readonly variable: string;
  readonly callee: string;
  readonly arguments: { readonly [name: string]: Json };
  readonly env: { readonly [name: string]: string };
}

interface ReadFile {
  readonly errors: readonly string[];
  readonly dag: { readonly [name: string]: Json };
  readonly tasks: readonly ReadTask[];
  readonly order: readonly (readonly [string, string])[];
}

function readFiles(files: { readonly [name: string]: string }): { readonly [name: string]: ReadFile } {
  const input = JSON.stringify({ versions, files });
  const { stdout, stderr, status } = spawnSync(python, [script], { input, encoding: "utf8", maxBuffer: 256 << 20 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** What Airflow's renderer makes of a text without a template of its author's. */
function rendered(text: string): string {
  return text
    .replace(/\{# #\}$/, "")
    .replaceAll("{{ '{' }}", "{")
    .replaceAll("{{ '\\r' }}", "\r");
}

/** Of several lines a line end more, which Airflow drops. */
function sameText(written: string | undefined, meant: string): boolean {
  const text = rendered(written ?? "");
  return text === meant || text === `${meant}\n`;
}

function localName(id: string): string {
  return id.slice(id.lastIndexOf(".") + 1);
}

function expectTask(task: TaskPlan, read: ReadTask, shared: ReadFile["dag"]): void {
  const usual = (shared.default_args ?? {}) as { readonly [name: string]: Json };
  const said = (name: string) => read.arguments[name] ?? usual[name];
  expect(read.arguments.task_id).toBe(localName(task.id));
  expect(read.arguments.doc_md).toBe(task.description);
  expect(read.arguments.trigger_rule ?? "all_success").toBe(task.trigger_rule);
  // An engine's own arguments may say it for tasks that do not.
  if (task.pool !== undefined) expect(read.arguments.pool).toBe(task.pool);
  expect(said("priority_weight")).toBe(task.priority_weight);
  if (task.kind === "airflow") {
    for (const [name, value] of Object.entries(task.arguments)) if (name in read.arguments) expect(read.arguments[name]).toEqual(value);
    return;
  }
  if (task.engine !== "process") return;
  expect(read.env.TRADEWIND_TASK).toBe(task.id);
  expect(read.env.TRADEWIND_OPERATOR_DIGEST).toBe(task.job.digest);
  expect(read.env.TRADEWIND_EFFECTS).toBe(task.effects);
  expect(sameText(read.env.TRADEWIND_SCRIPT, task.job.script), `${JSON.stringify(read.env.TRADEWIND_SCRIPT)} is ${task.job.script}`).toBe(
    true,
  );
  for (const [name, { value, template }] of Object.entries(task.params)) {
    if (typeof value !== "string") continue;
    const written = read.env[variableName("PARAM", name)];
    const raw = (written ?? "").replace(/\{# #\}$/, "");
    if (template && /\{[{%#]/.test(value)) expect(raw).toBe(value);
    else expect(sameText(written, value), `${JSON.stringify(written)} is ${JSON.stringify(value)}`).toBe(true);
  }
}

function expectFile(plan: Plan, file: ReadFile): void {
  expect(file.errors).toEqual([]);
  expect(file.dag.dag_id).toBe(plan.dag.dag_id);
  expect(file.dag.description).toBe(plan.dag.description);
  expect(file.dag.catchup).toBe(plan.dag.catchup);
  const jobs = new Map(file.tasks.map((task) => [task.env.TRADEWIND_TASK ?? task.arguments.task_id, task]));
  expect(file.tasks.length).toBe(plan.tasks.length);
  for (const task of plan.tasks) {
    const read = jobs.get(task.id) ?? jobs.get(localName(task.id));
    expect(read, task.id).toBeDefined();
    if (read) expectTask(task, read, file.dag);
  }
  const ids = new Map(plan.tasks.map(({ id }) => [(jobs.get(id) ?? jobs.get(localName(id)))?.variable, id]));
  const order = file.order.map(([before, after]) => `${ids.get(before)} >> ${ids.get(after)}`);
  expect(new Set(order)).toEqual(new Set(plan.tasks.flatMap(({ id, upstream }) => upstream.map((before) => `${before} >> ${id}`))));
}

function expectPlans(given: { readonly [name: string]: Plan }, target: Target): void {
  const read = readFiles(Object.fromEntries(Object.entries(given).map(([name, plan]) => [name, emitDag(plan, target)])));
  for (const [name, plan] of Object.entries(given)) {
    const file = read[name];
    expect(file, name).toBeDefined();
    if (file) expectFile(plan, file);
  }
}

describe.each(targets)("for %s", (target) => {
  test("plans made by hand", () => {
    expectPlans(plans, target);
  });

  test("golden cases", () => {
    const cases = join(root, "test", "cases");
    const given = readdirSync(cases).flatMap((name) => {
      const files = readdirSync(join(cases, name)).filter((file) => /^(.*\.)?plan\.json$/.test(file));
      return files.map((file): [string, Plan] => [`${name}/${file}`, JSON.parse(readFileSync(join(cases, name, file), "utf8"))]);
    });
    expect(given.length).toBeGreaterThan(20);
    expectPlans(Object.fromEntries(given), target);
  });

  test("generated workspaces", () => {
    const samples = fc.sample(workspaces, { numRuns: 30, seed: 7 });
    const given = samples.flatMap((files, index) =>
      compileTexts(files, { env: index % 2 === 0 ? "dev" : "prod" }).pipelines.flatMap(({ plan, name }) =>
        plan ? [[`${index}-${name}`, plan] as const] : [],
      ),
    );
    expect(given.length).toBe(30);
    expectPlans(Object.fromEntries(given), target);
    for (const [, plan] of given) expectOrder(plan);
  });

  test("any text in any place", () => {
    const text = fc.oneof(
      fc.constantFrom(...naughtyStrings.filter((one) => !one.includes("\0"))),
      fc.string({ unit: "grapheme", maxLength: 60 }),
    );
    const samples = fc.sample(fc.tuple(text, text, text), { numRuns: 150, seed: 11 });
    const given = samples.map(([script, value, description], index): [string, Plan] => {
      const params = { value: { value, schema: { type: "string" }, template: false } } as const;
      return [`${index}`, makePlan([makeTask("only", { description, params, job: makeJob({ script }) })], { description })];
    });
    expectPlans(Object.fromEntries(given), target);
  });
});

/** A task stands after everything that it waits for. */
function expectOrder({ tasks }: Plan): void {
  const seen = new Set<string>();
  for (const { id, upstream } of tasks) {
    expect(upstream.filter((before) => !seen.has(before))).toEqual([]);
    seen.add(id);
  }
}
