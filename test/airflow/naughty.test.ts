/** Nasty texts in every place of a Plan: the file parses, `ast` gives the values back, and Airflow's renderer the same bytes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { emitDag } from "../../src/pipeline/emit/emit.ts";
import { verbatim } from "../../src/pipeline/emit/field.ts";
import { quote, tripleQuote } from "../../src/pipeline/emit/python.ts";
import type { JsonSchema } from "../../src/protocol/schema.ts";
import { naughtyStrings } from "../pipeline/emit/naughty.ts";
import { makeJob, makePlan, makeTask } from "../pipeline/emit/plans.ts";
import { type AirflowVersion, inspect, ownWarnings, someRun } from "./airflow.ts";
import { actualDag, expectedDag } from "./expected.ts";

const versions: readonly AirflowVersion[] = ["3.3", "2.11"];

const folder = mkdtempSync(join(tmpdir(), "tradewind-naughty-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Airflow 2 keeps tags of at most 100 characters. */
const tags = naughtyStrings.filter((text) => text.trim() !== "" && [...text].length <= 100);
const text: JsonSchema = { type: "string" };

/** In the fields of tasks and in groups. Airflow copies a DAG's params into every task, so these lie apart. */
const inTasks = makePlan(
  naughtyStrings.map((naughty, index) =>
    makeTask(`group_${index}.task`, {
      description: `${naughty} `,
      operator: naughty,
      job: makeJob({ script: naughty, env: { A: naughty }, python: { packages: [naughty] } }),
      params: {
        literal: { value: naughty, schema: text, template: false },
        list: { value: [{ [naughty]: naughty }], schema: { type: "array" }, template: false },
      },
    }),
  ),
  { dag_id: "in_tasks" },
  {
    source: { file: 'a "file"\nimport os\r# \u2028', digest: "00" },
    groups: naughtyStrings.map((naughty, index) => ({ id: `group_${index}`, description: naughty })),
    store: { url: "/a {{ b }}\r\n.sh" },
  },
);

/** Kubernetes names containers' images itself, so that the odd ones are for Docker. */
const inContainers = makePlan(
  naughtyStrings.flatMap((naughty, index) => {
    const params = {
      literal: { value: naughty, schema: text, template: false },
      list: { value: [naughty], schema: { type: "array" }, template: false },
    } as const;
    const job = makeJob({ script: naughty, env: { A: naughty, $: `$${naughty}` }, python: { packages: [naughty] }, image: naughty });
    const sources = [{ kind: "path", path: naughty }] as const;
    return [
      makeTask(`docker_${index}`, {
        engine: "docker",
        job,
        params,
        inputs: { rows: { types: ["any"], optional: false, many: false, sources } },
      }),
      makeTask(`pod_${index}`, { engine: "kubernetes", job, params }),
    ];
  }),
  { dag_id: "in_containers" },
  {
    store: { url: "/a $(HOME) {{ b }}\r\n.sh" },
    launcher: { kind: "command", command: "tradewind", folder: "/{{ a }}\n.sh", image: "b" },
    engines: { kubernetes: { volume_claim: "c" } },
  },
);

const inDag = makePlan([makeTask("only")], {
  dag_id: "in_dag",
  description: naughtyStrings.join(" "),
  tags: [...new Set(tags)],
  params: Object.fromEntries(naughtyStrings.map((naughty, index) => [`p${index}`, { type: "string", default: naughty }])),
});

describe.each(versions)("Airflow %s", (version) => {
  test("gives back every naughty text of a Plan", async () => {
    const named = [inTasks, inContainers, inDag].map((plan) => ({ plan, path: join(folder, `${plan.dag.dag_id}.py`) }));
    for (const { plan, path } of named) writeFileSync(path, emitDag(plan, "portable"));
    const { files } = await inspect(version, { files: named.map(({ path }) => path) });
    named.forEach(({ plan, path }, index) => {
      const file = files[index];
      expect(file?.error).toBeNull();
      expect(file && ownWarnings(file, path)).toEqual([]);
      const [dag] = file?.dags ?? [];
      if (dag === undefined) throw new Error("no DAG in the file");
      const expected = expectedDag(plan, { facts: someRun, connections: {}, render: (text) => text });
      const actual = actualDag(dag, plan);
      for (const [id, task] of Object.entries(expected.tasks)) expect(actual.tasks[id], id).toEqual(task);
      expect({ ...actual, tasks: {} }).toEqual({ ...expected, tasks: {} });
    });
  });

  test("gives back any text through verbatim, and ast through our literals", async () => {
    const nasty = fc.constantFrom(
      "{",
      "}",
      "%",
      "#",
      "\r",
      "\n",
      "'",
      '"',
      "\\",
      ".sh",
      ".bash",
      "{{",
      "{%",
      "{#",
      "a",
      " ",
      "\t",
      "\u2028",
      "😀",
    );
    const texts = [
      ...fc.sample(
        fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join("")),
        3000,
      ),
      ...fc.sample(fc.string({ unit: "binary" }), 1000),
      ...naughtyStrings,
    ];
    const surrogates = fc.sample(fc.string({ unit: fc.constantFrom("\ud800", "\udfff", "\udbff", "a", "\\", '"') }), 200);
    const triples = texts.flatMap((text) => tripleQuote(text) ?? []);
    const tripled = texts.filter((text) => tripleQuote(text) !== undefined);
    const quoted = [...texts, ...surrogates];
    const { texts: rendered, literals } = await inspect(version, {
      texts: texts.map(verbatim),
      literals: [...quoted.map(quote), ...triples],
    });
    expect(rendered).toEqual(texts.map((text) => ({ text })));
    expect(literals).toEqual([...quoted, ...tripled]);
  });
});
