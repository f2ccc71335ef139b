/** Fixes hold what they promise: applied, they clear what they were for, bring nothing new, and leave every other byte alone. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyFixes, repair } from "../../src/pipeline/check/fixes.ts";
import { createCompiler } from "../../src/pipeline/compile.ts";
import type { Diagnostic } from "../../src/protocol/diagnostic.ts";
import { nearestSlip } from "../../src/protocol/suggest.ts";
import { describe as said } from "./workspace.ts";
import { workspaces } from "./workspaces.ts";

const numRuns = Number(process.env.RANDOM_RUNS ?? 60);

type Files = Readonly<Record<string, string>>;

const compile = createCompiler();

/** In all environments. */
function check(texts: ReadonlyMap<string, unknown>): readonly Diagnostic[] {
  return compile({ files: texts as ReadonlyMap<string, string>, folders: new Map(), blobs: new Map() }, { plans: false }).diagnostics;
}

function repairFiles(files: Files): { readonly files: Files; readonly repaired: number } {
  const { texts, repaired } = repair(new Map(Object.entries(files)), check, () => true);
  return { files: { ...files, ...Object.fromEntries(texts) }, repaired };
}

const pipeline = (task: string, more = "") => `dag: { name: daily${more} }\ntasks:\n  rows:\n    operator_type: pg_to_csv\n${task}`;
const repairOne = (text: string, more: Files = {}) => {
  const { files, repaired } = repairFiles({ "tradewind.yaml": "", ...more, "pipelines/daily.yaml": text });
  return { text: files["pipelines/daily.yaml"], files, repaired };
};

describe("what is repaired", () => {
  const good = pipeline("    connection: dwh\n    query: select 1\n");
  test.each<[string, string, string]>([
    ["a parameter", good.replace("query", "qurey"), good],
    ["a task key", `${good}    retries: 3\n`.replace("retries", "retires"), `${good}    retries: 3\n`],
    ["an operator", good.replace("pg_to_csv", "pg_to_cvs"), good],
    [
      "a key of the dag",
      good.replace("name: daily", "name: daily, schedul: null"),
      good.replace("name: daily", "name: daily, schedule: null"),
    ],
    [
      "old spellings",
      good.replace("name: daily", "name: daily, base_resourse: small"),
      good.replace("name: daily", "name: daily, base_resource: small"),
    ],
    ["a template without quotes", good.replace("select 1", "{{ ds }}"), good.replace("select 1", '"{{ ds }}"')],
    ["one with quotes in it", good.replace("select 1", `{{ "it's" }} # x`), good.replace("select 1", `'{{ "it''s" }}' # x`)],
    [
      "one in a list",
      `${good}    columns: [{{ ds }}, b]\n    table: t\n`.replace("    query: select 1\n", ""),
      `${good}    columns: ["{{ ds }}", b]\n    table: t\n`.replace("    query: select 1\n", ""),
    ],
    ["tabs", good.replaceAll("  ", "\t"), good],
    ["no space after a colon", good.replace("query: ", "query:"), good],
    ["a colon in a text", good.replace("select 1", "select 'a: b'"), good.replace("select 1", `"select 'a: b'"`)],
    [
      "names that Airflow 3 has no more",
      good.replace("select 1", "select '{{ execution_date }}', '{{ dag_run.execution_date.isoformat() }}'"),
      good.replace("select 1", "select '{{ logical_date }}', '{{ dag_run.logical_date.isoformat() }}'"),
    ],
    ["what YAML 1.1 takes otherwise", good.replace("select 1", "on"), good.replace("select 1", '"on"')],
    ["a number for a text", good.replace("select 1", "0x1F"), good.replace("select 1", '"0x1F"')],
    ["a text for a boolean", `${good}    enabled: "yes"\n`, `${good}    enabled: true\n`],
    ["a text for a number", `${good}    retries: '3'\n`, `${good}    retries: 3\n`],
    ["a setting's name in quotes", good.replace("select 1", '"select ${tabel}"'), good.replace("select 1", '"select ${table}"')],
    ["a quoted name keeps its quotes", good.replace("query:", "'qurey':"), good.replace("query:", "'query':")],
  ])("%s", (_, wrong, right) => {
    const settings = "flavors: { small: {} }\nvars: { table: t }\n";
    const { text } = repairOne(wrong, { "tradewind.yaml": settings });
    expect(text).toBe(right);
    const bytes = wrong.replaceAll("\n", "\r\n");
    expect(repairOne(bytes, { "tradewind.yaml": settings }).text).toBe(right.replaceAll("\n", "\r\n"));
  });
});

describe("what is left alone", () => {
  const settings = (flavors: string) => `flavors: { ${flavors} }\n`;
  const flavored = pipeline("    connection: dwh\n    query: select 1\n    job: { resource_flavor: large }\n");
  test.each<[string, string, Files]>([
    ["a digit is another thing", flavored.replace("large", "cpu_2gb"), { "tradewind.yaml": settings("cpu_4gb: {}") }],
    ["cpu is no slip of gpu", flavored.replace("large", "gpu_big"), { "tradewind.yaml": settings("cpu_big: {}") }],
    ["two names are as near", flavored, { "tradewind.yaml": settings("larger: {}, largo: {}") }],
    [
      "another environment knows it",
      flavored,
      { "tradewind.yaml": settings("larger: {}"), "env/dev.yaml": "", "env/prod.yaml": settings("large: {}") },
    ],
    [
      "the value comes by an alias",
      flavored.replace("name: daily", "name: daily, owner: &flavor larg").replace("large", "*flavor"),
      { "tradewind.yaml": settings("large: {}") },
    ],
    [
      "the value comes from a setting",
      flavored.replace("large", "${fl}"),
      { "tradewind.yaml": `${settings("large: {}")}vars: { fl: larg }\n` },
    ],
    ["it would take the place of another", pipeline("    connection: dwh\n    query: a\n    qurey: b\n"), {}],
    ["tabs that could mean two things", "dag: { name: daily }\ntasks:\n  a:\n\tb: { operator_type: pg_to_csv }\n", {}],
    ["a text of several lines", pipeline("    connection: dwh\n    query: |\n      select\n      \t{{ ds }}\n"), {}],
  ])("%s", (_, text, more) => {
    expect(repairOne(text, more).text).toBe(text);
  });

  test("a fix that shows another fault is not sure enough", () => {
    const text = "dag: { name: daily }\ntasks:\n  rows: { operator_type: csv_to_gp }\n";
    expect(repairOne(text).text).toBe(text);
  });
});

const letters = "abcdefghijklmnopqrstuvwxyz";
/** One slip of the hand in a word of a text: two letters swapped, one lost, one twice. */
const slip = fc.record({
  file: fc.nat(),
  word: fc.nat(),
  at: fc.nat(),
  kind: fc.constantFrom("swap", "lose", "twice", "quotes", "other"),
  letter: fc.nat({ max: 25 }),
});
type Slip = typeof slip extends fc.Arbitrary<infer T> ? T : never;

function misspell(files: Files, { file, word, at, kind, letter }: Slip): Files {
  const paths = Object.keys(files);
  const path = paths[file % paths.length] ?? "";
  const text = files[path] ?? "";
  const words = [...text.matchAll(/[a-z_]{4,}/g)];
  const found = words[word % Math.max(1, words.length)];
  if (found === undefined) return files;
  const [name] = found;
  const i = at % (name.length - 1);
  const wrong = {
    swap: name.slice(0, i) + name[i + 1] + name[i] + name.slice(i + 2),
    lose: name.slice(0, i) + name.slice(i + 1),
    twice: name.slice(0, i) + name[i] + name.slice(i),
    quotes: `"${name}"`,
    other: name.slice(0, i) + letters[letter] + name.slice(i + 1),
  }[kind];
  return { ...files, [path]: text.slice(0, found.index) + wrong + text.slice(found.index + name.length) };
}

/** Other line ends, comments and letters that are more than one unit change nothing. */
const dress = fc.record({ crlf: fc.boolean(), comment: fc.constantFrom("", "# é😀 name: x\n", "\n\n# 'quoted\n") });
type Dress = typeof dress extends fc.Arbitrary<infer T> ? T : never;

function dressed(files: Files, { crlf, comment }: Dress): Files {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, crlf ? (comment + text).replaceAll("\n", "\r\n") : comment + text]),
  );
}

test("generated workspaces with slips: nothing new, nothing more to do, and every line that no fix was for as it was", () => {
  let offered = 0;
  let restored = 0;
  fc.assert(
    fc.property(workspaces, fc.array(slip, { minLength: 1, maxLength: 4 }), dress, (sound, slips, how) => {
      const right = dressed(sound, how);
      const wrong = slips.reduce(misspell, right);
      const before = check(new Map(Object.entries(wrong)));
      const { files: after, repaired } = repairFiles(wrong);
      const now = check(new Map(Object.entries(after)));
      const left = before.map((one) => `${one.span.file} ${said(one)}`);
      for (const one of now) {
        const at = left.indexOf(`${one.span.file} ${said(one)}`);
        expect(at, `new: ${said(one)}`).toBeGreaterThanOrEqual(0);
        left.splice(at, 1);
      }
      expect(before.length - now.length).toBeGreaterThanOrEqual(repaired === 0 ? 0 : 1);
      expect(repairFiles(after)).toEqual({ files: after, repaired: 0 });
      const touched = new Set(
        before.flatMap(({ fix }) => fix?.edits ?? []).map(({ span }) => `${span.file}:${lineOf(wrong, span.file, span.start)}`),
      );
      for (const [path, text] of Object.entries(after)) {
        const lines = text.split("\n");
        const old = (wrong[path] ?? "").split("\n");
        expect(lines.length).toBe(old.length);
        // A fix may show a slip that it hid: those lines are known too.
        const meant = (right[path] ?? "").split("\n");
        for (const [index, line] of lines.entries())
          if (!touched.has(`${path}:${index}`) && meant[index] === old[index]) expect(line).toBe(old[index]);
      }
      if (before.some(({ fix }) => fix)) offered += 1;
      if (repaired > 0 && JSON.stringify(after) === JSON.stringify(right)) restored += 1;
    }),
    { numRuns: numRuns * 3 },
  );
  // It would hold of a program that repairs nothing.
  expect(offered).toBeGreaterThan(numRuns / 2);
  expect(restored).toBeGreaterThan(numRuns / 8);
}, 240_000);

function lineOf(files: Files, file: string, offset: number): number {
  return (files[file] ?? "").slice(0, offset).split("\n").length - 1;
}

test("of one name in all the fixes the names stay apart", () => {
  const names = ["extract", "load_dwh", "load_lake", "report"];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.string({ maxLength: 12 }), (name, other) => {
      expect(nearestSlip(name, names)).toBeUndefined();
      const near = nearestSlip(other, names);
      if (near !== undefined) expect(names).toContain(near);
    }),
  );
  expect(nearestSlip("extarct", names)).toBe("extract");
  expect(nearestSlip("load-dwh", names)).toBe("load_dwh");
  expect(nearestSlip("load_lakes", names)).toBe("load_lake");
  expect(nearestSlip("load_x", names)).toBeUndefined();
  expect(nearestSlip("dev1", ["dev2"])).toBeUndefined();
  expect(nearestSlip("dve", ["dev", "prod"])).toBe("dev");
  expect(nearestSlip("train", ["brain"])).toBeUndefined();
});

test("fixes that overlap are applied one by one, the same one once", () => {
  const fix = (start: number, end: number, text: string) => ({ title: "", edits: [{ span: { file: "a", start, end }, text }] });
  const { texts, applied } = applyFixes([fix(0, 3, "1"), fix(0, 3, "1"), fix(2, 5, "x")], new Map([["a", "one two"]]));
  expect([texts.get("a"), applied.length]).toEqual(["1 two", 1]);
});
