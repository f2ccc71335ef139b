/** Whatever is in the files, compile answers: no exception, no place outside of a file, and the same for the same files. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Compilation, compile } from "../../src/pipeline/compile.ts";
import type { Span } from "../../src/protocol/diagnostic.ts";
import { caseNames, casesFolder } from "./cases.ts";

type Files = ReadonlyMap<string, string>;
const runs = Number(process.env.RANDOM_RUNS ?? 150);

function compileAll(files: Files): Compilation {
  const sources = { files, folders: new Map(), blobs: new Map() };
  const { needs } = compile(sources);
  const digest = { sha256: "cd".repeat(32) };
  const folders = new Map(needs.folders.map((path) => [path, digest]));
  const blobs = new Map(needs.blobs.map((path) => [path, digest]));
  return compile({ files, folders, blobs }, { target: "portable", explain: true });
}

function checkPlaces({ diagnostics }: Compilation, files: Files): void {
  const check = ({ file, start, end }: Span) => {
    const text = files.get(file);
    expect(text, `a file of the workspace, not ${file}`).toBeDefined();
    expect(0 <= start && start <= end && end <= (text ?? "").length, `${file} ${start}-${end}`).toBe(true);
  };
  for (const { span, notes, fix, message } of diagnostics) {
    check(span);
    for (const note of notes) if (note.span) check(note.span);
    for (const edit of fix?.edits ?? []) check(edit.span);
    // What our own texts would say of a value they did not expect; a key of that name is quoted.
    expect(message.replaceAll(/`[^`]*`/g, "")).not.toMatch(/\n|undefined|\[object|NaN/);
  }
}

/** The workspaces of test/cases, without the large ones. */
const workspaces: readonly Files[] = caseNames.flatMap((name) => {
  const input = join(casesFolder, name, "input");
  const paths = readdirSync(input, { recursive: true, encoding: "utf8" }).filter((path) => statSync(join(input, path)).isFile());
  const files = paths.map((path): [string, string] => [relative(".", path), readFileSync(join(input, path), "utf8")]);
  return files.every(([, text]) => text.length < 10_000) ? [new Map(files)] : [];
});

/** Pieces that mean something somewhere. */
const pieces = [
  ..."\t\n\0\ud800é{}[]:,&*!|>'\"%@`#-? $".split(""),
  ..."${a} ${ $${ {{ }} {{ ds }} {% %} {# <<: *a &a --- ... !!str ? : - [] {} ~ null on 0o7 1:30 .inf 1e999 12345678901234567890 -1 1.5".split(
    " ",
  ),
  ..."__proto__ constructor toString tasks dag defaults params inputs needs job operator_type pg_to_csv csv_to_pg clean many any a.b:c".split(
    " ",
  ),
  ..."airflow.operators.bash.BashOperator ./x /x ../.. data/x s3://b/k postgres://u:p@h/d enabled false true 60 minutes @daily".split(" "),
  "\n    ",
  "\n  x:\n    operator_type: clean\n",
  "\n  defaults: { retries: 2 }\n",
];

const mutation = fc.record({
  file: fc.nat(),
  at: fc.nat(),
  cut: fc.nat({ max: 12 }),
  put: fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 4 })),
});

function mutate(files: Files, changes: readonly { file: number; at: number; cut: number; put: string }[]): Files {
  const changed = new Map(files);
  const paths = [...files.keys()];
  for (const { file, at, cut, put } of changes) {
    const path = paths[file % paths.length] ?? "";
    const text = changed.get(path) ?? "";
    const start = at % (text.length + 1);
    changed.set(path, text.slice(0, start) + put + text.slice(start + cut));
  }
  return changed;
}

describe("random workspaces", () => {
  test("mutated cases", () => {
    fc.assert(
      fc.property(fc.constantFrom(...workspaces), fc.array(mutation, { minLength: 1, maxLength: 6 }), (files, changes) => {
        const mutated = mutate(files, changes);
        checkPlaces(compileAll(mutated), mutated);
      }),
      { numRuns: runs * 4 },
    );
  }, 120_000);

  test("pieces of YAML in no order", () => {
    const text = fc.array(fc.oneof(fc.constantFrom(...pieces, "\n", "\n", "  ", ": "), fc.string({ maxLength: 6 })), { maxLength: 60 });
    const names = ["tradewind.yaml", "env/dev.yaml", "pipelines/a.yaml", "operators/clean/operator.yaml", "projects/p/project.yaml"];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), text), { minLength: 1, maxLength: 4 }), (parts) => {
        const files = new Map(parts.map(([path, words]) => [path, words.join("")]));
        checkPlaces(compileAll(files), files);
      }),
      { numRuns: runs * 4 },
    );
  }, 120_000);

  test("any values at all in a pipeline's shape", () => {
    const key = fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 }));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        key,
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(key, tie("value"), { maxKeys: 4 }),
      ),
    }));
    const shape = fc.record(
      { dag: fc.oneof(value, fc.record({ name: key, params: value, schedule: value, tags: value })), tasks: value, defaults: value },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(shape, value, value, (pipeline, settings, operator) => {
        const files = new Map([
          ["pipelines/a.yaml", JSON.stringify(pipeline)],
          [
            "tradewind.yaml",
            JSON.stringify({ vars: settings, defaults: settings, flavors: settings, images: settings, types: settings, store: settings }),
          ],
          [
            "operators/clean/operator.yaml",
            JSON.stringify({ operator: "clean", params: operator, inputs: operator, outputs: operator, job: operator }),
          ],
        ]);
        checkPlaces(compileAll(files), files);
      }),
      { numRuns: runs * 2 },
    );
  }, 120_000);
});

test("the order of the files in the map does not matter", () => {
  for (const files of workspaces) {
    const { diagnostics, pipelines } = compileAll(files);
    const again = compileAll(new Map([...files].reverse()));
    expect(again.diagnostics).toEqual(diagnostics);
    expect(again.pipelines.map(({ plan, python }) => ({ plan, python }))).toEqual(pipelines.map(({ plan, python }) => ({ plan, python })));
  }
}, 120_000);

describe("files that are no pipelines", () => {
  const codesOf = (text: string) => {
    const files = new Map([["pipelines/a.yaml", text]]);
    const compilation = compileAll(files);
    checkPlaces(compilation, files);
    return compilation.diagnostics.map(({ code }) => code);
  };

  test.each([
    ["100,000 open brackets", "[".repeat(100_000)],
    ["100,000 nested lists in a line", "- ".repeat(100_000)],
    ["100,000 nested keys in a line", "? ".repeat(100_000)],
    ["100,000 nested maps", "{a: ".repeat(100_000)],
  ])(
    "%s",
    (_, text) => {
      expect(codesOf(text)).toEqual(["yaml-too-deep"]);
    },
    30_000,
  );

  test("an alias bomb", () => {
    const lines = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`);
    expect(codesOf(`a0: &a0 [x]\n${lines.join("\n")}\n`)).toContain("yaml-alias");
  });

  test("a chain of aliases, each around the last", () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]`);
    expect(codesOf(`a0: &a0 x\n${lines.join("\n")}\n`)).toContain("yaml-alias");
  });

  test("nothing, a comment, a scalar, a list", () => {
    expect(codesOf("")).toEqual(["empty-pipeline"]);
    expect(codesOf("# only a comment\n")).toEqual(["empty-pipeline"]);
    expect(codesOf("hello")).toEqual(["wrong-type"]);
    expect(codesOf("- a\n- b\n")).toEqual(["wrong-type"]);
  });

  test("a large text full of what is slow to look for", () => {
    const texts = [
      "${".repeat(200_000),
      "x".repeat(400_000),
      "eyJ-".repeat(100_000),
      "a://".repeat(100_000),
      "password =".repeat(40_000),
      "{{".repeat(100_000),
    ];
    for (const text of texts) {
      const started = performance.now();
      codesOf(`dag: { name: a }\ntasks:\n  t: { operator_type: pg_to_csv, connection: c, query: "${text}" }\n`);
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  }, 60_000);
});
