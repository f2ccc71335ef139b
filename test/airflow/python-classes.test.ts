/** The team's Python classes where they end up: plain ones by the launcher on an Airflow worker, Airflow's own in a local run that has Airflow. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pythonEnvironment, root } from "../../scripts/provision.mjs";
import { buildProgram, runProgram } from "../run/program.ts";
import type { AirflowVersion } from "./airflow.ts";
import { runDag } from "./run-dag.ts";

const folder = mkdtempSync(join(tmpdir(), "tradewind-classes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let program: string;
beforeAll(async () => {
  program = await buildProgram();
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "tradewind"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(bin, "tradewind"), 0o755);
});

const files = {
  "tradewind.yaml": "store: { url: STORE }\n",
  "operators/shared.py": "class Base:\n    def __init__(self, rows: int = 1):\n        self.rows = rows\n",
  "operators/numbers_of_days.py": `import datetime

from .shared import Base


class Make(Base):
    OUTPUTS = [("Data", ".csv")]

    def __init__(self, day: datetime.date, words: dict, **kwargs):
        super().__init__(**kwargs)
        self.day, self.words = day, words

    def execute(self, inputs, outputs):
        with open(outputs.Data, "w") as file:
            file.write("day,word\\n" + f"{self.day + datetime.timedelta(days=1)},{self.words}\\n" * self.rows)


class Tell:
    INPUTS = [("Data", ".csv")]

    def execute(self, inputs, outputs):
        print("told", open(inputs["Data"]).read().split("\\n")[1])
`,
  "operators/warehouse.py": readFileSync(join(root, "test/cases/python-airflow-classes/input/operators/warehouse.py"), "utf8"),
  "pipelines/days.yaml": `dag: { name: days, schedule: "@daily", start_date: 2026-01-01 }
tasks:
  make: { operator_type: Make, day: "{{ ds }}", words: { a: "it's {{ ds_nodash }}", b: [1, null] }, rows: 2 }
  tell: { operator_type: Tell, needs: [make] }
  clean: { operator_type: Vacuum, needs: [tell], table: "flights_{{ ds_nodash }}", dwh_conn_id: other }
`,
};

function makeWorkspace(name: string): { readonly workspace: string; readonly store: string } {
  const workspace = join(folder, name);
  const store = join(folder, `${name}-store`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text.replace("STORE", store));
  }
  return { workspace, store };
}

const told = `told 2026-01-03,{'a': "it's 20260102", 'b': [1, None]}`;
const date = "2026-01-02";
const connection = { AIRFLOW_CONN_OTHER: "postgres://u:p@h/d" };

test("a local run leaves Airflow's own to Airflow, where there is none", async () => {
  const { workspace } = makeWorkspace("without");
  const done = await runProgram(program, workspace, ["run", "days", "--date", date]);
  expect(done.code, done.stdout + done.stderr).toBe(0);
  expect(done.stdout).toMatch(/clean\s+not run here/);
});

test.each<AirflowVersion>(["3.3", "2.11"])("a local run does them with the Airflow %s on PATH", async (version) => {
  const { workspace, store } = makeWorkspace(`with-${version}`);
  const path = `${join(pythonEnvironment(`airflow-${version}`), "bin")}${delimiter}${process.env.PATH}`;
  const done = await runProgram(program, workspace, ["run", "days", "--date", date], { PATH: path, ...connection });
  const log = await runProgram(program, workspace, ["logs", "latest", "clean"], { PATH: path });
  expect(done.code, done.stdout + done.stderr + log.stdout).toBe(0);
  expect(log.stdout).toContain("vacuum flights_20260102");
  expect(existsSync(store)).toBe(true);
});

// Airflow has its dags folder on sys.path; here that is another one.
test.each<AirflowVersion>(["3.3", "2.11"])("the DAG runs them in Airflow %s", async (version) => {
  const { workspace } = makeWorkspace(`dag-${version}`);
  const dags = join(folder, `dags-${version}`);
  for (const args of [
    ["compile", "days"],
    ["publish", "days", "--dags", dags],
  ]) {
    const done = await runProgram(program, workspace, args);
    expect(done.code, done.stdout + done.stderr).toBe(0);
  }
  const run = await runDag(version, join(dags, "days.py"), "days", {
    date,
    env: {
      PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}`,
      PYTHONPATH: dags,
      XDG_CACHE_HOME: join(folder, "cache"),
      ...connection,
    },
  });
  rmSync(run.home, { recursive: true, force: true });
  expect(run.state, run.log).toBe("success");
  expect(run.log).toContain(told);
  expect(run.log).toContain("vacuum flights_20260102");
});
