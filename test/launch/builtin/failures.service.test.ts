import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../../src/protocol/exit.ts";
import { type PostgresServer, startPostgres } from "../../services/postgres.ts";
import { type Ended, runBuiltin, startBuiltin, type Variables } from "./run-builtin.ts";

let server: PostgresServer;
let client: pg.Client;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tradewind-failures-"));
  server = await startPostgres();
  client = await server.connect();
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const extract = (variables: Variables): Promise<Ended> =>
  runBuiltin("pg_to_csv", { AIRFLOW_CONN_DWH: server.uri, PARAM_CONNECTION: "dwh", OUTPUT_DATA: join(folder, "out.csv"), ...variables });

const load = (text: string, variables: Variables): Promise<Ended> =>
  runBuiltin("csv_to_pg", { AIRFLOW_CONN_DWH: server.uri, PARAM_CONNECTION: "dwh", INPUT_DATA: file(text), ...variables });

let files = 0;
function file(text: string): string {
  files += 1;
  const path = join(folder, `in-${files}.csv`);
  writeFileSync(path, text);
  return path;
}

/** One sentence, no stack. */
function expectFailure(ended: Ended, code: number, message: RegExp): void {
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(ended.code).toBe(code);
  expect(ended.stdout).toBe("");
}

async function rowsOf(table: string): Promise<string> {
  return JSON.stringify((await client.query({ text: `select * from ${table} order by 1`, rowMode: "array" })).rows);
}

async function makeScores(): Promise<string> {
  await client.query("drop table if exists scores; create table scores (flight_id int primary key, probability float8, day date)");
  await client.query("insert into scores values (1, 0.1, '2013-01-01'), (2, 0.2, '2013-01-01'), (3, 0.3, '2013-01-02')");
  return rowsOf("scores");
}

/** A proxy to the server that cuts both ends after `bytes` in a direction have gone through. */
async function cuttingProxy(direction: "up" | "down", bytes: number): Promise<{ uri: string; close(): void }> {
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(server.port, "127.0.0.1");
    sockets.add(near).add(far);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    let left = bytes;
    const pass = (from: Socket, to: Socket, counted: boolean) => {
      from.on("data", (chunk: Buffer) => {
        if (counted) left -= chunk.length;
        if (left > 0) to.write(chunk);
        else {
          near.resetAndDestroy();
          far.destroy();
        }
      });
      from.on("end", () => to.end());
    };
    pass(near, far, direction === "up");
    pass(far, near, direction === "down");
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    uri: server.uri.replace(`:${server.port}/`, `:${port}/`),
    close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}

describe("the server cannot be used", () => {
  test("no connection", async () => {
    const ended = await runBuiltin("pg_to_csv", { PARAM_CONNECTION: "dwh", OUTPUT_DATA: join(folder, "x"), PARAM_QUERY: "select 1" });
    expectFailure(ended, EXIT.missingConnection, /connection "dwh" is not there: set AIRFLOW_CONN_DWH/);
  });

  test("not one of Postgres", async () => {
    expectFailure(await extract({ AIRFLOW_CONN_DWH: "mysql://u:canary@h/db", PARAM_QUERY: "select 1" }), EXIT.config, /is of type mysql/);
  });

  test("a value that is no connection is not shown", async () => {
    const ended = await extract({ AIRFLOW_CONN_DWH: "canary-password", PARAM_QUERY: "select 1" });
    expectFailure(ended, EXIT.config, /AIRFLOW_CONN_DWH is neither a URI/);
    expect(ended.stderr).not.toContain("canary");
  });

  test("nobody listens", async () => {
    const uri = "postgresql://u:canary-password@127.0.0.1:1/db";
    const ended = await extract({ AIRFLOW_CONN_DWH: uri, PARAM_QUERY: "select 1" });
    expectFailure(ended, EXIT.unavailable, /connection "dwh" \(127\.0\.0\.1:1\) does not answer: the connection was refused/);
    expect(ended.stderr).not.toContain("canary");
  });

  test("no such host", async () => {
    const ended = await extract({ AIRFLOW_CONN_DWH: "postgresql://u:p@no-such-host.invalid/db", PARAM_QUERY: "select 1" });
    expectFailure(ended, EXIT.unavailable, /no such host/);
  });

  test.each(['wrong/@:+%"canary', "canary"])("the password %j is refused, and not printed", async (password) => {
    const uri = server.uri.replace(/:[^:@]*@/, `:${encodeURIComponent(password)}@`);
    const ended = await extract({ AIRFLOW_CONN_DWH: uri, PARAM_QUERY: "select 1" });
    expectFailure(ended, EXIT.config, /refused the login: password authentication failed for user "warehouse"/);
    expect(ended.stderr).not.toContain("canary");
  });

  test("no password", async () => {
    const uri = server.uri.replace(/:[^:@]*@/, "@");
    expectFailure(await extract({ AIRFLOW_CONN_DWH: uri, PARAM_QUERY: "select 1" }), EXIT.config, /password/);
  });

  test("no such database", async () => {
    expectFailure(
      await extract({ AIRFLOW_CONN_DWH: `${server.uri}x`, PARAM_QUERY: "select 1" }),
      EXIT.config,
      /"warehousex" does not exist/,
    );
  });

  test("TLS is demanded and the server has none", async () => {
    expectFailure(await extract({ AIRFLOW_CONN_DWH: `${server.uri}?sslmode=require`, PARAM_QUERY: "select 1" }), EXIT.config, /no TLS/);
  });

  test("a password of awkward signs, as URI and as JSON", async () => {
    const password = "/@+:%\"'\\ ü";
    await client.query(`create role awkward login password ${client.escapeLiteral(password)}`);
    const uri = `postgres://awkward:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${server.database}`;
    const json = JSON.stringify({
      conn_type: "postgres",
      login: "awkward",
      password,
      host: "127.0.0.1",
      port: server.port,
      schema: server.database,
    });
    for (const value of [uri, json]) {
      const ended = await extract({ AIRFLOW_CONN_DWH: value, PARAM_QUERY: "select current_user" });
      expect(ended.stderr).toBe("");
      expect(ended.code).toBe(0);
    }
  });

  test("it goes away in the middle of reading", async () => {
    const proxy = await cuttingProxy("down", 1 << 20);
    const ended = await extract({
      AIRFLOW_CONN_DWH: proxy.uri,
      PARAM_QUERY: "select n, repeat('x', 100) as t from generate_series(1, 200000) as n",
    });
    proxy.close();
    expectFailure(ended, EXIT.unavailable, /was lost/);
  });

  test.each(["replace", "append"])("it goes away in the middle of mode %s: the table is as it was", async (mode) => {
    const before = await makeScores();
    const proxy = await cuttingProxy("up", 1 << 20);
    const rows = Array.from({ length: 200_000 }, (_, index) => `${index + 10},0.5,2013-01-01`).join("\n");
    const ended = await load(`flight_id,probability,day\n${rows}\n`, {
      AIRFLOW_CONN_DWH: proxy.uri,
      PARAM_TABLE: "scores",
      PARAM_MODE: mode,
    });
    proxy.close();
    expectFailure(ended, EXIT.unavailable, /was lost/);
    expect(await rowsOf("scores")).toBe(before);
  });

  test("an administrator ends the connection", async () => {
    const running = await startBuiltin("pg_to_csv", {
      AIRFLOW_CONN_DWH: server.uri,
      PARAM_CONNECTION: "dwh",
      OUTPUT_DATA: join(folder, "out.csv"),
      PARAM_QUERY: "select pg_sleep(60)",
    });
    const kill =
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tradewind pg_to_csv' and query like 'copy%'";
    while ((await client.query(kill)).rowCount === 0) await sleep(20);
    expectFailure(await running.ended, EXIT.unavailable, /terminating connection due to administrator command/);
  });

  test("a statement takes longer than the server allows", async () => {
    const uri = `${server.uri}?options=-c%20statement_timeout%3D200`;
    const ended = await extract({ AIRFLOW_CONN_DWH: uri, PARAM_QUERY: "select pg_sleep(60)" });
    expectFailure(ended, EXIT.temporary, /canceling statement due to statement timeout/);
  });
});

test("the disk is full: one sentence", async () => {
  const ended = await extract({
    PARAM_QUERY: "select n, repeat('x', 100) as t from generate_series(1, 20000) as n",
    OUTPUT_DATA: "/dev/full",
  });
  expectFailure(ended, EXIT.os, /the disk is full/);
});

describe("what is asked for is not there", () => {
  beforeAll(async () => {
    await client.query("create schema sales; create table sales.daily (day date, amount numeric)");
  });

  test.each([
    ["a table", { PARAM_TABLE: "sales.dayly" }, /table sales\.dayly does not exist; did you mean "sales\.daily"\?/],
    ["a table of another schema", { PARAM_TABLE: "daily" }, /table daily does not exist; did you mean "sales\.daily"\?/],
    ["a schema", { PARAM_TABLE: "sale.daily" }, /nor does the schema "sale"; did you mean "sales"\?/],
    ["a column", { PARAM_TABLE: "sales.daily", PARAM_COLUMNS: '["dya"]' }, /has no column "dya"; did you mean "day"\?/],
    [
      "a column of a query",
      { PARAM_QUERY: "select amuont from sales.daily" },
      /column "amuont" does not exist at "amuont from sales\.daily"/,
    ],
    [
      "a column of where",
      { PARAM_TABLE: "sales.daily", PARAM_WHERE: "dya = '2013-01-01'" },
      /where is not valid: column "dya" does not exist/,
    ],
    ["sense", { PARAM_QUERY: "selct 1" }, /query is not valid: syntax error at or near "selct"/],
    ["one statement", { PARAM_QUERY: "select 1; drop table sales.daily" }, /cannot insert multiple commands/],
    ["one statement, in brackets", { PARAM_QUERY: "select 1) to stdout; drop table sales.daily; copy (select 1" }, /syntax error/],
    ["a result", { PARAM_QUERY: "drop table sales.daily" }, /gives no columns/],
    ["reading only", { PARAM_QUERY: "delete from sales.daily returning day" }, /DELETE in a read-only transaction/],
    ["names that differ", { PARAM_QUERY: "select 1 as a, 2 as a" }, /two columns "a"/],
    ["a name of a table", { PARAM_TABLE: "a.b.c" }, /is not the name of a table/],
    ["numbers that divide", { PARAM_QUERY: "select 1 / (n - 5000) as x from generate_series(1, 10000) as n" }, /division by zero/],
  ])("%s", async (_, variables, message) => {
    expectFailure(await extract(variables as Variables), EXIT.badInput, message);
    expect((await client.query("select to_regclass('sales.daily') as t")).rows[0].t).toBe("sales.daily");
  });

  test("neither query nor table, or both", async () => {
    expectFailure(await extract({}), EXIT.usage, /give a query or a table/);
    expectFailure(await extract({ PARAM_QUERY: "select 1", PARAM_TABLE: "t" }), EXIT.usage, /not both/);
  });

  test("a table to load into: one that would fit is shown, and fits", async () => {
    const text = 'flight_id,probability,late,day,note,"at Time"\n1,0.5,true,2013-01-01,x,2013-01-01T10:00:00Z\n2,,false,,"007",\n';
    const ended = await load(text, { PARAM_TABLE: "new_scores" });
    expectFailure(ended, EXIT.badInput, /table new_scores does not exist/);
    const create = /CREATE TABLE .*;/.exec(ended.stderr)?.[0] ?? "";
    expect(create).toBe(
      'CREATE TABLE "new_scores" (flight_id bigint, probability double precision, late boolean, day date, note text, "at Time" timestamptz);',
    );
    await client.query(create);
    expect((await load(text, { PARAM_TABLE: "new_scores" })).stdout).toBe("loaded 2 rows into new_scores, replacing 0\n");
  });

  test("a file", async () => {
    const ended = await runBuiltin("csv_to_pg", {
      AIRFLOW_CONN_DWH: server.uri,
      PARAM_CONNECTION: "dwh",
      PARAM_TABLE: "scores",
      INPUT_DATA: join(folder, "absent.csv"),
    });
    expectFailure(ended, EXIT.missingInput, /cannot be read/);
  });
});

describe("a file that does not fit leaves the table as it was", () => {
  test.each([
    ["a bad number", "flight_id,probability\n1,0.5\n2,abc\n", {}, /double precision: "abc" \(line 3, column probability\)/],
    ["too many fields", "flight_id,probability\n1,0.5\n2,0.5,x\n", {}, /extra data after last expected column \(line 3\)/],
    ["too few fields", "flight_id,probability\n1\n", {}, /missing data for column "probability" \(line 2\)/],
    ["a quote without end", 'flight_id,probability\n1,"0.5\n', {}, /unterminated CSV quoted field/],
    ["a key twice", "flight_id,probability\n1,0.5\n1,0.6\n", {}, /duplicate key value.*line 3.*Key \(flight_id\)=\(1\) already exists/],
    ["a null that is not allowed", "probability\n0.5\n", {}, /null value in column "flight_id"/],
    [
      "no UTF-8",
      Buffer.from([...Buffer.from("flight_id,probability\n1,"), 0xff, 10]) as unknown as string,
      {},
      /invalid byte sequence.*line 2/,
    ],
    ["an unknown column", "flight_id,probabilty\n1,0.5\n", {}, /table scores has no column "probabilty"; did you mean "probability"\?/],
    ["a name twice", "flight_id,flight_id\n1,2\n", {}, /names "flight_id" twice/],
    ["no name", ",flight_id\n0,1\n", {}, /column 1 of the input file has no name/],
    ["an empty file", "", {}, /is empty/],
    [
      "a column that the file lacks",
      "flight_id\n1\n",
      { PARAM_COLUMNS: '["flightid"]' },
      /no column "flightid"; did you mean "flight_id"\?/,
    ],
    [
      "rows outside the slice",
      "flight_id,day\n7,2013-01-01\n8,2013-01-09\n",
      { PARAM_WHERE: "day = '2013-01-01'" },
      /1 of the 2 rows to load are outside the slice/,
    ],
    ["a bad slice", "flight_id\n1\n", { PARAM_WHERE: "dya = 1" }, /where is not valid: column "dya" does not exist/],
    ["two statements as slice", "flight_id\n1\n", { PARAM_WHERE: "true); drop table scores; select (1" }, /multiple commands/],
  ])("%s", async (_, text, variables, message) => {
    const before = await makeScores();
    expectFailure(await load(text, { PARAM_TABLE: "scores", ...(variables as Variables) }), EXIT.badInput, message);
    expect(await rowsOf("scores")).toBe(before);
  });

  test("killed in the middle of it", async () => {
    const before = await makeScores();
    const rows = Array.from({ length: 400_000 }, (_, index) => `${index + 10},0.5,2013-01-01`).join("\n");
    const running = await startBuiltin("csv_to_pg", {
      AIRFLOW_CONN_DWH: server.uri,
      PARAM_CONNECTION: "dwh",
      PARAM_TABLE: "scores",
      INPUT_DATA: file(`flight_id,probability,day\n${rows}\n`),
    });
    const copied = "select coalesce(max(tuples_processed), 0)::int as n from pg_stat_progress_copy";
    while ((await client.query<{ n: number }>(copied)).rows[0]?.n === 0) await sleep(2);
    running.child.kill("SIGKILL");
    expect((await running.ended).signal).toBe("SIGKILL");
    // The server ends the transaction once it sees that the other end is gone; until then the table cannot have changed either.
    expect(await rowsOf("scores")).toBe(before);
    while ((await client.query<{ n: number }>("select count(*)::int as n from pg_stat_progress_copy")).rows[0]?.n !== 0) await sleep(5);
    expect(await rowsOf("scores")).toBe(before);
  });
});

describe("loading", () => {
  test("a slice is replaced, the rest stays", async () => {
    await makeScores();
    const ended = await load("flight_id,probability,day\n7,0.7,2013-01-01\n", {
      PARAM_TABLE: "scores",
      PARAM_WHERE: "day = '2013-01-01' -- one day",
    });
    expect(ended).toMatchObject({
      code: 0,
      stderr: "",
      stdout: "loaded 1 rows into scores, replacing 2 (where day = '2013-01-01' -- one day)\n",
    });
    expect((await client.query({ text: "select flight_id from scores order by 1", rowMode: "array" })).rows).toEqual([[3], [7]]);
  });

  test("readers see the old rows while they are replaced; two that replace wait for each other", async () => {
    await makeScores();
    const holder = await server.connect();
    await holder.query("begin; lock table scores in row exclusive mode");
    const loads = [1, 2].map((id) => load(`flight_id\n${id}\n`, { PARAM_TABLE: "scores" }));
    const waiting = "select count(*)::int as n from pg_locks where not granted and relation = 'scores'::regclass";
    while ((await client.query<{ n: number }>(waiting)).rows[0]?.n !== 2) await sleep(10);
    expect((await client.query("select * from scores")).rowCount).toBe(3);
    await holder.query("commit");
    const said = (await Promise.all(loads)).map((ended) => ended.stdout).sort();
    expect(said).toEqual(["loaded 1 rows into scores, replacing 1\n", "loaded 1 rows into scores, replacing 3\n"]);
    expect((await client.query("select * from scores")).rowCount).toBe(1);
  });

  test("appending: once a run and task, whatever is tried again, and at the same time", async () => {
    await makeScores();
    const task = (run: string) => file(JSON.stringify({ dag_id: "flights", run_id: run, task: "load.scores" }));
    const text = "flight_id,probability\n7,0.7\n8,0.8\n";
    const variables = { PARAM_TABLE: "scores", PARAM_MODE: "append" };
    const first = await Promise.all([1, 2, 3].map(() => load(text, { ...variables, TRADEWIND_TASK_FILE: task("r1") })));
    expect(first.map((ended) => [ended.code, ended.stderr])).toEqual([0, 0, 0].map((code) => [code, ""]));
    expect(first.filter((ended) => ended.stdout === "added 2 rows to scores\n")).toHaveLength(1);
    expect(first.filter((ended) => /^added nothing to scores: this run added these 2 rows at/.test(ended.stdout))).toHaveLength(2);
    expect((await client.query("select * from scores")).rowCount).toBe(5);

    const other = await load("flight_id,probability\n9,0.9\n", { ...variables, TRADEWIND_TASK_FILE: task("r1") });
    expectFailure(other, EXIT.badInput, /run r1 added 2 other rows to scores/);
    const next = await load("flight_id,probability\n9,0.9\n", { ...variables, TRADEWIND_TASK_FILE: task("r2") });
    expect(next.stdout).toBe("added 1 rows to scores\n");
    expect((await client.query("select * from scores")).rowCount).toBe(6);

    const failed = await load("flight_id,probability\n10,x\n", { ...variables, TRADEWIND_TASK_FILE: task("r3") });
    expect(failed.code).toBe(EXIT.badInput);
    const ledger = await client.query({
      text: "select dag_id, run_id, task, rows::int from tradewind_ledger order by run_id",
      rowMode: "array",
    });
    expect(ledger.rows).toEqual([
      ["flights", "r1", "load.scores", 2],
      ["flights", "r2", "load.scores", 1],
    ]);
  });

  test("appending by hand: a file is added once", async () => {
    await makeScores();
    const variables = { PARAM_TABLE: "scores", PARAM_MODE: "append" };
    expect((await load("flight_id\n20\n", variables)).stdout).toBe("added 1 rows to scores\n");
    expect((await load("flight_id\n20\n", variables)).stdout).toMatch(/^added nothing to scores/);
    expect((await load("flight_id\n21\n", variables)).stdout).toBe("added 1 rows to scores\n");
  });
});

test("an unknown built-in suggests the nearest", async () => {
  expectFailure(await runBuiltin("pg_to_cvs", {}), EXIT.usage, /no built-in operator "pg_to_cvs"; did you mean "pg_to_csv"\?/);
});
