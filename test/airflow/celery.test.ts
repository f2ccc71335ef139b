/**
 * The example on Airflow with Celery workers, triggered as a person or a program would. Workers are killed and frozen in the middle of
 * a task: nothing is lost, nothing is delivered twice, and what comes too late replaces nothing.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadFlights } from "../../scripts/flights.mjs";
import { attemptKey } from "../../src/protocol/layout.ts";
import type { Result } from "../../src/protocol/result.ts";
import { createFolderStore } from "../../src/storage/folder.ts";
import type { Store } from "../../src/storage/store.ts";
import { buildProgram, runProgram } from "../run/program.ts";
import { type PostgresServer, startPostgres } from "../services/postgres.ts";
import { type CeleryAirflow, startCelery, until } from "./celery.ts";
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
import { ancestors, commandLine, isRunning, processesWith, withDescendants } from "./processes.ts";

const day = "2013-07-10";
const secrets = [password];

let server: PostgresServer;
let client: pg.Client;
let folder: string;
let program: string;
let airflow: CeleryAirflow;
let here: Outcome;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tradewind-celery-test-"));
  program = await buildProgram();
  server = await startPostgres();
  client = await server.connect();
  await loadFlights(server);
  await client.query(`create role ${login} login superuser password ${client.escapeLiteral(password)}`);
  [airflow, here] = await Promise.all([startAirflow(), runHere()]);
});

afterAll(async () => {
  await airflow?.stop();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function startAirflow(): Promise<CeleryAirflow> {
  const path = `${installTradewind(folder, program)}${delimiter}${environment.PATH}`;
  const started = await startCelery(server, { env: { ...environment, PATH: path } });
  const dwh = { conn_type: "postgres", host: "127.0.0.1", port: server.port, login, password, schema: server.database };
  await started.api("POST", "connections", { connection_id: "dwh", ...dwh });
  return started;
}

async function runHere(): Promise<Outcome> {
  const workspace = join(folder, "here");
  const store = join(folder, "here-store");
  copyExample(workspace, `store: { url: ${JSON.stringify(store)} }`);
  const uri = `postgresql://${login}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${server.database}`;
  const env = { ...environment, AIRFLOW_CONN_DWH: uri };
  await tradewind(workspace, env, "run", "flight_delays", "--date", day, ...inDev(workspace));
  return takeOutcome(createFolderStore(store), await onlyRun(createFolderStore(store)), client);
}

async function tradewind(workspace: string, env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string> {
  const done = await runProgram(program, workspace, args, env);
  expect(done.code, done.stdout + done.stderr).toBe(0);
  return done.stdout;
}

/** Compiles and publishes a pipeline, and waits until Airflow has read it. */
async function deploy(workspace: string, pipeline: string, ...options: readonly string[]): Promise<void> {
  await tradewind(workspace, environment, "compile", pipeline, ...options);
  await tradewind(workspace, environment, "publish", pipeline, "--dags", airflow.dags, ...options);
  const isKnown = () =>
    airflow.api("GET", `dags/${pipeline}`).then(
      () => true,
      () => false,
    );
  expect(await until(60, isKnown), airflow.log("dag-processor").slice(-2000)).toBe(true);
}

async function trigger(dagId: string, logicalDate: string | null): Promise<string> {
  const run = await airflow.api("POST", `dags/${dagId}/dagRuns`, { logical_date: logicalDate, conf: {} });
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
    const runId = await trigger("overtaken", null);
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

describe("a worker that is killed while it loads", () => {
  test("the run ends with the artifacts and rows of the local one", async () => {
    const [workspace, url] = [join(folder, "killed"), join(folder, "killed-store")];
    copyExample(workspace, `store: { url: ${JSON.stringify(url)} }\ndefaults: { retry_delay: 1 second }`);
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
    for (const spelling of spellingsOf(password)) expect(shown.includes(spelling)).toBe(false);
    // Of a whole worker only the launcher and its script live on: they must notice that nobody waits for them any more.
    const left = withDescendants(launcher);
    for (const pid of withDescendants(worker.pid)) if (!left.includes(pid)) process.kill(pid, "SIGKILL");
    expect(await until(30, () => !isRunning(launcher))).toBe(true);
    await holder.query("rollback");

    const instances = await finish("flight_delays", runId);
    expect(instances["load.scores"]).toMatchObject({ state: "success", try_number: 2 });
    expect(Object.values(instances).every(({ state }) => state === "success")).toBe(true);
    const store = createFolderStore(url);
    const pointers = await readPointers(store, "flight_delays", runId);
    expect(Object.keys(pointers).sort()).toEqual(Object.keys(instances).sort());
    expect(pointers["load.scores"]).toMatchObject({ status: "success", attempt: 2 });
    expect((await readAttempt(store, "flight_delays", runId, "load.scores", 1))?.status).toBe("cancelled");
    expect(await takeOutcome(store, runId, client)).toEqual(here);
  });
});

describe("the password", () => {
  test("is in no table, rendered field, log or file", async () => {
    const tables = await airflow.database.query(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public' order by 1",
    );
    expect(tables.rows.length).toBeGreaterThan(40);
    const found: string[] = [];
    let rendered = 0;
    for (const { name } of tables.rows) {
      for (const { text } of (await airflow.database.query(`select t::text as text from ${name} as t`)).rows) {
        if (name === "public.rendered_task_instance_fields" && text.includes("TRADEWIND_SECRET_CONN_DWH")) rendered += 1;
        // A row's text doubles quotes and backslashes, so that the password is looked for between them too.
        if (secrets.flatMap(spellingsOf).some((spelling) => text.replaceAll('""', '"').includes(spelling))) found.push(name);
      }
    }
    expect(found).toEqual([]);
    expect(rendered).toBeGreaterThanOrEqual(6);
    expect(filesWith(secrets, folder, airflow.home)).toEqual([]);
  });
});
