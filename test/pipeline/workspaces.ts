/** Generated workspaces without faults: settings in layers, presets, families and nested pipelines, all naming each other. */
import fc from "fast-check";

const token = fc.nat({ max: 9999 }).map((number) => `t${number}`);
const setting = fc.constantFrom("v0", "v1", "v2").map((name) => `"\${${name}}"`);
const text = fc.oneof(token, setting);
const body = fc.record({ connection: text, pool: text, retries: fc.nat({ max: 9 }), query: text }, { requiredKeys: [] });
const presetNames = ["p0", "p1", "p2", "p3"];
const named = fc.subarray(presetNames);

const task = fc.record({
  own: body,
  presets: named,
  items: fc.option(fc.uniqueArray(token, { minLength: 1, maxLength: 3 })),
  pipeline: fc.option(fc.constantFrom("one", "two")),
  needs: fc.boolean(),
});

type Task = typeof task extends fc.Arbitrary<infer T> ? T : never;
type Body = typeof body extends fc.Arbitrary<infer T> ? T : never;

function flow(entries: Readonly<Record<string, unknown>>): string {
  return `{ ${Object.entries(entries)
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ")} }`;
}

function writeTask({ own, presets, items, pipeline, needs }: Task, index: number): string {
  const common = {
    ...(items ? { for_each: `{ item: [${items.join(", ")}] }` } : {}),
    ...(needs && index > 0 ? { needs: `[task${index - 1}]` } : {}),
  };
  if (pipeline) {
    return `  task${index}: ${flow({ operator_type: `pipelines/${pipeline}`, ...common, table: items ? '"$' + '{item}"' : "plain" })}\n`;
  }
  const said = { connection: "usual", query: items ? '"$' + '{item}"' : "one", ...own };
  return `  task${index}: ${flow({ operator_type: "pg_to_csv", ...common, ...(presets.length ? { presets: `[${presets.join(", ")}]` } : {}), ...said })}\n`;
}

function writeTasks(tasks: readonly Task[], backwards: boolean): string {
  const lines = tasks.map(writeTask);
  return (backwards ? lines.reverse() : lines).join("");
}

function writePresets(bodies: readonly Body[], from: number): string {
  return bodies.map((one, index) => `${presetNames[from + index]}: ${flow(one)}\n`).join("");
}

const inner = (operator: string) =>
  `interface: { params: { table: { type: string, default: inner } } }\ndefaults: { retries: 1 }\ntasks:\n  deep: ${operator}\n`;

const scorer = `class Scorer:
    OUTPUTS = [("Scores", ".csv")]

    def __init__(self, label: str, limit: int = 4100, name: str = "usual"):
        self.limit = limit

    def execute(self, inputs, outputs):
        pass
`;

/** Texts by path. */
export const workspaces: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .record({
    base: fc.tuple(token, token, token),
    dev: token,
    presets: fc.tuple(body, body, body, body),
    dag: named,
    defaults: fc.record({ connection: text, retries: fc.nat({ max: 9 }) }, { requiredKeys: [] }),
    tasks: fc.array(task, { minLength: 1, maxLength: 5 }),
    // A task may stand before what it needs.
    backwards: fc.boolean(),
  })
  .map(({ base, dev, presets, dag, defaults, tasks, backwards }) => ({
    "tradewind.yaml": `vars: ${flow({ v0: base[0], v1: base[1], v2: base[2] })}\n`,
    "env/dev.yaml": `vars: { v1: ${dev} }\n`,
    "env/prod.yaml": "vars: { v2: live }\n",
    "presets/a.yaml": writePresets(presets.slice(0, 2), 0),
    "presets/b.yaml": writePresets(presets.slice(2), 2),
    "operators/scores.py": scorer,
    "pipelines/one.yaml": inner('{ operator_type: pg_to_csv, connection: dwh, query: "$' + '{params.table}" }'),
    "pipelines/two.yaml": inner('{ operator_type: pipelines/one, table: "$' + '{params.table}" }'),
    "pipelines/daily.yaml": `dag: ${flow({ name: "daily", presets: `[${dag.join(", ")}]` })}\ndefaults: ${flow(defaults)}\ntasks:\n${writeTasks(tasks, backwards)}  scored: { operator_type: Scorer, label: ${base[0]} }\n`,
  }));
