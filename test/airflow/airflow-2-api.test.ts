/** `tradewind parity --airflow` with an Airflow 2: webserver, scheduler and REST v1, as many teams still have them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pythonEnvironment } from "../../scripts/provision.mjs";
import { airflowVariables, provideAirflow } from "../../src/run/parity/airflow-environment.ts";
import { buildProgram, runProgram } from "../run/program.ts";
import { environment, installTradewind } from "./flights.ts";
import { freePort, type Lab, openLab } from "./lab.ts";

const bin = join(pythonEnvironment("airflow-2.11"), "bin");

let lab: Lab;
let program: string;
let workspace: string;
let url: string;

beforeAll(async () => {
  lab = openLab("airflow-2");
  program = await buildProgram();
  workspace = join(lab.home, "workspace");
  const port = await freePort();
  url = `http://tester:pass%2Fword@127.0.0.1:${port}`;
  const env = {
    ...airflowVariables(lab.home, bin, { ...environment, PATH: `${installTradewind(lab.home, program)}:${environment.PATH}` }),
    AIRFLOW__API__AUTH_BACKENDS: "airflow.api.auth.backend.basic_auth",
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: "False",
    AIRFLOW__CORE__EXECUTOR: "SequentialExecutor",
    AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL: "2",
    AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL: "2",
    AIRFLOW__WEBSERVER__SECRET_KEY: "for-tests-only",
  };
  const airflow = join(bin, "airflow");
  // The same database that the product copies for each of its runs.
  const made = await provideAirflow("2.11", { env: environment, onLine: () => {}, signal: AbortSignal.timeout(300_000) });
  await lab.run("copy", env, "cp", made.database, join(lab.home, "airflow.db"));
  const user = ["--username", "tester", "--password", "pass/word", "--role", "Admin", "--firstname", "T", "--lastname", "T"];
  await lab.run("user", env, airflow, "users", "create", "--email", "t@example.org", ...user);
  lab.start("webserver", env, airflow, "webserver", "--port", String(port), "--hostname", "127.0.0.1", "--workers", "1");
  lab.start("scheduler", env, airflow, "scheduler", "--skip-serve-logs");
  for (const [path, text] of Object.entries(files(join(lab.home, "store")))) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  await tradewind("compile", "two");
  await tradewind("publish", "two", "--dags", lab.dags);
  await lab.untilReady(120, async () => {
    const headers = { authorization: `Basic ${Buffer.from("tester:pass/word").toString("base64")}` };
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/dags/two`, { headers });
    return answer.ok;
  });
});

afterAll(() => lab?.stop());

const files = (store: string): Readonly<Record<string, string>> => ({
  "tradewind.yaml": `store: { url: ${JSON.stringify(store)} }\nairflow: { connection: old, version: 2 }\ndefaults: { retries: 0 }\n`,
  "operators/tell/operator.yaml": `operator: tell
params: { day: { type: string } }
outputs: { table: csv }
job: { execution_script: 'printf "day\\n%s\\n" "$PARAM_DAY" > "$OUTPUT_TABLE"' }
`,
  "operators/moody/operator.yaml": `operator: moody
inputs: { table: csv }
params: { mood: { type: string } }
effects: none
job:
  execution_script: |
    echo "in a mood"
    test ! -e "$PARAM_MOOD" || { echo "not again"; exit 3; }
    touch "$PARAM_MOOD"
`,
  "pipelines/two.yaml": `dag: { name: two, schedule: "0 3 * * *", start_date: 2026-01-01, params: { who: nobody, mood: /nowhere/at/all } }
tasks:
  tell: { operator_type: tell, day: "{{ ds }} {{ data_interval_end | ds }} {{ params.who }}" }
  moody: { operator_type: moody, needs: [tell], mood: "{{ params.mood }}" }
`,
});

async function tradewind(...args: readonly string[]): Promise<void> {
  const done = await runProgram(program, workspace, args, environment);
  expect(done.code, done.stdout + done.stderr).toBe(0);
}

test("a task that succeeds here and fails there is shown with both logs", async () => {
  const args = ["two", "--airflow", "--date", "2026-01-05", "-p", "who=two", "-p", `mood=${join(lab.home, "mood")}`];
  const done = await runProgram(program, workspace, ["parity", ...args], { ...environment, AIRFLOW_CONN_OLD: url });
  expect(done.code, done.stderr + lab.log("scheduler").slice(-2000)).toBe(1);
  expect(done.stderr).not.toContain("is not what this workspace gives now");
  expect(done.stderr).toMatch(/airflow +tell +success/);
  expect(done.stdout).toMatch(/✗ moody is success here and failed on Airflow 2\.11\.\d+\n/);
  expect(done.stdout).toMatch(/there {2}.*exit.* 3/);
  expect(done.stdout).toMatch(
    /log here \(here\)\n {4}│ in a mood\n {2}log there \(Airflow 2\.11\.\d+\)\n {4}│ in a mood\n {4}│ not again\n/,
  );
  // The same parameters, so the interval is the one that the scheduler would give.
  expect(done.stdout).toMatch(/two 1 difference: here and Airflow 2\.11\.\d+, 2 tasks, 2 parameters, 1 artifact compared/);
});

test("a date that has its run, a DAG that was changed, a run that there is", async () => {
  const parity = (...args: readonly string[]) =>
    runProgram(program, workspace, ["parity", "two", "--airflow", ...args], { ...environment, AIRFLOW_CONN_OLD: url });
  const again = await parity("--date", "2026-01-05");
  const [, runId = ""] = /already, (parity__\S+): compare with it by --run '/.exec(again.stderr) ?? [];
  expect(runId, again.stderr).not.toBe("");
  writeFileSync(
    join(workspace, "pipelines/two.yaml"),
    (files("")["pipelines/two.yaml"] ?? "").replace("start_date: 2026-01-01", "start_date: 2026-01-02"),
  );
  const found = await parity("--run", runId, "--format", "json");
  expect(found.stderr).toContain("its dag.py of two is not what this workspace gives now");
  // It fails here too now: what it left behind is still there.
  expect(JSON.parse(found.stdout)).toMatchObject({ same: true, there: { run_id: runId, state: "failed" }, here: { state: "failed" } });
  expect(found.code).toBe(0);
});
