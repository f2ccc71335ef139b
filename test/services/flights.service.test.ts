/** The example as a newcomer has it: its apps' own checks, and its pipeline run end to end on the flights in a real Postgres. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadFlights } from "../../scripts/flights.mjs";
import { cache, pythonEnvironment, root } from "../../scripts/provision.mjs";
import { buildProgram, type Ended, runProgram } from "../run/program.ts";
import { type PostgresServer, startPostgres } from "./postgres.ts";

const example = join(root, "examples", "flights");
const operators = join(example, "projects", "flights", "operators");
const filesOf = (name: string) => readdirSync(join(operators, name));
const apps = readdirSync(operators).filter((name) => existsSync(join(operators, name, "operator.yaml")) && filesOf(name).some(isPython));

function isPython(file: string): boolean {
  return file.endsWith(".py");
}

describe("the apps", () => {
  test("are checked with the packages that they ask for", () => {
    const checked = readFileSync(join(root, "scripts", "requirements", "flights-apps.txt"), "utf8");
    expect(readFileSync(join(operators, "requirements.txt"), "utf8")).toBe(checked);
  });

  test.each(apps)("%s passes its own check", (name) => {
    const [check, ...more] = filesOf(name).filter((file) => file.startsWith("check_") && isPython(file));
    expect(more).toEqual([]);
    const python = join(pythonEnvironment("flights-apps"), "bin", "python");
    const done = spawnSync(python, ["-B", check ?? "check_*.py is missing"], { cwd: join(operators, name), encoding: "utf8" });
    expect(done.stderr).toBe("");
    expect(done.stdout).toMatch(/^\w+: ok\n$/);
  });
});

describe("the pipeline", () => {
  let server: PostgresServer;
  let client: pg.Client;
  let bin: string;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tradewind-flights-"));
    cpSync(example, folder, { recursive: true, filter: (path) => !path.includes(".tradewind") && !path.endsWith(".env") });
    server = await startPostgres();
    client = await server.connect();
    expect(await loadFlights(server)).toEqual({ flights: 336_776, loaded: true });
    expect(await loadFlights(server)).toEqual({ flights: 336_776, loaded: false });
    bin = await buildProgram();
  });

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** `tradewind run flight_delays …`; the apps' virtual environment is kept for the next time. */
  function run(...args: readonly string[]): Promise<Ended> {
    return runProgram(bin, folder, ["run", "flight_delays", "--set", `results=${join(folder, "results")}`, ...args], {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AIRFLOW_"))),
      AIRFLOW_CONN_DWH: server.uri,
      XDG_CACHE_HOME: join(cache, "xdg"),
      PATH: `${join(cache, "uv", "bin")}${delimiter}${process.env.PATH}`,
    });
  }

  async function rows(sql: string): Promise<unknown[]> {
    return (await client.query({ text: sql, rowMode: "array" })).rows.map((row: unknown[]) => (row.length === 1 ? row[0] : row));
  }

  test("dev: a fifth of the flights is scored, delivered twice and saved; again only delivers", async () => {
    const first = await run("--date", "2013-07-10");
    expect(first.stdout).toMatch(/flight_delays success in .*: 11 ran/);
    expect(first.code).toBe(0);
    const scored = await rows("select flight_id from dev.flight_scores order by 1");
    expect(scored).toEqual(
      await rows("select flight_id from nyc.flights_sample where day = '2013-07-10' and dep_delay is not null order by 1"),
    );
    // Flights that were in fact late should have been expected so more often than not.
    const [right] = await rows(
      "select (count(*) filter (where s.late = (f.arr_delay > 15)))::float / count(*) from dev.flight_scores s join nyc.flights f using (flight_id) where f.arr_delay is not null",
    );
    expect(right).toBeGreaterThan(0.8);
    const report = await rows("select carrier, flights, late from dev.carrier_report order by 1");
    expect(report).toEqual(
      await rows("select carrier, count(*)::int, (count(*) filter (where late))::int from dev.flight_scores group by 1 order by 1"),
    );
    const saved = readFileSync(join(folder, "results", "2013-07-10-carriers.csv"), "utf8");
    expect(saved.split("\n")[0]).toBe("day,carrier,name,flights,late,share");
    expect(saved.trimEnd().split("\n")).toHaveLength(report.length + 1);

    const before = await rows("select s::text from dev.flight_scores as s order by 1");
    const again = await run("--date", "2013-07-10");
    expect(again.stdout).toMatch(/flight_delays success in .*: 3 ran, 8 cached/);
    expect(await rows("select s::text from dev.flight_scores as s order by 1")).toEqual(before);
  });

  test("another day of the same month: the model is found in the cache, and the day before stays", async () => {
    const [before] = await rows("select count(*)::int from dev.flight_scores");
    const ended = await run("--date", "2013-07-11");
    expect(ended.stdout).toMatch(/model\.train +cached/);
    expect(ended.code).toBe(0);
    expect(await rows("select distinct day::text from dev.flight_scores order by 1")).toEqual(["2013-07-10", "2013-07-11"]);
    expect((await rows("select count(*)::int from dev.flight_scores"))[0]).toBeGreaterThan(before as number);
  });

  test("prod: all flights, other tables, no saved file", async () => {
    const files = readdirSync(join(folder, "results"));
    const ended = await run("--date", "2013-07-10", "--env", "prod");
    expect(ended.stdout).toMatch(/flight_delays success in .*: 10 ran/);
    expect(ended.code).toBe(0);
    expect(await rows("select flight_id from prod.flight_scores order by 1")).toEqual(
      await rows("select flight_id from nyc.flights where day = '2013-07-10' and dep_delay is not null order by 1"),
    );
    expect(readdirSync(join(folder, "results"))).toEqual(files);
  });

  test("a model that does not pass its test is not used", async () => {
    const ended = await run("--date", "2013-07-12", "--set", "min_auc=0.99");
    expect(ended.code).toBe(1);
    expect(ended.stdout + ended.stderr).toMatch(/AUC 0\.\d+ on [\d,]+ flights is below 0\.99: this model is not passed on/);
    expect(ended.stdout).toMatch(/inference\.score +upstream failed/);
    expect(await rows("select 1 from dev.flight_scores where day = '2013-07-12'")).toEqual([]);
  });

  test("the password is in no file of the runs", () => {
    const found = spawnSync("grep", ["-rlF", server.password, folder], { encoding: "utf8" });
    expect(found.stdout).toBe("");
    expect(found.status).toBe(1);
  });
});
