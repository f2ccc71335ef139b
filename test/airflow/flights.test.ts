/**
 * The example, here and in Airflow: the DAG that `compile` wrote, the launcher doing the work, the connection coming from Airflow.
 * Every artifact has the digest of the local run's, and the warehouse gets the same rows.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadFlights } from "../../scripts/flights.mjs";
import { encodeSegment } from "../../src/protocol/layout.ts";
import { createFolderStore } from "../../src/storage/folder.ts";
import { buildProgram, runProgram } from "../run/program.ts";
import { type PostgresServer, startPostgres } from "../services/postgres.ts";
import type { AirflowVersion } from "./airflow.ts";
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
  spellingsOf,
  takeOutcome,
} from "./flights.ts";
import { runDag } from "./run-dag.ts";

const day = "2013-07-10";

let server: PostgresServer;
let client: pg.Client;
let folder: string;
let program: string;
let local: Outcome;

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

/** A copy of the example with a store of its own, so that no run finds another's work in the cache. */
function makeWorkspace(name: string): { readonly workspace: string; readonly store: string } {
  const workspace = join(folder, name);
  const store = join(folder, `${name}-store`);
  copyExample(workspace, `store: { url: ${JSON.stringify(store)} }`);
  return { workspace, store };
}

async function runHere(): Promise<Outcome> {
  const { workspace, store } = makeWorkspace("here");
  const uri = `postgresql://${login}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${server.database}`;
  const done = await runProgram(program, workspace, ["run", "flight_delays", "--date", day, ...inDev(workspace)], {
    ...environment,
    AIRFLOW_CONN_DWH: uri,
  });
  expect(done.code, done.stdout + done.stderr).toBe(0);
  expect(filesWith([password], workspace, store)).toEqual([]);
  return takeOutcome(createFolderStore(store), await onlyRun(createFolderStore(store)), client);
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
      const done = await runProgram(program, workspace, [...args, ...inDev(workspace)], environment);
      expect(done.code, done.stdout + done.stderr).toBe(0);
    }
    const run = await runDag(version, join(workspace, "dags", "dev", "flight_delays.py"), "flight_delays", {
      date: `${day}T03:00:00-04:00`,
      env: { ...environment, PATH: `${installTradewind(folder, program)}${delimiter}${environment.PATH}` },
      connections: {
        dwh: { conn_type: "postgres", host: "127.0.0.1", port: server.port, login, password, schema: server.database },
      },
    });
    expect(run.state, run.log).toBe("success");
    expect(new Set(Object.values(run.tasks).map(({ state }) => state))).toEqual(new Set(["success"]));
    expect(run.run_id).not.toBe("");
    expect(encodeSegment(run.run_id)).not.toContain("/");
    expect(await takeOutcome(createFolderStore(store), run.run_id, client)).toEqual(local);
    expect(filesWith([password], workspace, store, run.home)).toEqual([]);
    for (const spelling of spellingsOf(password)) expect(run.log.includes(spelling)).toBe(false);
    rmSync(run.home, { recursive: true, force: true });
  });
});
