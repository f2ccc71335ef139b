/**
 * The example, here and in Airflow: the DAG that `compile` wrote, the launcher doing the work, the connection coming from Airflow.
 * Every artifact has the digest of the local run's, and the warehouse gets the same rows.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadFlights } from "../../scripts/flights.mjs";
import { cache, root } from "../../scripts/provision.mjs";
import { encodeSegment, runKey } from "../../src/protocol/layout.ts";
import type { Result } from "../../src/protocol/result.ts";
import { buildProgram, runProgram } from "../run/program.ts";
import { type PostgresServer, startPostgres } from "../services/postgres.ts";
import type { AirflowVersion } from "./airflow.ts";
import { runDag } from "./run-dag.ts";

const day = "2013-07-10";
const login = "canary";
/** All that URIs, SQL, shells and Python's % would like to read otherwise. */
const password = `C4n/ry@+:%"x'`;
const spellings = [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)];

let server: PostgresServer;
let client: pg.Client;
let folder: string;
let program: string;
let local: Outcome;

interface Outcome {
  /** `task:port` → digest. */
  readonly artifacts: Readonly<Record<string, string>>;
  readonly rows: readonly unknown[];
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tradewind-parity-"));
  server = await startPostgres();
  client = await server.connect();
  await loadFlights(server);
  await client.query(`create role ${login} login superuser password ${client.escapeLiteral(password)}`);
  program = await buildProgram();
  local = await runHere();
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The package index and its certificates are set in the environment. */
const environment: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value && !name.startsWith("AIRFLOW_") ? [[name, value]] : [])),
  ),
  XDG_CACHE_HOME: join(cache, "xdg"),
  PATH: `${join(cache, "uv", "bin")}${delimiter}${process.env.PATH}`,
};

/** A copy of the example with a store of its own, so that no run finds another's work in the cache. */
function makeWorkspace(name: string): { readonly workspace: string; readonly store: string } {
  const workspace = join(folder, name);
  const store = join(folder, `${name}-store`);
  cpSync(join(root, "examples", "flights"), workspace, {
    recursive: true,
    filter: (path) => !/\/(\.tradewind|dags|\.env)$/.test(path),
  });
  const settings = join(workspace, "env", "dev.yaml");
  writeFileSync(settings, `${readFileSync(settings, "utf8")}\nstore: { url: ${JSON.stringify(store)} }\n`);
  return { workspace, store };
}

const results = (workspace: string) => ["--env", "dev", "--set", `results=${join(workspace, "results")}`];

async function runHere(): Promise<Outcome> {
  const { workspace, store } = makeWorkspace("here");
  const uri = `postgresql://${login}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${server.database}`;
  const done = await runProgram(program, workspace, ["run", "flight_delays", "--date", day, ...results(workspace)], {
    ...environment,
    AIRFLOW_CONN_DWH: uri,
  });
  expect(done.code, done.stdout + done.stderr).toBe(0);
  expect(filesWithPassword(workspace, store)).toEqual([]);
  const [run = ""] = readdirSync(join(store, "runs", "flight_delays"));
  return takeOutcome(join(store, "runs", "flight_delays", run));
}

/** Digests from the store; rows from the warehouse, which is emptied for the next run. */
async function takeOutcome(run: string): Promise<Outcome> {
  const artifacts: Record<string, string> = {};
  for (const task of readdirSync(run, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const result = JSON.parse(readFileSync(join(run, task.name, "result.json"), "utf8")) as Result;
    for (const [port, { sha256 }] of Object.entries(result.outputs)) artifacts[`${result.task}:${port}`] = sha256;
  }
  const rows = [];
  for (const table of ["dev.flight_scores", "dev.carrier_report"]) {
    rows.push(...(await client.query(`select t::text from ${table} as t order by 1`)).rows);
    await client.query(`truncate ${table}`);
  }
  return { artifacts, rows };
}

/** Files below the folders that hold the password in any spelling. */
function filesWithPassword(...folders: readonly string[]): readonly string[] {
  const patterns = spellings.flatMap((spelling) => ["-e", spelling]);
  const { stdout, status } = spawnSync("grep", ["-rlaF", ...patterns, ...folders], { encoding: "utf8" });
  expect([0, 1]).toContain(status);
  return stdout.split("\n").filter((line) => line !== "");
}

function installTradewind(): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "tradewind"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(bin, "tradewind"), 0o755);
  return bin;
}

test("the local run delivered", () => {
  expect(Object.keys(local.artifacts).length).toBeGreaterThanOrEqual(8);
  expect(local.rows.length).toBeGreaterThan(100);
});

describe.each<AirflowVersion>(["3.3", "2.11"])("Airflow %s", (version) => {
  test("runs the example to the same artifacts and the same rows, and tells nobody the password", async () => {
    const { workspace, store } = makeWorkspace(`airflow-${version}`);
    for (const args of [
      ["compile", "flight_delays"],
      ["publish", "flight_delays"],
    ]) {
      const done = await runProgram(program, workspace, [...args, ...results(workspace)], environment);
      expect(done.code, done.stdout + done.stderr).toBe(0);
    }
    const run = await runDag(version, join(workspace, "dags", "dev", "flight_delays.py"), "flight_delays", {
      date: `${day}T03:00:00-04:00`,
      env: { ...environment, PATH: `${installTradewind()}${delimiter}${environment.PATH}` },
      connections: {
        dwh: { conn_type: "postgres", host: "127.0.0.1", port: server.port, login, password, schema: server.database },
      },
    });
    expect(run.state, run.log).toBe("success");
    expect(new Set(Object.values(run.tasks).map(({ state }) => state))).toEqual(new Set(["success"]));
    const here = await takeOutcome(join(store, runKey("flight_delays", run.run_id)));
    expect(run.run_id).not.toBe("");
    expect(encodeSegment(run.run_id)).not.toContain("/");
    expect(here).toEqual(local);
    expect(filesWithPassword(workspace, store, run.home)).toEqual([]);
    for (const spelling of spellings) expect(run.log.includes(spelling)).toBe(false);
    rmSync(run.home, { recursive: true, force: true });
  });
});
