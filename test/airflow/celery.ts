/**
 * Airflow as teams have it in production: Postgres, Redis, api-server, scheduler, dag-processor and two Celery workers, each a process
 * of its own on free ports of 127.0.0.1. All of it ends with `stop`, and with the test however that ends.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type pg from "pg";
import { cache, debianProgram, pythonEnvironment } from "../../scripts/provision.mjs";
import type { PostgresServer } from "../services/postgres.ts";
import { freePort, openLab } from "./lab.ts";

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
  const airflow = join(bin, "airflow");
  const redis = debianProgram("redis-server", "redis-server");
  const lab = openLab("celery");
  const { home, dags, log, stop } = lab;
  try {
    const [port, redisPort] = [await freePort(), await freePort()];
    const admin = await server.connect();
    await admin.query("create database airflow");
    const database = await server.connect("airflow");
    const env = environment({ bin, home, port, redisPort, server, options });
    const password = randomBytes(16).toString("hex");
    writeFileSync(join(home, "passwords.json"), JSON.stringify({ [login]: password }), { mode: 0o600 });

    lab.start("redis", env, redis, "--port", String(redisPort), "--bind", "127.0.0.1", "--save", "", "--dir", home);
    await lab.run("migrate", env, airflow, "db", "migrate");
    for (const name of ["api-server", "scheduler", "dag-processor"]) lab.start(name, env, airflow, name);
    const workers = ["worker-1", "worker-2"].map((name): Worker => {
      const args = ["celery", "worker", "-H", `${name}@lab`, "--skip-serve-logs", "--pid", join(home, `${name}.pid`)];
      return { name, pid: lab.start(name, env, airflow, ...args) };
    });
    const url = `http://127.0.0.1:${port}`;
    const api = createApi(url, login, password);
    await lab.untilReady(120, async () => {
      const health = await api("GET", "monitor/health");
      const up = ["metadatabase", "scheduler", "dag_processor"].every((part) => health[part]?.status === "healthy");
      return up && workers.every(({ name }) => log(name).includes(`${name}@lab ready.`));
    });
    return { url, login, password, home, dags, workers, database, api, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Facts {
  readonly bin: string;
  readonly home: string;
  readonly port: number;
  readonly redisPort: number;
  readonly server: PostgresServer;
  readonly options: CeleryOptions;
}

function environment({ bin, home, port, redisPort, server, options }: Facts): NodeJS.ProcessEnv {
  const database = `${server.user}:${encodeURIComponent(server.password)}@127.0.0.1:${server.port}/airflow`;
  return {
    ...options.env,
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
