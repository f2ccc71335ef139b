/** `airflow dags test` for tests: a home of its own with a database that was migrated once and is copied for every run. */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { cache, pythonEnvironment } from "../../scripts/provision.mjs";
import type { AirflowVersion } from "./airflow.ts";

export interface RunDagOptions {
  /** Over the test's own environment: PATH with `tradewind`, AIRFLOW_CONN_…, TRADEWIND_…. */
  readonly env?: { readonly [name: string]: string };
  /** Logical date, `2013-01-01`; now when missing. */
  readonly date?: string;
  /** Run parameters, as `--conf`. */
  readonly conf?: { readonly [name: string]: unknown };
  /** Connections of Airflow's own database, encrypted there as in production. */
  readonly connections?: { readonly [id: string]: AirflowConnection };
}

/** Fields of airflow.models.Connection. */
export interface AirflowConnection {
  readonly conn_type: string;
  readonly host: string;
  readonly port: number;
  readonly login: string;
  readonly password: string;
  readonly schema: string;
}

export interface DagRun {
  /** Exit code of `airflow dags test`: 0 when the run succeeded. */
  readonly code: number | null;
  /** All that Airflow and the tasks said. */
  readonly log: string;
  readonly state: string;
  readonly run_id: string;
  readonly tasks: { readonly [id: string]: { readonly state: string | null; readonly try_number: number } };
  /** Airflow's home of this run: its database and logs, to look for what should not be there. Remove it after use. */
  readonly home: string;
}

/** Runs the DAG of one file once, as `airflow dags test` does, and says what became of it. */
export async function runDag(version: AirflowVersion, dagFile: string, dagId: string, options: RunDagOptions = {}): Promise<DagRun> {
  const bin = join(pythonEnvironment(`airflow-${version}`), "bin");
  const home = mkdtempSync(join(tmpdir(), `tradewind-airflow-${version}-`));
  mkdirSync(join(home, "dags"));
  copyFileSync(dagFile, join(home, "dags", basename(dagFile)));
  cpSync(migratedDatabase(version, bin), join(home, "airflow.db"));
  const env = { ...airflowEnvironment(home, bin), ...options.env };
  if (options.connections) addConnections(bin, env, options.connections);
  const conf = options.conf === undefined ? [] : ["--conf", JSON.stringify(options.conf)];
  const args = ["dags", "test", dagId, ...(options.date === undefined ? [] : [options.date]), ...conf];
  const { code, log } = await run(join(bin, "airflow"), args, env);
  return { code, log, home, ...readStates(bin, home, dagId) };
}

/** Only what Airflow needs: nothing of the developer's own Airflow. */
function airflowEnvironment(home: string, bin: string): { readonly [name: string]: string } {
  return {
    PATH: `${bin}:${process.env.PATH ?? ""}`,
    HOME: home,
    LANG: "C.UTF-8",
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: join(home, "dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__CORE__UNIT_TEST_MODE: "False",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${join(home, "airflow.db")}`,
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: "False",
    AIRFLOW__CORE__FERNET_KEY: randomBytes(32).toString("base64url").padEnd(44, "="),
  };
}

const add = `
import json, sys
from airflow.models import Connection
from airflow.utils.session import create_session
with create_session() as session:
    for conn_id, fields in json.load(sys.stdin).items():
        session.add(Connection(conn_id=conn_id, **fields))
`;

/** By Airflow's own model, since `airflow connections add` takes only types whose provider is installed. Passwords go by stdin. */
function addConnections(bin: string, env: NodeJS.ProcessEnv, connections: NonNullable<RunDagOptions["connections"]>): void {
  const { status, stderr } = spawnSync(join(bin, "python"), ["-c", add], { env, input: JSON.stringify(connections), encoding: "utf8" });
  if (status !== 0) throw new Error(`adding connections to Airflow failed:\n${stderr}`);
}

/** Migrating takes ten seconds, so it is done once per version and kept. */
function migratedDatabase(version: AirflowVersion, bin: string): string {
  const kept = join(cache, "airflow-home", `run-${version}`);
  const database = join(kept, "airflow.db");
  if (existsSync(database)) return database;
  const home = `${kept}.${process.pid}`;
  mkdirSync(join(home, "dags"), { recursive: true });
  const { status, stderr } = spawnSync(join(bin, "airflow"), ["db", "migrate"], { env: airflowEnvironment(home, bin), encoding: "utf8" });
  if (status !== 0) throw new Error(`airflow ${version} db migrate ended with ${status}:\n${stderr.slice(-4000)}`);
  rmSync(kept, { recursive: true, force: true });
  renameSync(home, kept);
  return database;
}

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly log: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, log }));
  });
}

const query = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
run = db.execute("select run_id, state from dag_run where dag_id = ? order by id desc", [sys.argv[2]]).fetchone() or ("", "none")
rows = db.execute("select task_id, state, try_number from task_instance where dag_id = ? and run_id = ?", [sys.argv[2], run[0]])
print(json.dumps({"run_id": run[0], "state": run[1], "tasks": {r[0]: {"state": r[1], "try_number": r[2]} for r in rows}}))
`;

function readStates(bin: string, home: string, dagId: string): Pick<DagRun, "run_id" | "state" | "tasks"> {
  const { status, stdout, stderr } = spawnSync(join(bin, "python"), ["-c", query, join(home, "airflow.db"), dagId], { encoding: "utf8" });
  if (status !== 0) throw new Error(`reading Airflow's database failed: ${stderr}`);
  return JSON.parse(stdout) as Pick<DagRun, "run_id" | "state" | "tasks">;
}
