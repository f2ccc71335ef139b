/** A compiler that was used before answers as a new one does, whatever was edited in between; and does little for a small edit. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Compilation, type CompileOptions, compile, createCompiler } from "../../src/pipeline/compile.ts";
import type { Hashed, Sources } from "../../src/pipeline/sources.ts";
import { caseNames, casesFolder } from "./cases.ts";
import { workspaces } from "./workspaces.ts";

const numRuns = Number(process.env.RANDOM_RUNS ?? 60);

type Files = Readonly<Record<string, string>>;

/** Another generated workspace, or a broken piece of text, in place of some files of the last one. */
const edit = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("replace" as const), from: workspaces, file: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), file: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("copy" as const),
      file: fc.nat(),
      to: fc.constantFrom("pipelines/more.yaml", "presets/more.yaml", "env/prod.yaml", "projects/p/pipelines/one.yaml"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("splice" as const),
      file: fc.nat(),
      at: fc.nat(),
      cut: fc.nat({ max: 8 }),
      put: fc.constantFrom("", "\n", "#", "x", ": ", "[", "v1", "task0", "${v2}", "presets: [p0]", "enabled: false"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("digest" as const), sha: fc.constantFrom("aa", "bb") }) },
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

const options: fc.Arbitrary<CompileOptions> = fc.record(
  {
    env: fc.constantFrom("dev", "prod"),
    pipeline: fc.constantFrom("daily", "pipelines/one.yaml"),
    set: fc.constantFrom(new Map([["v1", "set"]]), new Map([["v2", "7"]])),
    target: fc.constantFrom("declared" as const, "portable" as const),
    explain: fc.boolean(),
    words: fc.boolean(),
    plans: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** What no generated workspace has: an operator with code, one of Python, a project with settings and a template. */
const more: Files = {
  "operators/clean/operator.yaml":
    "operator: clean\nparams: { query: { type: string, default: x } }\noutputs: { data: csv }\njob: { execution_script: run, code: . }\n",
  "operators/classes.py":
    'class Scorer:\n    OUTPUTS = [("Data", ".csv")]\n    def __init__(self, limit: int = 1):\n        pass\n    def execute(self, inputs, outputs):\n        pass\n',
  "projects/p/project.yaml": "vars: { v0: project }\n",
  "projects/p/templates/dag.py.j2":
    "{{ header }}\n{{ imports }}\n{{ constants }}\nwith DAG(\n{{ dag_arguments }}\n) as dag:\n{{ tasks }}\n{{ order }}\n",
  "projects/p/pipelines/own.yaml":
    "dag: { name: own, owner: me }\ntasks:\n  a: { operator_type: clean, query: '{{ ds }}' }\n  b: { operator_type: Scorer, limit: 2 }\n  c: { operator_type: pipelines/one, table: t }\n",
};

function apply(files: Map<string, string>, one: Edit): void {
  const paths = [...files.keys()];
  const path = paths["file" in one ? one.file % Math.max(1, paths.length) : 0] ?? "";
  const text = files.get(path) ?? "";
  if (one.kind === "replace") files.set(path, one.from[path as keyof typeof one.from] ?? text);
  if (one.kind === "remove") files.delete(path);
  if (one.kind === "copy") files.set(one.to, text);
  if (one.kind === "splice") {
    const at = one.at % (text.length + 1);
    files.set(path, text.slice(0, at) + one.put + text.slice(at + one.cut));
  }
}

/** Without what only tells where things are kept. */
function plain({ pipelines, ...rest }: Compilation) {
  return {
    ...rest,
    pipelines: pipelines.map(({ resolved, ...one }) => {
      if (resolved === undefined) return one;
      const { settings, catalog, ...others } = resolved;
      return { ...one, resolved: others, tree: settings.tree, operators: [...catalog.manifests, ...catalog.classes] };
    }),
  };
}

describe("a warm compiler", () => {
  test("answers as a cold one, after any edits", () => {
    fc.assert(
      fc.property(
        workspaces,
        fc.array(fc.tuple(fc.array(edit, { minLength: 1, maxLength: 3 }), options), { minLength: 1, maxLength: 6 }),
        (first, steps) => {
          const warm = createCompiler();
          const files = new Map(Object.entries({ ...first, ...more }));
          let digest: Hashed = { sha256: "ab" };
          const ask = (how: CompileOptions) => {
            const sources: Sources = { files: new Map(files), folders: { get: () => digest }, blobs: { get: () => digest } };
            expect(plain(warm(sources, how))).toEqual(plain(compile(sources, how)));
          };
          ask({});
          for (const [edits, how] of steps) {
            for (const one of edits) {
              if (one.kind === "digest") digest = one.sha === "aa" ? { problem: "is away" } : { sha256: one.sha };
              else apply(files, one);
            }
            ask(how);
            ask({});
          }
        },
      ),
      { numRuns },
    );
  }, 300_000);

  test("answers as a cold one when it went from case to case", () => {
    const warm = createCompiler();
    for (const name of [...caseNames, ...caseNames.toReversed()]) {
      const input = join(casesFolder, name, "input");
      const paths = readdirSync(input, { recursive: true, encoding: "utf8" }).filter((path) => statSync(join(input, path)).isFile());
      const files = new Map(paths.map((path) => [path, readFileSync(join(input, path), "utf8")]));
      const none = { get: () => undefined };
      const sources = { files, folders: none, blobs: none };
      expect(plain(warm(sources)), name).toEqual(plain(compile(sources)));
    }
  }, 60_000);
});

describe("what is compiled again after an edit", () => {
  const digests = { get: () => ({ sha256: "ab" }) };
  const task = (text: string) => `tasks:\n  a: ${text}\n`;
  const files: Files = {
    "tradewind.yaml": "vars: { schema: s }\n",
    "projects/p/project.yaml": "vars: { own: 1 }\n",
    "presets/a.yaml": "calm: { retries: 2 }\nwild: { retries: 3 }\n",
    "operators/clean/operator.yaml": "operator: clean\njob: { execution_script: run }\n",
    "operators/other/operator.yaml": "operator: other\njob: { execution_script: run }\n",
    "pipelines/inner.yaml": `interface: {}\n${task("{ operator_type: other }")}`,
    "pipelines/cleans.yaml": `dag: { name: cleans }\n${task("{ operator_type: clean }")}`,
    "pipelines/uses.yaml": `dag: { name: uses }\n${task("{ operator_type: pipelines/inner }")}`,
    "pipelines/calm.yaml": `dag: { name: calm, presets: [calm] }\n${task("{ operator_type: other }")}`,
    "projects/p/pipelines/own.yaml": `dag: { name: own }\n${task("{ operator_type: clean }")}`,
    "projects/p/pipelines/wrong.yaml": `dag: { name: wrong }\n${task("{ operator_type: claen }")}`,
  };

  /** Files whose pipelines were compiled again, after `change` took the place of the texts of its paths. */
  function again(change: Readonly<Record<string, string | undefined>>): string[] {
    const compiler = createCompiler();
    const before = new Set(compiler({ files: new Map(Object.entries(files)), folders: digests, blobs: digests }).pipelines);
    const changed = new Map(Object.entries(files));
    for (const [path, text] of Object.entries(change)) {
      if (text === undefined) changed.delete(path);
      else changed.set(path, text);
    }
    const { pipelines } = compiler({ files: changed, folders: digests, blobs: digests });
    return pipelines.filter((one) => !before.has(one)).map(({ file }) => file.replace(/^.*\//, "").replace(".yaml", ""));
  }

  test.each<[string, Readonly<Record<string, string | undefined>>, readonly string[]]>([
    ["nothing", {}, []],
    ["the same text", { "pipelines/cleans.yaml": `${files["pipelines/cleans.yaml"]}` }, []],
    ["a pipeline", { "pipelines/cleans.yaml": `${files["pipelines/cleans.yaml"]}# more\n` }, ["cleans"]],
    ["a pipeline that another uses", { "pipelines/inner.yaml": `${files["pipelines/inner.yaml"]}# more\n` }, ["uses"]],
    // A name that does not exist had the nearest one looked for among all.
    ["an operator", { "operators/clean/operator.yaml": `${files["operators/clean/operator.yaml"]}# more\n` }, ["cleans", "own"]],
    ["a new operator", { "operators/claen/operator.yaml": "operator: claen\njob: { execution_script: run }\n" }, ["wrong"]],
    [
      "a project's operator of the same name",
      { "projects/p/operators/clean/operator.yaml": "operator: clean\njob: { execution_script: x }\n" },
      ["own"],
    ],
    ["a file of presets", { "presets/a.yaml": "wild: { retries: 4 }\ncalm: { retries: 2 }\n" }, ["calm"]],
    ["a project's settings", { "projects/p/project.yaml": "vars: { own: 2 }\n" }, ["own", "wrong"]],
    ["the workspace's settings", { "tradewind.yaml": "vars: { schema: t }\n" }, ["calm", "cleans", "uses", "own", "wrong"]],
    ["a file that nobody reads", { "templates/x.txt": "x" }, []],
  ])("%s", (_, change, expected) => {
    expect(again(change)).toEqual(expected);
  });
});
