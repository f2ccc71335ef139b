/** Columns along edges: what is said where both ends declare them, and that nothing which runs changes by them. */
import { describe, expect, test } from "vitest";
import { compileTexts, planOf, describe as say } from "./workspace.ts";

const script = "job: { execution_script: 'true' }\n";
const make = (port: string) => `operator: make\noutputs: { rows: ${port} }\n${script}`;
const use = (port: string) => `operator: use\ninputs: { rows: ${port} }\n${script}`;

const given = (columns: string, type = "csv") => `{ type: ${type}, columns: { ${columns} } }`;
const wanted = (columns: string, more = "") => `{ type: csv|parquet, columns: { ${columns} }${more} }`;

const edge = "  a: { operator_type: make }\n  b: { operator_type: use, inputs: { rows: a } }\n";

function filesOf(output: string, input: string, tasks = edge): Record<string, string> {
  return {
    "operators/make/operator.yaml": make(output),
    "operators/use/operator.yaml": use(input),
    "pipelines/p.yaml": `dag: { name: p }\ntasks:\n${tasks}`,
  };
}

const said = (...given: Parameters<typeof filesOf>) => compileTexts(filesOf(...given)).diagnostics.map(say);

describe("a type serves as", () => {
  test.each([
    ["integer", "number", "csv", true],
    ["number", "integer", "csv", false],
    ["integer", "string", "csv", true],
    ["datetime", "string", "csv", true],
    ["integer", "string", "parquet", false],
    ["string", "string", "parquet", true],
    ["integer", "number", "parquet", true],
    ["string", "number", "csv", false],
    ["boolean", "integer", "csv", false],
    ["date", "datetime", "csv", false],
    ["datetime", "date", "csv", false],
  ])("%s as %s in %s: %s", (from, to, type, serves) => {
    const expected = serves
      ? []
      : [`column-type: input \`rows\` of task \`b\` needs the column \`x\` as ${to}, but in \`a:rows\` it is ${from}`];
    expect(said(given(`x: ${from}`, type), wanted(`x: ${to}`))).toEqual(expected);
  });
});

test("a missing column is named with the nearest, which is none that the input needs as well", () => {
  expect(said(given("carrier: string, dep_dealy: number"), wanted("dep_delay: number"))).toEqual([
    "unknown-column: input `rows` of task `b` needs the column `dep_delay`, which `a:rows` does not have; did you mean `dep_dealy`?",
  ]);
  expect(said(given("lag_1: number"), wanted("lag_1: number, lag_2: number"))).toEqual([
    "unknown-column: input `rows` of task `b` needs the column `lag_2`, which `a:rows` does not have",
  ]);
});

test("notes show both ends", () => {
  const files = filesOf(given("dep_dealy: number"), wanted("dep_delay: number"));
  const notes = compileTexts(files).diagnostics.flatMap((diagnostic) => diagnostic.notes);
  const marked = notes.map(({ span }) => span && files[span.file]?.slice(span.start, span.end));
  expect(marked).toEqual(["dep_delay", "dep_dealy"]);
});

test.each([
  ["more columns than needed", given("x: string, y: date"), wanted("x: string")],
  ["an output that declares none", "csv", wanted("x: string")],
  ["an input that needs none", given("x: string"), "csv"],
  ["columns that are left empty", "{ type: csv, columns: {} }", wanted("x: string")],
  ["null for columns", given("x: string"), "{ type: pickle|csv, columns: null }"],
])("%s: nothing is said", (_, output, input) => {
  expect(said(output, input)).toEqual([]);
});

test("a table of the wrong type is one fault, and so is a column's type that cannot be read", () => {
  expect(said(given("x: string", "tsv"), wanted("y: string"))).toEqual([
    "type-mismatch: input `rows` of task `b` takes csv or parquet, but `a` is tsv",
  ]);
  expect(said(given("x: nmber"), wanted("x: string"))).toEqual([
    "invalid-value: column `x` of output `rows` of operator `make` is one of string, integer, number, boolean, date, datetime, not `nmber`; did you mean `number`?",
  ]);
});

test("only a table has columns, or a kind of file that settings add", () => {
  expect(said("pickle", "{ type: pickle, columns: { x: string } }")).toEqual([
    "invalid-value: `columns` of input `rows` of operator `use` are for tables (csv, tsv, parquet), and `pickle` is none",
  ]);
  const files = filesOf(given("x: string", "feather"), "{ type: feather, columns: { y: string } }");
  const settings = { "tradewind.yaml": "types: { feather: { extension: .feather } }\n" };
  expect(compileTexts({ ...files, ...settings }).diagnostics.map(({ code }) => code)).toEqual(["unknown-column"]);
});

test("edges that follow from `needs`, lists and families are held to it, the tasks of a family once", () => {
  const output = given("x: string");
  expect(said(output, wanted("y: string"), "  a: { operator_type: make }\n  b: { operator_type: use, needs: [a] }\n")).toHaveLength(1);
  const family = "  a: { for_each: { i: [1, 2, 3] }, operator_type: make }\n  b: { operator_type: use, inputs: { rows: a } }\n";
  expect(said(output, wanted("y: string", ", many: true"), family)).toEqual([
    "unknown-column: input `rows` of task `b` needs the column `y`, which `a_1:rows` does not have",
  ]);
  const list = "  a: { operator_type: make }\n  c: { operator_type: make }\n  b: { operator_type: use, inputs: { rows: [a, c] } }\n";
  expect(said(output, wanted("y: string", ", many: true"), list)).toHaveLength(2);
});

test("pipelines that are used as operators are looked through, into them and out of them", () => {
  const tasks = [
    "  a: { operator_type: make }",
    "  into: { operator_type: pipelines/inner, inputs: { rows: a } }",
    "  out: { operator_type: use, inputs: { rows: into:made } }",
    "",
  ].join("\n");
  const inner = [
    "interface: { inputs: { rows: b:rows }, outputs: { made: c:rows } }",
    "tasks: { b: { operator_type: use }, c: { operator_type: make } }",
    "",
  ].join("\n");
  const found = (output: string, input: string) =>
    compileTexts({ ...filesOf(output, input, tasks), "pipelines/inner.yaml": inner }, { pipeline: "p" }).diagnostics.map(say);
  expect(found(given("x: string"), wanted("x: string"))).toEqual([]);
  expect(found(given("x: string"), wanted("y: string"))).toEqual([
    "unknown-column: input `rows` of task `into.b` needs the column `y`, which `a:rows` does not have",
    "unknown-column: input `rows` of task `out` needs the column `y`, which `into.c:rows` does not have",
  ]);
});

test("columns change nothing in the tasks of the Plan, nor in their digests", () => {
  const plain = planOf(filesOf("csv", "csv|parquet"));
  const declared = planOf(filesOf(given("x: string"), wanted("x: string")));
  expect(declared.tasks).toEqual(plain.tasks);
});
