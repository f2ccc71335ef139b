/** `tradewind check` and `explain`: what a person sees of a workspace with mistakes in it. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyFixes } from "../../src/pipeline/check/fixes.ts";
import { makeWorkspace, sound, trace, tradewind } from "./tradewind.ts";

const faulty = {
  ...sound,
  "pipelines/orders.yaml": `dag:
  name: orders
  schedule: "0 25 * * *"
  base_resourse: small
tasks:
  first:
    rows:
      operator_type: haed
      inputs: { table: ./pipelines/orders.csv }
    more:
      operator_type: head
      inputs: { tabel: first.rows }
      rows: 0
      retires: 3
`,
};

describe("a pipeline with mistakes", () => {
  test("all are shown at once, with their lines", async () => {
    const done = await tradewind(["check", "--env", "dev"], { cwd: makeWorkspace(faulty) });
    expect(done.code).toBe(1);
    expect(done.stderr).toBe("");
    expect(done.stdout).not.toMatch(trace);
    expect(done.stdout).toMatchInlineSnapshot(`
      "pipelines/orders.yaml:3:13: error: \`schedule\`: hour "25" is out of range, expected 0 to 23 [invalid-cron]
        3 |   schedule: "0 25 * * *"
          |             ^^^^^^^^^^^^

      pipelines/orders.yaml:4:3: warning: \`base_resourse\` is read as \`base_resource\`; write it so [misspelled-key]
        4 |   base_resourse: small
          |   ^^^^^^^^^^^^^
            fix: write base_resource (tradewind check --fix)

      pipelines/orders.yaml:4:18: error: the resource flavor \`small\` does not exist in environment \`dev\` [unknown-flavor]
        4 |   base_resourse: small
          |                  ^^^^^
            note: the settings have none under \`flavors\`

      pipelines/orders.yaml:8:22: error: task \`first.rows\` is of operator \`haed\`, which does not exist; did you mean \`head\`? [unknown-operator]
        8 |       operator_type: haed
          |                      ^^^^
            fix: write head (tradewind check --fix)

      pipelines/orders.yaml:10:5: error: input \`table\` of task \`first.more\` is required, and nothing is bound to it; bind it under \`inputs\` [missing-input]
       10 |     more:
          |     ^^^^
            note: the port takes csv (operators/head/operator.yaml:6:3)
        6 |   table: { type: csv }
          |   ^^^^^

      pipelines/orders.yaml:12:17: error: operator \`head\` has no input \`tabel\`; did you mean \`table\`? [unknown-port]
       12 |       inputs: { tabel: first.rows }
          |                 ^^^^^
            fix: write table (tradewind check --fix)

      pipelines/orders.yaml:13:13: error: parameter \`rows\`: expected a whole number from 1 to 5000, found 0 [invalid-parameter]
       13 |       rows: 0
          |             ^
            note: the parameter (operators/head/operator.yaml:4:3)
        4 |   rows: { type: integer, minimum: 1, maximum: 5000, description: How many. }
          |   ^^^^

      pipelines/orders.yaml:14:7: error: operator \`head\` has no parameter \`retires\`; did you mean \`retries\`? [unknown-parameter]
       14 |       retires: 3
          |       ^^^^^^^
            fix: write retries (tradewind check --fix)

      checked 1 pipeline in dev: 7 errors, 1 warning; 4 can be repaired by tradewind check --fix
      "
    `);
  });

  test("as JSON", async () => {
    const done = await tradewind(["check", "--format", "json"], { cwd: makeWorkspace(faulty) });
    expect(done.code).toBe(1);
    const report = JSON.parse(done.stdout);
    expect(report.pipelines).toEqual(["pipelines/orders.yaml"]);
    expect(report.environments).toEqual(["dev", "prod"]);
    expect(report.diagnostics[0]).toMatchObject({
      code: "invalid-cron",
      file: "pipelines/orders.yaml",
      line: 3,
      column: 13,
      severity: "error",
    });
    expect(report.counts.errors).toBe(report.diagnostics.filter((one: { severity: string }) => one.severity === "error").length);
  });

  test("for GitLab, with paths from the repository's root", async () => {
    const root = makeWorkspace(Object.fromEntries(Object.entries(faulty).map(([path, text]) => [`ml/${path}`, text])));
    mkdirSync(join(root, ".git"));
    const done = await tradewind(["check", "--format", "gitlab"], { cwd: join(root, "ml") });
    const issues = JSON.parse(done.stdout) as { fingerprint: string; location: { path: string; lines: { begin: number } } }[];
    expect(issues[0]?.location).toEqual({ path: "ml/pipelines/orders.yaml", lines: { begin: 3, end: 3 } });
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
    const declared = await tradewind(["check", "--format", "gitlab"], { cwd: join(root, "ml"), env: { CI_PROJECT_DIR: join(root, "ml") } });
    expect(JSON.parse(declared.stdout)[0].location.path).toBe("pipelines/orders.yaml");
  });

  test("a sound pipeline beside it is not held responsible", async () => {
    const root = makeWorkspace({
      ...faulty,
      "pipelines/good.yaml": (sound["pipelines/orders.yaml"] ?? "").replace("name: orders", "name: good"),
    });
    expect(await tradewind(["check", "good"], { cwd: root })).toMatchObject({
      code: 0,
      stdout: "checked 1 pipeline in dev, prod: no problems\n",
    });
    expect(await tradewind(["check"], { cwd: root })).toMatchObject({ code: 1 });
  });

  test("explain still explains, and says that there are errors", async () => {
    const done = await tradewind(["explain", "orders", "first.more"], { cwd: makeWorkspace(faulty) });
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/rows +0 +pipelines\/orders\.yaml:13:13 +pipeline/);
    expect(done.stderr).toMatch(/^\nit has \d+ errors; tradewind check shows them\n$/);
  });
});

describe("--fix", () => {
  const old = `# our first pipeline, from 2019
dag:
  name:   orders # odd spacing stays
  base_resourse: small
tasks:
  first:
    rows: { operator_type: head, inputs: { table: ./pipelines/orders.csv }, rows: 5, job: { excecution_time: 5 minutes } }
`;
  const workspace = { ...sound, "tradewind.yaml": "flavors: { small: { cpu: 1 } }\n", "pipelines/orders.yaml": old };

  test("repairs in place and touches nothing else", async () => {
    const root = makeWorkspace(workspace);
    expect(await tradewind(["check"], { cwd: root })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/2 warnings; 2 can be repaired by tradewind check --fix\n$/),
    });
    const done = await tradewind(["check", "--fix"], { cwd: root });
    expect(done).toEqual({ code: 0, stdout: "checked 1 pipeline in dev, prod: no problems\n", stderr: "repaired 2 mistakes\n\n" });
    expect(readFileSync(join(root, "pipelines/orders.yaml"), "utf8")).toBe(
      old.replace("base_resourse", "base_resource").replace("excecution_time", "execution_time"),
    );
  });

  test("keeps a byte order mark and line ends", async () => {
    const windows = `\ufeff${old.replaceAll("\n", "\r\n")}`;
    const root = makeWorkspace({ ...workspace, "pipelines/orders.yaml": windows });
    await tradewind(["check", "--fix"], { cwd: root });
    expect(readFileSync(join(root, "pipelines/orders.yaml"), "utf8")).toBe(
      windows.replace("base_resourse", "base_resource").replace("excecution_time", "execution_time"),
    );
  });

  test("a name that only one environment knows is left alone, and said so", async () => {
    const text = old.replace("base_resourse", "base_resource").replace("excecution_time", "execution_time").replace("small", "smalll");
    const root = makeWorkspace({ ...workspace, "env/prod.yaml": "flavors: { smalll: {} }\n", "pipelines/orders.yaml": text });
    const done = await tradewind(["check", "--fix", "--env", "dev"], { cwd: root });
    expect(done).toMatchObject({ code: 1, stderr: "", stdout: expect.stringMatching(/1 error; 1 fix is left to you/) });
    expect(readFileSync(join(root, "pipelines/orders.yaml"), "utf8")).toBe(text);
  });

  test("json has the edits, as offsets and as lines and columns", async () => {
    const done = await tradewind(["check", "--format", "json"], { cwd: makeWorkspace(workspace) });
    const { diagnostics } = JSON.parse(done.stdout);
    const start = old.indexOf("base_resourse");
    expect(diagnostics[0].fix).toEqual({
      title: "write base_resource",
      edits: [
        { file: "pipelines/orders.yaml", line: 4, column: 3, end_line: 4, end_column: 16, start, end: start + 13, text: "base_resource" },
      ],
    });
  });

  test("fixes that overlap are applied one at a time; the same fix once", () => {
    const span = (start: number, end: number) => ({ file: "a", start, end });
    const fix = (start: number, end: number, text: string) => ({ title: "", edits: [{ span: span(start, end), text }] });
    const texts = new Map([["a", "one two three"]]);
    const result = applyFixes([fix(4, 7, "2"), fix(4, 7, "2"), fix(5, 9, "x"), fix(0, 3, "1"), fix(90, 91, "x")], texts);
    expect(result).toEqual({ texts: new Map([["a", "1 2 three"]]), applied: [fix(4, 7, "2"), fix(0, 3, "1")] });
  });
});

test("explain: values, their places and layers", async () => {
  const done = await tradewind(["explain", "orders", "--env", "prod", "--set", "limit=7"], { cwd: makeWorkspace(sound) });
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toMatchInlineSnapshot(`
    "orders (pipelines/orders.yaml) in prod

    dag
      name        orders      pipelines/orders.yaml:2:9  pipeline
      dag_id      orders      default — by airflow.dag_id: {name}
      schedule    0 3 * * *   pipelines/orders.yaml:3:13  pipeline
      interval    data        default — the run that starts at 2026-01-15 03:00 UTC has ds = 2026-01-14
      timezone    UTC         default
      start_date  2026-01-01  pipelines/orders.yaml:4:15  pipeline
      catchup     false       default

    first.rows
      operator_type         head                                      pipelines/orders.yaml:8:22  pipeline — operators/head/operator.yaml
      inputs.table          pipelines/orders.csv                      pipelines/orders.yaml:9:17  pipeline
      rows                  7                                         pipelines/orders.yaml:10:13  --set
      job.execution_time    1m                                        operators/head/operator.yaml:10:19  operator
      job.execution_script  head -n "$((PARAM_ROWS + 1))" "$INPUT_TABLE" > "$OUTPUT_ROW…  operators/head/operator.yaml:11:21  operator

    settings
      default_env  dev  tradewind.yaml:1:14  base
      vars.limit   7    --set
    "
  `);
});

test("explain as JSON", async () => {
  const done = await tradewind(["explain", "orders", "first.rows.rows", "--format", "json", "--env", "prod"], {
    cwd: makeWorkspace(sound),
  });
  expect(JSON.parse(done.stdout)).toEqual({
    pipeline: "orders",
    file: "pipelines/orders.yaml",
    env: "prod",
    values: [
      { path: "first.rows.rows", value: 1000, layer: "environment", place: "env/prod.yaml:1:16", named: "pipelines/orders.yaml:10:13" },
    ],
  });
});

test("operators: a list, and one in full", async () => {
  const root = makeWorkspace({
    ...sound,
    "projects/ads/operators/bid/operator.yaml": "operator: bid\njob: { execution_script: 'true' }\n",
  });
  const list = await tradewind(["operators"], { cwd: root });
  expect(list.stdout).toMatch(/^head +workspace +The first rows of a table\.\nbid +project ads *\n(?:\w+ +built in +.*\n)+/);
  const one = await tradewind(["operators", "head"], { cwd: root });
  expect(one.stdout).toMatchInlineSnapshot(`
    "head  operators/head/operator.yaml
    The first rows of a table.

    parameters:
      rows  a whole number from 1 to 5000; required. How many.

    inputs:
      table  csv

    outputs:
      rows  csv

    example:
      tasks:
        my_task:
          operator_type: head
          inputs: { table: other_task }
          rows: 1
    "
  `);
  const data = JSON.parse((await tradewind(["operators", "--format", "json"], { cwd: root })).stdout) as {
    name: string;
    builtin: boolean;
  }[];
  expect(data.filter(({ builtin }) => builtin).map(({ name }) => name)).toEqual(expect.arrayContaining(["csv_to_pg", "pg_to_csv"]));
});

test("an empty workspace is told what is missing", async () => {
  expect(await tradewind(["check"], { cwd: makeWorkspace({ "tradewind.yaml": "" }) })).toEqual({
    code: 0,
    stdout:
      "checked 0 pipelines: no problems\nthere is no pipeline yet: pipelines lie in pipelines/*.yaml or projects/<project>/pipelines/*.yaml\n",
    stderr: "",
  });
});
