/**
 * Compiler and schemas say the same of keys and values. The real YAML language server reads the schemas: what it marks must be a mistake
 * to the compiler too, and what the compiler says of keys and types must be marked.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { compile } from "../../../src/pipeline/compile.ts";
import { aboutDag, aboutJob, aboutTask } from "../../../src/pipeline/parse/keys.ts";
import { makeSchemas, type SchemaName, schemaFiles } from "../../../src/pipeline/schema/schemas.ts";
import { aboutAirflow, aboutFlavor, aboutImage, aboutSettings, aboutStore, aboutType } from "../../../src/pipeline/settings/keys.ts";
import type { Diagnostic } from "../../../src/protocol/diagnostic.ts";
import { compileWorkspace } from "../../../src/workspace/compile-workspace.ts";
import { Editor } from "../../cli/language-server.ts";
import { makeFolder } from "../../cli/tradewind.ts";
import { caseNames, casesFolder } from "../cases.ts";
import { compileTexts } from "../workspace.ts";

const editors: Editor[] = [];
afterAll(async () => {
  for (const editor of editors) await editor.close();
});

/** An editor over several workspaces, each with its own schemas, in folders that no pattern of another fits (`flights/pipelines/*.yaml`). */
async function openEditor(schemas: ReadonlyMap<string, { readonly [name in SchemaName]: string }>): Promise<Editor> {
  const root = makeFolder();
  const wiring: { [path: string]: readonly string[] } = {};
  for (const [folder, texts] of schemas) {
    for (const [name, text] of Object.entries(texts)) {
      const path = `schema/${folder}/${name}.json`;
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
      wiring[path] = schemaFiles[name as SchemaName].map((file) => `at-${folder}/${file}`);
    }
  }
  const editor = await Editor.open(root, wiring);
  editors.push(editor);
  return editor;
}

function schemasOf(words: ReturnType<typeof compile>["words"]) {
  if (words === undefined) throw new Error("no words were gathered");
  return makeSchemas(words);
}

/** What a schema can see: keys and single values. The rest (other files, order, calendars) is the compiler's alone. */
const visible = new Set([
  "unknown-key",
  "misspelled-key",
  "wrong-type",
  "invalid-value",
  "invalid-duration",
  "invalid-size",
  "invalid-parameter",
  "unknown-parameter",
  "unknown-operator",
  "unknown-flavor",
  "unknown-image",
  "unknown-port",
  "missing-parameter",
  "not-yet",
]);

const lineOf = (text: string, offset: number) => text.slice(0, offset).split("\n").length;

describe("golden workspaces", async () => {
  const compiled = new Map(
    caseNames.map((name) => [name, compileWorkspace(join(casesFolder, name, "input"), { words: true, digests: false })] as const),
  );
  const editor = await openEditor(new Map([...compiled].map(([name, { words }]) => [name, schemasOf(words)])));

  test.each([...compiled])("%s", async (name, { texts, diagnostics }) => {
    for (const [path, text] of texts) {
      if (typeof text !== "string" || !/\.ya?ml$/.test(path) || text.length > 100_000) continue;
      const said = diagnostics.filter(({ span }) => span.file === path);
      if (said.some(({ code }) => code.startsWith("yaml-") || code === "duplicate-key")) continue; // no YAML to look into
      const found = await editor.show(`at-${name}/${path}`, text);
      const marked = found.map(({ message, range }) => `${range.start.line + 1}: ${message}`);
      if (said.length === 0) expect({ path, marked }).toEqual({ path, marked: [] });
      // Nor is what a setting comes to, that a schedule makes a pipeline run by itself, or which of two sizes is the larger.
      const unseen = /is compiled by itself|less than its `memory`/;
      const shown = said.filter(({ span, message }) => !text.slice(span.start, span.end).includes("${") && !unseen.test(message));
      const seen = shown.filter(({ code }) => visible.has(code)).map(({ code, message }) => `${code}: ${message}`);
      if (seen.length > 0) expect(marked, `${path}: ${seen.join("; ")}`).not.toEqual([]);
    }
  });
});

const values: readonly string[] = [
  "null",
  "true",
  "0",
  "1",
  "-1",
  "1.5",
  "5000000000",
  '"text"',
  '""',
  '"a.b"',
  '"60 minutes"',
  '"2 GB"',
  '"2026-01-31"',
  "[]",
  '["a"]',
  "[1]",
  "{}",
  '{"a": 1}',
  '{"a": "x"}',
  '{"a": null}',
  '"\u0024{word}"',
];

const workspace = {
  "env/dev.yaml": "vars: {}\n",
  "env/prod.yaml": "vars: {}\n",
  "tradewind.yaml": "flavors: { small: { cpu: 1 } }\nimages: { py: { python: '3.11' } }\nvars: { word: text }\n",
  "operators/own/operator.yaml":
    "operator: own\nparams:\n  word: { type: string, default: a }\n  number: { type: number, default: 1, minimum: 0 }\n" +
    "  list: { type: array, items: { type: integer }, default: [] }\n  flag: { type: boolean, default: true }\n" +
    "  choice: { enum: [a, b], default: a }\n  dwh: { type: connection, default: x }\n  raw: { type: integer, template: false, default: 1 }\n" +
    "inputs:\n  data: { type: csv, optional: true }\njob: { execution_script: 'true' }\n",
  "pipelines/p.yaml": "dag: { name: p }\ntasks:\n  t: { operator_type: own }\n",
};

/** A file of which each line that holds `?` is tried with every value, a document a value: lines that only one of the two finds wrong. */
async function compareLines(
  path: string,
  lines: readonly string[],
  unseen?: string,
): Promise<{ readonly falsely: string[]; readonly missed: string[] }> {
  const falsely: string[] = [];
  const missed: string[] = [];
  const { words } = compileTexts(workspace, { words: true });
  const editor = await openEditor(new Map([["w", schemasOf(words)]]));
  for (const value of values) {
    const text = `${lines.join("\n").replaceAll("?", value)}\n`;
    const { diagnostics } = compileTexts({ ...workspace, [path]: text });
    const said = diagnostics.filter(({ span }) => span.file === path);
    const wrong = linesOf(text, said);
    const marked = new Set((await editor.show(`at-w/${path}`, text)).map(({ range }) => range.start.line + 1));
    const must = linesOf(
      text,
      said.filter(({ code }) => visible.has(code) && code !== unseen),
    );
    const show = (line: number) => `${value}: ${text.split("\n")[line - 1]?.trim()}`;
    // In settings a null takes a key away before anybody asks whether there is such a key.
    const gone = (line: number) => /null/.test(show(line)) && !path.startsWith("pipelines");
    falsely.push(...[...marked].filter((line) => !wrong.has(line) && !gone(line)).map(show));
    // What a setting holds is not in the file.
    if (!value.includes("$")) missed.push(...[...must].filter((line) => !marked.has(line)).map(show));
  }
  return { falsely, missed };
}

function linesOf(text: string, diagnostics: readonly Diagnostic[]): ReadonlySet<number> {
  return new Set(diagnostics.map(({ span }) => lineOf(text, span.start)));
}

const same = { falsely: [], missed: [] };
const keys = (about: object) => Object.keys(about);

test("keys of a task, its parameters and its job", async () => {
  const own = keys(aboutTask).filter((key) => key !== "operator_type" && key !== "params");
  const tasks = [...own, "word", "number", "list", "flag", "choice", "dwh", "raw", "data", "nonsense"];
  expect(
    await compareLines("pipelines/p.yaml", [
      "dag: { name: p }",
      "tasks:",
      ...tasks.map((key) => `  t_${key}: { operator_type: own, ${key}: ? }`),
      ...["word", "number", "data"].map((key) => `  p_${key}: { operator_type: own, params: { ${key}: ? } }`),
      ...["data", "other"].map((key) => `  i_${key}: { operator_type: own, inputs: { ${key}: ? } }`),
      ...[...keys(aboutJob), "nonsense"].map((key) => `  j_${key}: { operator_type: own, job: { ${key}: ? } }`),
      "  params: { operator_type: own, params: ? }",
    ]),
  ).toEqual(same);
});

test("keys of a dag", async () => {
  const own = [...keys(aboutDag).filter((key) => key !== "name"), "nonsense", "base_resourse"];
  expect(
    await compareLines("pipelines/p.yaml", [
      "dag:",
      "  name: p",
      ...own.map((key) => `  ${key}: ?`),
      "tasks: { t: { operator_type: own } }",
    ]),
  ).toEqual(same);
  expect(
    await compareLines("pipelines/p.yaml", ["dag: { name: p }", "tasks: { t: { operator_type: own } }", "nonsense: ?", "interface: ?"]),
  ).toEqual(same);
});

test("keys of the settings", async () => {
  expect(
    await compareLines(
      "tradewind.yaml",
      [...keys(aboutSettings).filter((key) => key !== "vars"), "nonsense"].map((key) => `${key}: ?`),
    ),
  ).toEqual(same);
  const inner = (key: string, about: object) => [`${key}:`, ...[...keys(about), "nonsense"].map((name) => `  ${name}: ?`)];
  const named = (key: string, about: object) => [
    `${key}:`,
    ...[...keys(about), "x"].map((name) => `  ${name}_: { ${name}: ? }`),
    "  all: ?",
  ];
  expect(
    await compareLines("tradewind.yaml", [
      ...inner("airflow", aboutAirflow),
      ...inner("store", aboutStore),
      ...named("flavors", aboutFlavor),
      ...named("images", aboutImage),
      ...named("types", aboutType),
      "engines:",
      "  process: { arguments: ? }",
    ]),
  ).toEqual(same);
});

test("keys of an operator", async () => {
  const manifest = ["version", "description", "required", "effects", "nonsense"].map((key) => `${key}: ?`);
  expect(
    await compareLines(
      "operators/own/operator.yaml",
      ["operator: own", ...manifest, "params: { a: { type: string, default: x } }"],
      "unknown-parameter",
    ),
  ).toEqual(same);
  expect(
    await compareLines("operators/own/operator.yaml", [
      "params:",
      ...["type", "description", "minimum", "items", "properties", "required", "enum", "pattern", "template", "nonsense"].map(
        (key) => `  p_${key}: { ${key}: ? }`,
      ),
      "inputs:",
      ...["optional", "many", "description", "nonsense"].map((key) => `  i_${key}: { type: csv, ${key}: ? }`),
      "  i: ?",
      "outputs:",
      ...["type", "description", "nonsense"].map((key) => `  o_${key}: { ${key}: ? }`),
      "job:",
      ...keys(aboutJob).map((key) => `  ${key}: ?`),
    ]),
  ).toEqual(same);
});

test("the schemas of a workspace do not depend on the order of its files", () => {
  const texts = (files: { readonly [path: string]: string }) => schemasOf(compileTexts(files, { words: true }).words);
  expect(texts(Object.fromEntries(Object.entries(workspace).reverse()))).toEqual(texts(workspace));
});
