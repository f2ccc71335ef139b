/**
 * The example on Airflow with Celery workers, triggered as a person or a program would. Workers are killed and frozen in the middle of
 * a task: nothing is lost, nothing is delivered twice, and what comes too late replaces nothing.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadFlights } from "../../scripts/flights.mjs";
import type { JsonObject } from "../../src/protocol/json.ts";
import { attemptKey } from "../../src/protocol/layout.ts";
import type { Result } from "../../src/protocol/result.ts";
import { createFolderStore } from "../../src/storage/folder.ts";
import { openStore } from "../../src/storage/open.ts";
import type { Store } from "../../src/storage/store.ts";
import { buildProgram, runProgram } from "../run/program.ts";
import { type PostgresServer, startPostgres } from "../services/postgres.ts";
import { type S3Server, startS3 } from "../services/s3.ts";
import { type CeleryAirflow, startCelery } from "./celery.ts";
import {
  copyExample,
  environment,
  filesWith,
  inDev,
  installTradewind,
  login,
  type Outcome,
  onlyRun,
  password,
  readPointers,
  readText,
  spellingsOf,
  takeOutcome,
} from "./flights.ts";
import { until } from "./lab.ts";
import { ancestors, commandLine, isRunning, processesWith, withDescendants } from "./processes.ts";

const day = "2013-07-10";
/** As hard to keep, and not the same. */
const s3Secret = `S3k/ey@+:%"z'`;
const secrets = [password, s3Secret];

let server: PostgresServer;
let client: pg.Client;
let s3: S3Server;
/** The example whose store is in S3, for Airflow's workers. */
let example: { readonly workspace: string; readonly store: Store };
let folder: string;
let program: string;
let airflow: CeleryAirflow;
let here: Outcome;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tradewind-celery-test-"));
  program = await buildProgram();
  [server, s3] = await Promise.all([startPostgres(), startS3()]);
  client = await server.connect();
  await loadFlights(server);
  await client.query(`create role ${login} login superuser password ${client.escapeLiteral(password)}`);
  [airflow, here] = await Promise.all([startAirflow(), runHere()]);
  const address = await s3.makeBucket("team/tradewind");
  const workspace = join(folder, "example");
  copyExample(workspace, `store: ${JSON.stringify(address)}\nairflow: { connection: airflow }\ndefaults: { retry_delay: 1 second }`);
  example = { workspace, store: openStore(address, { env: connections() }) };
});

afterAll(async () => {
  await airflow?.stop();
  await server?.stop();
  await s3?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function startAirflow(): Promise<CeleryAirflow> {
  const path = `${installTradewind(folder, program)}${delimiter}${environment.PATH}`;
  const started = await startCelery(server, { env: { ...environment, PATH: path } });
  const dwh = { conn_type: "postgres", host: "127.0.0.1", port: server.port, login, password, schema: server.database };
  await started.api("POST", "connections", { connection_id: "dwh", ...dwh });
  const aws = { conn_type: "aws", login: "AKIDCANARY", password: s3Secret, extra: JSON.stringify({ region_name: "us-east-1" }) };
  await started.api("POST", "connections", { connection_id: "s3", ...aws });
  return started;
}

/** The connections as a person at a laptop has them. */
function connections(): Readonly<Record<string, string>> {
  const secret = encodeURIComponent;
  return {
    AIRFLOW_CONN_DWH: `postgresql://${login}:${secret(password)}@127.0.0.1:${server.port}/${server.database}`,
    AIRFLOW_CONN_S3: `aws://AKIDCANARY:${secret(s3Secret)}@/?region_name=us-east-1`,
    ...(airflow && { AIRFLOW_CONN_AIRFLOW: airflow.url.replace("://", `://${airflow.login}:${secret(airflow.password)}@`) }),
  };
}

async function runHere(): Promise<Outcome> {
  const workspace = join(folder, "here");
  const store = join(folder, "here-store");
  copyExample(workspace, `store: { url: ${JSON.stringify(store)} }`);
  await tradewind(workspace, { ...environment, ...connections() }, "run", "flight_delays", "--date", day, ...inDev(workspace));
  return takeOutcome(createFolderStore(store), await onlyRun(createFolderStore(store)), client);
}

async function tradewind(workspace: string, env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string> {
  const done = await runProgram(program, workspace, args, env);
  expect(done.code, done.stdout + done.stderr).toBe(0);
  return done.stdout;
}

/** Compiles and publishes a pipeline, and waits until Airflow has read it. */
async function deploy(workspace: string, pipeline: string, ...options: readonly string[]): Promise<void> {
  const env = { ...environment, ...connections() };
  await tradewind(workspace, env, "compile", pipeline, ...options);
  await tradewind(workspace, env, "publish", pipeline, "--dags", airflow.dags, ...options);
  const isKnown = () =>
    airflow.api("GET", `dags/${pipeline}`).then(
      () => true,
      () => false,
    );
  expect(await until(60, isKnown), airflow.log("dag-processor").slice(-2000)).toBe(true);
}

async function trigger(dagId: string, logicalDate: string | null, conf: JsonObject = {}): Promise<string> {
  const run = await airflow.api("POST", `dags/${dagId}/dagRuns`, { logical_date: logicalDate, conf });
  return run.dag_run_id;
}

interface Instance {
  readonly state: string;
  readonly try_number: number;
}

/** Waits for the run's end; the state of every task in Airflow's words. */
async function finish(dagId: string, runId: string): Promise<Readonly<Record<string, Instance>>> {
  const at = `dags/${dagId}/dagRuns/${encodeURIComponent(runId)}`;
  await until(180, async () => ["success", "failed"].includes((await airflow.api("GET", at)).state));
  const { task_instances } = await airflow.api("GET", `${at}/taskInstances?limit=100`);
  const found = task_instances.map(({ task_id, state, try_number }: Instance & { task_id: string }) => [task_id, { state, try_number }]);
  const instances = Object.fromEntries(found);
  const { state } = await airflow.api("GET", at);
  expect(state, `${JSON.stringify(instances)}\n${airflow.log("scheduler").slice(-3000)}`).toBe("success");
  return instances;
}

/** The launcher that works on a task, once it is there; and the worker above it. */
async function findLauncher(dagId: string, task: string) {
  const launchers = () =>
    processesWith({ TRADEWIND_DAG: dagId, TRADEWIND_TASK: task }).filter((pid) => commandLine(pid).includes(`${program} launch`));
  expect(await until(60, () => launchers().length > 0)).toBe(true);
  const [launcher = 0] = launchers();
  const above = ancestors(launcher);
  const worker = airflow.workers.find(({ pid }) => above.includes(pid));
  if (worker === undefined) throw new Error(`launcher ${launcher} is below no worker`);
  return { launcher, worker };
}

async function readAttempt(store: Store, dagId: string, runId: string, task: string, attempt: number): Promise<Result | undefined> {
  const text = await readText(store, `${attemptKey(dagId, runId, task, attempt)}/result.json`);
  return text === "" ? undefined : (JSON.parse(text) as Result);
}

test("the local run delivered", () => {
  expect(Object.keys(here.artifacts).length).toBeGreaterThanOrEqual(8);
  expect(here.rows.length).toBeGreaterThan(100);
});

describe("a worker that freezes, is given up, and comes back", () => {
  const files = (store: string, gate: string): Readonly<Record<string, string>> => ({
    "tradewind.yaml": `store: { url: ${JSON.stringify(store)} }\ndefaults: { retries: 1, retry_delay: 1 second }\n`,
    "operators/wait_and_tell/operator.yaml": `operator: wait_and_tell
outputs: { data: csv }
job:
  execution_time: 5 minutes
  execution_script: |
    touch ${gate}.waits
    while ! test -e ${gate}; do sleep 0.2; done
    printf 'teller\\n%s\\n' $$ > "$OUTPUT_DATA"
`,
    "pipelines/overtaken.yaml": `dag: { name: overtaken, schedule: null, start_date: 2026-01-01 }
tasks:
  tell: { operator_type: wait_and_tell }
  keep: { operator_type: csv_to_pg, needs: [tell], connection: dwh, table: kept, mode: append }
`,
  });

  test("its late result replaces nothing, and the row is there once", async () => {
    const [workspace, url, gate] = [join(folder, "overtaken"), join(folder, "overtaken-store"), join(folder, "gate")];
    for (const [path, text] of Object.entries(files(url, gate))) {
      mkdirSync(dirname(join(workspace, path)), { recursive: true });
      writeFileSync(join(workspace, path), text);
    }
    await client.query("create table kept (teller text)");
    await deploy(workspace, "overtaken");
    const runId = await trigger("overtaken", null, { because: "of a test" });
    const { launcher, worker } = await findLauncher("overtaken", "tell");
    expect(await until(60, () => existsSync(`${gate}.waits`))).toBe(true);
    const store = createFolderStore(url);
    const frozen = withDescendants(worker.pid);
    for (const pid of frozen) process.kill(pid, "SIGSTOP");
    writeFileSync(gate, "");
    const instances = await finish("overtaken", runId);
    expect(instances).toMatchObject({ tell: { state: "success", try_number: 2 }, keep: { state: "success" } });
    const before = await readPointers(store, "overtaken", runId);
    expect(before.tell).toMatchObject({ status: "success", attempt: 2, try_number: 2 });
    expect(isRunning(launcher)).toBe(true);

    for (const pid of frozen) process.kill(pid, "SIGCONT");
    expect(await until(60, () => !isRunning(launcher))).toBe(true);
    expect(await readPointers(store, "overtaken", runId)).toEqual(before);
    const late = await readAttempt(store, "overtaken", runId, "tell", 1);
    expect(late?.outputs.data?.sha256).not.toBe(before.tell?.outputs.data?.sha256);
    const kept = (await client.query("select teller from kept")).rows;
    expect(kept).toHaveLength(1);
    expect(await readText(store, before.tell?.outputs.data?.key ?? "")).toBe(`teller\n${kept[0].teller}\n`);
  });
});

describe("a worker that is killed while it loads, the store in S3", () => {
  test("the run ends with the artifacts and rows of the local one", async () => {
    const { workspace, store } = example;
    await deploy(workspace, "flight_delays", ...inDev(workspace));
    // As long as somebody else holds the table, the load has begun and cannot end.
    const holder = await server.connect();
    await holder.query("begin");
    await holder.query("lock table dev.flight_scores in access exclusive mode");
    const runId = await trigger("flight_delays", `${day}T07:00:00Z`);
    const blocked = "select 1 from pg_locks where relation = 'dev.flight_scores'::regclass and not granted";
    expect(await until(120, async () => (await client.query(blocked)).rows.length > 0)).toBe(true);
    const { launcher, worker } = await findLauncher("flight_delays", "load.scores");
    const shown = processesWith({}).map(commandLine).join("\n");
    for (const spelling of secrets.flatMap(spellingsOf)) expect(shown.includes(spelling)).toBe(false);
    // Of a whole worker only the launcher and its script live on: they must notice that nobody waits for them any more.
    const left = withDescendants(launcher);
    for (const pid of withDescendants(worker.pid)) if (!left.includes(pid)) process.kill(pid, "SIGKILL");
    expect(await until(30, () => !isRunning(launcher))).toBe(true);
    await holder.query("rollback");

    const instances = await finish("flight_delays", runId);
    expect(instances["load.scores"]).toMatchObject({ state: "success", try_number: 2 });
    expect(Object.values(instances).every(({ state }) => state === "success")).toBe(true);
    const pointers = await readPointers(store, "flight_delays", runId);
    expect(Object.keys(pointers).sort()).toEqual(Object.keys(instances).sort());
    expect(pointers["load.scores"]).toMatchObject({ status: "success", attempt: 2 });
    expect((await readAttempt(store, "flight_delays", runId, "load.scores", 1))?.status).toBe("cancelled");
    expect(await takeOutcome(store, runId, client)).toEqual(here);
  });
});

describe("parity with the environment's own Airflow", () => {
  const parity = (workspace: string, env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    runProgram(program, workspace, ["parity", ...args], { ...environment, ...connections(), ...env });

  test("the example is the same", async () => {
    const { workspace } = example;
    const done = await parity(workspace, {}, "flight_delays", "--airflow", "--date", "2013-07-11", ...inDev(workspace));
    expect(done.stdout, done.stderr).toMatch(
      /flight_delays the same: here and Airflow 3\.3\.2, 11 tasks, 20 parameters, 9 artifacts compared\n/,
    );
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(/load\.scores, load\.report, load\.file write to the outside world, both here and by Airflow/);
    expect(done.stderr).toMatch(/airflow +extract\.flights +success/);
    expect(done.stderr).not.toContain("is not what this workspace gives now");
    const days = (await client.query("select day::text, count(*)::int from dev.flight_scores group by 1")).rows;
    expect(days).toEqual([{ day: "2013-07-11", count: expect.any(Number) }]);
  });

  test("a run that was there, which does not do the same", async () => {
    const workspace = join(folder, "overtaken");
    const { dag_runs } = await airflow.api("GET", "dags/overtaken/dagRuns");
    const settings = join(workspace, "tradewind.yaml");
    writeFileSync(settings, `${readFileSync(settings, "utf8")}airflow: { connection: airflow }\n`);
    const args = ["overtaken", "--airflow", "--run", dag_runs[0].dag_run_id, "--no-writes"];
    const done = await parity(workspace, {}, ...args);
    expect(done.code, done.stderr).toBe(1);
    expect(done.stdout).toMatch(/✗ tell:data has other contents\n/);
    expect(done.stdout).toMatch(/first different: row 1, in teller\n {4}here {3}\d+\n {4}there {2}\d+\n/);
    expect(done.stdout).toContain("overtaken 1 difference: here and Airflow 3.3.2, 1 task, 0 parameters, 1 artifact compared");
    expect(done.stderr).toContain("that run was given because too, which are no parameters of the pipeline");
    expect(done.stderr).toContain("has no logical date: ds, ts and the data interval are not defined there");
    expect((await client.query("select 1 from kept")).rows).toHaveLength(1);
  });

  test("what Airflow does not let us do is a sentence", async () => {
    const { workspace } = example;
    const said = async (env: Readonly<Record<string, string>>, ...args: readonly string[]) => {
      const done = await parity(workspace, env, "flight_delays", "--airflow", "--date", day, "--no-writes", ...inDev(workspace), ...args);
      expect(done.stdout).toBe("");
      return `${done.code} ${done.stderr.split("\n").findLast((line) => line !== "" && !line.includes("kept:"))}`;
    };
    const there = airflow.url.replace("http://", "");
    const wrong = { AIRFLOW_CONN_AIRFLOW: `http://${airflow.login}:wrong@${there}` };
    expect(await said(wrong)).toContain(
      '1 tradewind: Airflow gave no token for the login of connection "airflow" (login or password is wrong)',
    );
    const away = { AIRFLOW_CONN_AIRFLOW: "http://a:b@127.0.0.1:1" };
    expect(await said(away)).toMatch(/^1 tradewind: Airflow at http:\/\/127\.0\.0\.1:1 \(connection "airflow"\) could not be reached: /);
    const other = { AIRFLOW_CONN_AIRFLOW: s3.endpoint };
    expect(await said(other)).toMatch(/^1 tradewind: http:.* does not answer as Airflow 2 or 3 does/);
    expect(await said({ AIRFLOW_CONN_AIRFLOW: "" })).toContain('connection "airflow" (airflow.connection) is not there');
    expect(await said({})).toMatch(
      /^1 tradewind: Airflow has a run of flight_delays for 2013-07-10T07:00:00\+00:00 already, manual__\S+: compare/,
    );
    await airflow.api("PATCH", "dags/flight_delays", { is_paused: true });
    expect(await said({})).toContain("the DAG flight_delays is paused in Airflow");
    await airflow.api("PATCH", "dags/flight_delays", { is_paused: false });
    const args = ["--airflow", "--run", "none", ...inDev(workspace)];
    const none = await parity(workspace, {}, "flight_delays", ...args);
    expect(none.stderr).toMatch(/Airflow has no run "none" of flight_delays; its newest: \S+, \S+/);
  });
});

describe("the secrets", () => {
  test("are in no table, rendered field, log or file", async () => {
    const tables = await airflow.database.query(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public' order by 1",
    );
    expect(tables.rows.length).toBeGreaterThan(40);
    const found: string[] = [];
    let rendered = 0;
    for (const { name } of tables.rows) {
      for (const { text } of (await airflow.database.query(`select t::text as text from ${name} as t`)).rows) {
        if (
          name === "public.rendered_task_instance_fields" &&
          /SECRET_CONN_DWH.*SECRET_CONN_S3|SECRET_CONN_S3.*SECRET_CONN_DWH/s.test(text)
        )
          rendered += 1;
        // A row's text doubles quotes and backslashes, so that the password is looked for between them too.
        if (secrets.flatMap(spellingsOf).some((spelling) => text.replaceAll('""', '"').includes(spelling))) found.push(name);
      }
    }
    expect(found).toEqual([]);
    expect(rendered).toBeGreaterThanOrEqual(6);
    expect(filesWith(secrets, folder, airflow.home)).toEqual([]);
    let objects = 0;
    for await (const { key } of example.store.list("runs")) {
      objects += 1;
      const text = await readText(example.store, key);
      for (const spelling of secrets.flatMap(spellingsOf)) expect(text.includes(spelling), key).toBe(false);
    }
    expect(objects).toBeGreaterThan(100);
  });
});
