import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../services/postgres.ts";
import { runBuiltin } from "./run-builtin.ts";

let server: PostgresServer;
let client: pg.Client;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tradewind-round-trip-"));
  server = await startPostgres();
  client = await server.connect();
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function extract(variables: { readonly [name: string]: string }, name = "out.csv"): Promise<string> {
  const path = join(folder, name);
  const ended = await runBuiltin("pg_to_csv", { AIRFLOW_CONN_DWH: server.uri, PARAM_CONNECTION: "dwh", OUTPUT_DATA: path, ...variables });
  expect(ended.stderr).toBe("");
  expect(ended.code).toBe(0);
  return path;
}

async function load(path: string, table: string, variables: { readonly [name: string]: string } = {}): Promise<string> {
  const ended = await runBuiltin("csv_to_pg", {
    AIRFLOW_CONN_DWH: server.uri,
    PARAM_CONNECTION: "dwh",
    PARAM_TABLE: table,
    INPUT_DATA: path,
    ...variables,
  });
  expect(ended.stderr).toBe("");
  expect(ended.code).toBe(0);
  return ended.stdout;
}

/** Rows in one table and not in the other, both ways, as Postgres compares them (with multiplicity). */
async function difference(one: string, other: string): Promise<number> {
  const { rows } = await client.query<{ n: string }>(
    `select count(*) as n from ((table ${one} except all table ${other}) union all (table ${other} except all table ${one})) as d`,
  );
  return Number(rows[0]?.n);
}

describe("what goes to CSV and back is the same", () => {
  test("nulls and empty strings, quotes, newlines, end marks, unicode, arrays, json, bytes, numbers and times", async () => {
    await client.query(`
      create table nasty (id int, "the text" text, "Quoted ""Name""" varchar, list text[], numbers numeric[], doc jsonb, raw bytea, amount numeric,
        ratio double precision, small real, day date, at timestamptz, local timestamp, took interval, flag boolean, uid uuid, bits bit varying);
      create table nasty_back (like nasty);
      insert into nasty values
        (1, null, '', null, null, null, null, null, null, null, null, null, null, null, null, null, null),
        (2, '', null, '{}', '{}', '{}', '', 0, 0, 0, 'epoch', 'epoch', 'epoch', '0', false, '00000000-0000-0000-0000-000000000000', ''),
        (3, E'a "quote", a comma\\nand a line\\r\\nand another', E'\\\\.', array['', null, 'NULL', 'a,b', '"', E'\\n', '{}', '\\.'], array[null, 1.50, 'NaN'],
         '{"k": ["v", null, "\\"", "\\n"]}', '\\x00ff0a22', 'NaN', 'Infinity', 'NaN', 'infinity', '-infinity', '0044-03-15 BC', '-1 mons +2 days -03:04:05.678', true, gen_random_uuid(), B'10110'),
        (4, E'\\\\N', E'\\\\', array[array['a','b'],array['c','d']]::text[], null, '"x"', '\\x5c2e0a', 12345678901234567890.123456789012345678900, 0.1, 0.1, '9999-12-31',
         '2013-03-10 02:30:00.123456-05', '2013-03-10 02:30:00.123456', '178000000 years', null, null, null),
        (5, 'Ünïcodé 東京 🛫 \u202e', ' leading and trailing ', array['🛬'], null, '"🛫"', null, 1e-20, 5e-324, 1e-45, '0001-01-01', '294276-12-31 23:59:59.999999+00', '0001-01-01 00:00:00', null, null, null, null),
        (6, E'\\t\\x01\\x7f', repeat('x', 100000), null, null, null, null, -0.0, '-0', '-0', null, null, null, null, null, null, null);`);
    const path = await extract({ PARAM_TABLE: "nasty" });
    const said = await load(path, "nasty_back");
    expect(said).toBe("loaded 6 rows into nasty_back, replacing 0\n");
    // -0 and 0 are equal to SQL, so the text of every column is compared too.
    const texts = async (table: string) => (await client.query(`select ${table}::text as row from ${table} order by id`)).rows;
    expect(await texts("nasty_back")).toEqual(await texts("nasty"));
    const header = readFileSync(path, "utf8").split("\n")[0];
    expect(header).toMatch(/^id,the text,"Quoted ""Name""",list/);
  });

  test("any text in any number of columns", async () => {
    const unit = fc.oneof(
      fc.constantFrom('"', ",", "\n", "\r", "\r\n", "\\.", "\\", "", "NULL", " ", "\t"),
      fc.string({ unit: "grapheme", maxLength: 5 }),
    );
    const text = fc.array(unit, { maxLength: 6 }).map((parts) => parts.join("").replaceAll("\0", ""));
    const table = fc
      .integer({ min: 1, max: 5 })
      .chain((width) =>
        fc.array(fc.array(fc.option(text, { nil: null }), { minLength: width, maxLength: width }), { minLength: 1, maxLength: 20 }),
      );
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        const width = rows[0]?.length ?? 0;
        const columns = Array.from({ length: width }, (_, index) => `c${index} text`).join(", ");
        await client.query(
          `drop table if exists anything, anything_back; create table anything (${columns}); create table anything_back (${columns})`,
        );
        const values = rows.flat();
        const places = rows.map(
          (_, row) => `(${Array.from({ length: width }, (_, column) => `$${row * width + column + 1}::text`).join(", ")})`,
        );
        await client.query(`insert into anything values ${places.join(", ")}`, values);
        await load(await extract({ PARAM_TABLE: "anything" }), "anything_back");
        expect(await difference("anything", "anything_back")).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test("a table of 1,600 columns", async () => {
    const columns = Array.from({ length: 1600 }, (_, index) => `c${index} int`).join(", ");
    await client.query(
      `create table wide (${columns}); create table wide_back (${columns}); insert into wide (c0, c1599) values (1, 2), (null, 3)`,
    );
    await load(await extract({ PARAM_TABLE: "wide" }), "wide_back");
    const texts = async (table: string) => (await client.query(`select ${table}::text as row from ${table} order by c1599`)).rows;
    expect(await texts("wide_back")).toEqual(await texts("wide"));
  });

  test("no rows: the header alone", async () => {
    const path = await extract({ PARAM_QUERY: "select 1 as a, 'x' as b where false" });
    expect(readFileSync(path, "utf8")).toBe("a,b\n");
    await client.query("create table emptied (a int, b text); insert into emptied values (1, 'x')");
    expect(await load(path, "emptied")).toBe("loaded 0 rows into emptied, replacing 1\n");
  });

  test("the text of dates, numbers and bytes does not depend on the server's settings", async () => {
    await client.query("create role odd login superuser password 'odd'");
    await client.query(
      "alter role odd set datestyle = 'SQL, DMY'; alter role odd set extra_float_digits = -3; alter role odd set bytea_output = 'escape'",
    );
    const uri = `postgresql://odd:odd@127.0.0.1:${server.port}/${server.database}`;
    const path = await extract({
      AIRFLOW_CONN_DWH: uri,
      PARAM_QUERY: "select date '2013-02-01' as d, 0.1::float8 + 0.2 as f, '\\x5c'::bytea as b",
    });
    expect(readFileSync(path, "utf8")).toBe("d,f,b\n2013-02-01,0.30000000000000004,\\x5c\n");
  });
});

describe("files that others wrote", () => {
  test.each([
    [
      "a byte order mark and CRLF",
      '\ufeffa,b\r\n1,x\r\n,""\r\n',
      [
        ["1", "x"],
        [null, ""],
      ],
    ],
    ["another order of the columns", "b,a\nx,1\n", [["1", "x"]]],
    ["no newline at the end", "a,b\n1,x", [["1", "x"]]],
    ["quoted names", '"a","b"\n"1","x,""y"""\n', [["1", 'x,"y"']]],
  ])("%s", async (_, text, rows) => {
    await client.query("drop table if exists written; create table written (a int, b text)");
    const path = join(folder, "written.csv");
    writeFileSync(path, text);
    await load(path, "written");
    const found = await client.query({ text: "select a::text, b from written order by a nulls last", rowMode: "array" });
    expect(found.rows).toEqual(rows);
  });

  test("columns that the table lacks are left out when `columns` says which to take", async () => {
    await client.query("drop table if exists written; create table written (a int, b text default 'kept', c int)");
    const path = join(folder, "written.csv");
    writeFileSync(path, 'a,more,c\n1,"x\ny",3\n2,,4\n');
    expect(await load(path, "written", { PARAM_COLUMNS: '["c","a"]' })).toBe("loaded 2 rows into written, replacing 0\n");
    const found = await client.query({ text: "select a, b, c from written order by a", rowMode: "array" });
    expect(found.rows).toEqual([
      [1, "kept", 3],
      [2, "kept", 4],
    ]);
  });
});

describe("what is extracted", () => {
  test("a table in a schema, some columns, a condition", async () => {
    await client.query(
      `create schema "Odd.Schema"; create table "Odd.Schema"."T""x" (a int, "B b" text, c int); insert into "Odd.Schema"."T""x" values (1, 'x', 2), (3, 'y', 4)`,
    );
    const path = await extract({
      PARAM_TABLE: '"Odd.Schema"."T""x"',
      PARAM_COLUMNS: '["B b", "a"]',
      PARAM_WHERE: "a > 1 -- the late ones",
    });
    expect(readFileSync(path, "utf8")).toBe("B b,a\ny,3\n");
  });

  test.each([
    ["select 1 as a;", "a\n1\n"],
    ["select 1 as a ; ; -- the end; really\n", "a\n1\n"],
    ["with t as (select 1 as a) select a from t -- end", "a\n1\n"],
    ["values (1, ';')", "column1,column2\n1,;\n"],
    ["select ';' as a", "a\n;\n"],
    ["table pg_catalog.pg_am limit 0", "oid,amname,amhandler,amtype\n"],
  ])("the query %j", async (query, text) => {
    expect(readFileSync(await extract({ PARAM_QUERY: query }), "utf8")).toBe(text);
  });
});
