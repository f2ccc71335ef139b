/**
 * Airflow as teams have it in production: Postgres, Redis, api-server, scheduler, dag-processor and two Celery workers, each a process
 * of its own on free ports of 127.0.0.1. All of it ends with `stop`, and with the test however that ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { cache, debianProgram, pythonEnvironment } from "../../scripts/provision.mjs";
import type { PostgresServer } from "../services/postgres.ts";

export interface CeleryAirflow {
  /** `http://127.0.0.1:<port>` of the api-server. */
  readonly url: string;
  readonly login: string;
  readonly password: string;
  /** Airflow's home: logs, configuration, what each process printed. */
  readonly home: string;
  /** Folder of DAG files. */
  readonly dags: string;
  readonly workers: readonly Worker[];
  /** A client of Airflow's own database. */
  readonly database: pg.Client;
  /** Asks `/api/v2/<path>`; throws what Airflow answered when that is an error. */
  api(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  /** What one of the processes printed: `scheduler`, `worker-1`… */
  log(name: string): string;
  stop(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, looked at by tests
export type ApiAnswer = any;

export interface Worker {
  readonly name: string;
  readonly pid: number;
}

export interface CeleryOptions {
  /** For every process: PATH with `tradewind`, the package index. */
  readonly env: Readonly<Record<string, string>>;
  /** Seconds without a sign of life after which Airflow gives a task up. */
  readonly patience?: number;
}

const login = "parity";

/** Starts it in a database of its own on `server`; it is ready when this answers. */
export async function startCelery(server: PostgresServer, options: CeleryOptions): Promise<CeleryAirflow> {
  const bin = join(pythonEnvironment("airflow-celery"), "bin");
  const redis = debianProgram("redis-server", "redis-server");
  const home = mkdtempSync(join(tmpdir(), "tradewind-celery-"));
  const dags = join(home, "dags");
  mkdirSync(dags);
  const mark = `TRADEWIND_LAB=${randomBytes(12).toString("hex")}`;
  const guard = startGuard(mark);
  const stop = async () => {
    guard.stdin?.end();
    await once(guard, "close");
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const [port, redisPort] = [await freePort(), await freePort()];
    const admin = await server.connect();
    const password = randomBytes(16).toString("hex");
    await admin.query("create database airflow");
    const database = await server.connect("airflow");
    const env = environment({ bin, home, mark, port, redisPort, server, password, options });
    writeFileSync(join(home, "passwords.json"), JSON.stringify({ [login]: password }), { mode: 0o600 });
    const running = new Map<string, ChildProcess>();
    const start = (name: string, command: string, ...args: string[]): ChildProcess => {
      const out = openSync(join(home, `${name}.out`), "a");
      const child = spawn(command, args, { env, cwd: home, detached: true, stdio: ["ignore", out, out] });
      closeSync(out);
      child.on("error", () => {});
      if (child.pid !== undefined) guard.stdin?.write(`${child.pid}\n`);
      running.set(name, child);
      return child;
    };
    const log = (name: string) => readFileSync(join(home, `${name}.out`), "utf8");
    const airflow = join(bin, "airflow");

    start("redis", redis, "--port", String(redisPort), "--bind", "127.0.0.1", "--save", "", "--dir", home);
    const migrated = start("migrate", airflow, "db", "migrate");
    const [code] = await once(migrated, "close");
    if (code !== 0) throw new Error(`airflow db migrate ended with ${code}:\n${log("migrate").slice(-3000)}`);
    for (const name of ["api-server", "scheduler", "dag-processor"]) start(name, airflow, name);
    const workers = ["worker-1", "worker-2"].map((name): Worker => {
      const { pid = 0 } = start(
        name,
        airflow,
        ...["celery", "worker", "-H", `${name}@lab`, "--skip-serve-logs", "--pid", join(home, `${name}.pid`)],
      );
      return { name, pid };
    });
    const url = `http://127.0.0.1:${port}`;
    const api = createApi(url, login, password);
    const ready = async () => {
      const health = await api("GET", "monitor/health");
      const up = ["metadatabase", "scheduler", "dag_processor"].every((part) => health[part]?.status === "healthy");
      return up && workers.every(({ name }) => log(name).includes(`${name}@lab ready.`));
    };
    running.delete("migrate");
    const fallen = () => [...running].filter(([, { exitCode, signalCode }]) => exitCode !== null || signalCode !== null);
    const isReady = await until(120, () => fallen().length > 0 || ready().catch(() => false));
    const blamed = fallen().length > 0 ? fallen() : isReady ? [] : [...running];
    if (blamed.length > 0) throw new Error(blamed.map(([name]) => `${name} is not up:\n${log(name).slice(-2000)}`).join("\n"));
    return { url, login, password, home, dags, workers, database, api, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Asks until it is true; false when the seconds are over. */
export async function until(seconds: number, isTrue: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await isTrue()) return true;
    await sleep(100);
  }
  return false;
}

interface Facts {
  readonly bin: string;
  readonly home: string;
  readonly mark: string;
  readonly port: number;
  readonly redisPort: number;
  readonly server: PostgresServer;
  readonly password: string;
  readonly options: CeleryOptions;
}

function environment({ bin, home, mark, port, redisPort, server, options }: Facts): NodeJS.ProcessEnv {
  const database = `${server.user}:${encodeURIComponent(server.password)}@127.0.0.1:${server.port}/airflow`;
  const [markName = "", markValue = ""] = mark.split("=");
  return {
    ...options.env,
    [markName]: markValue,
    PATH: `${options.env.PATH}${delimiter}${bin}`,
    HOME: home,
    LANG: "C.UTF-8",
    PYTHONUNBUFFERED: "1",
    XDG_CACHE_HOME: join(cache, "xdg"),
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: join(home, "dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__CORE__EXECUTOR: "CeleryExecutor",
    AIRFLOW__CORE__FERNET_KEY: randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_"),
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: "False",
    AIRFLOW__CORE__KILLED_TASK_CLEANUP_TIME: "10",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${port}/execution/`,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: `${login}:admin`,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: join(home, "passwords.json"),
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `postgresql+psycopg2://${database}`,
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC: `postgresql+asyncpg://${database}`,
    AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE: "3",
    AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW: "3",
    AIRFLOW__CELERY__BROKER_URL: `redis://127.0.0.1:${redisPort}/0`,
    AIRFLOW__CELERY__RESULT_BACKEND: `db+postgresql+psycopg2://${database}`,
    AIRFLOW__CELERY__WORKER_CONCURRENCY: "2",
    AIRFLOW__CELERY__OPERATION_TIMEOUT: "30",
    AIRFLOW__API__HOST: "127.0.0.1",
    AIRFLOW__API__PORT: String(port),
    AIRFLOW__API__WORKERS: "1",
    AIRFLOW__API__SECRET_KEY: randomBytes(32).toString("hex"),
    AIRFLOW__API_AUTH__JWT_SECRET: randomBytes(32).toString("hex"),
    AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL: "5",
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: "2",
    AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES: "1",
    AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC: "1",
    AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT: String(options.patience ?? 15),
    AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL: "2",
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: "False",
  };
}

function createApi(url: string, username: string, password: string): CeleryAirflow["api"] {
  let token: string | undefined;
  return async (method, path, body) => {
    token ??= (await ask("POST", `${url}/auth/token`, { username, password })).access_token;
    return ask(method, `${url}/api/v2/${path}`, body, token);
  };
}

async function ask(method: string, url: string, body: unknown, token?: string): Promise<ApiAnswer> {
  const headers = { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text.slice(0, 1000)}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** A process of its own: what it watches for is our end. */
function startGuard(mark: string): ChildProcess {
  const guard = spawn(process.execPath, [join(import.meta.dirname, "lab-guard.mjs"), mark], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  guard.stdin?.on("error", () => {});
  return guard;
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.on("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => found(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
