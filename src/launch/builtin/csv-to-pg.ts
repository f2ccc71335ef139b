/** csv_to_pg: a CSV file into a table, streamed by COPY, all in one transaction: afterwards the table has all of it, or is as it was. */
import type pg from "pg";
import { EXIT } from "../../protocol/exit.ts";
import { didYouMean } from "../../protocol/suggest.ts";
import { readConnection } from "./connection.ts";
import { copyIn } from "./copy-in.ts";
import { type CsvHead, readCsvHead } from "./csv-file.ts";
import { BuiltinFailure } from "./failure.ts";
import { findTable, type Table, unknownColumn } from "./find-table.ts";
import { fittingTable } from "./fitting-table.ts";
import { completeLedger, enterLedger, ledgerKey } from "./ledger.ts";
import { withPostgres } from "./postgres.ts";
import { quoteName, quoteTable, readTableName } from "./table-name.ts";
import { listParam, portPath, requiredParam, textParam } from "./variables.ts";

/** Loads INPUT_DATA; 0 when it is committed. */
export async function run(env: NodeJS.ProcessEnv): Promise<number> {
  const connection = readConnection(env, requiredParam(env, "connection"));
  const file = portPath(env, "INPUT", "data");
  const written = requiredParam(env, "table");
  const mode = textParam(env, "mode") ?? "replace";
  const where = textParam(env, "where");
  if (mode !== "replace" && mode !== "append") throw new BuiltinFailure(EXIT.usage, `mode is replace or append, not "${mode}"`);
  if (mode === "append" && where !== undefined)
    throw new BuiltinFailure(EXIT.usage, '"where" names the slice that mode replace replaces; append takes none');
  const head = await readCsvHead(file);
  const said = await withPostgres(connection, "tradewind csv_to_pg", async (client) => {
    const name = readTableName(written);
    await client.query("begin isolation level read committed");
    const table = await findTable(client, written, name, [], () => `. One that fits the file: ${fittingTable(quoteTable(name), head)}`);
    const load: Load = { file, head, table, written, columns: chooseColumns(head, table, written, listParam(env, "columns")) };
    const done = mode === "append" ? await append(client, env, load) : await replace(client, load, where);
    await commit(client);
    return done;
  });
  process.stdout.write(`${said}\n`);
  return EXIT.success;
}

interface Load {
  readonly file: string;
  readonly head: CsvHead;
  readonly table: Table;
  /** The table's name as the author wrote it. */
  readonly written: string;
  /** Columns to load; the file may have more. */
  readonly columns: readonly string[];
}

/** The file's columns by name, or those of them that `columns` lists. */
function chooseColumns(head: CsvHead, table: Table, written: string, wanted: readonly string[] | undefined): readonly string[] {
  const columns = wanted ?? head.header;
  for (const column of columns) {
    if (!head.header.includes(column)) {
      const near = didYouMean(column, head.header);
      throw new BuiltinFailure(EXIT.badInput, `the input file has no column "${column}"${near} (it has: ${head.header.join(", ")})`);
    }
    if (!table.columns.includes(column)) throw unknownColumn(written, column, table.columns);
  }
  return columns;
}

/** Takes the place of the whole table, or of the slice `where`. Readers see the old rows until the commit; writers wait. */
async function replace(client: pg.Client, load: Load, where: string | undefined): Promise<string> {
  const target = quoteTable({ schema: load.table.schema, table: load.table.name });
  await client.query(`lock table ${target} in share row exclusive mode`);
  const condition = where === undefined ? "" : ` where (${where}\n)`;
  const deleted = await oneStatement(client, `delete from ${target}${condition}`);
  const rows = await copyRows(client, load, target);
  if (where === undefined) return `loaded ${rows} rows into ${load.written}, replacing ${deleted}`;
  // The slice was emptied under the lock, so what is in it now is what was loaded. Rows outside would be there twice after the next run.
  const inside = Number((await client.query<{ n: string }>(`select count(*) as n from ${target}${condition}`)).rows[0]?.n);
  if (inside !== rows) {
    throw new BuiltinFailure(
      EXIT.badInput,
      `${rows - inside} of the ${rows} rows to load are outside the slice that is replaced (where ${where}), so a repeated run would add them again; the table is as it was. Mend where, or the query that gives the rows`,
    );
  }
  return `loaded ${rows} rows into ${load.written}, replacing ${deleted} (where ${where.trim()})`;
}

async function append(client: pg.Client, env: NodeJS.ProcessEnv, load: Load): Promise<string> {
  const key = await ledgerKey(env, load.file);
  const before = await enterLedger(client, load.table, key);
  const ledger = `${load.table.schema}.tradewind_ledger`;
  if (before !== undefined) {
    const when = before.loaded_at.toISOString();
    if (before.sha256 === key.sha256) {
      return `added nothing to ${load.written}: this run added these ${before.rows} rows at ${when} (${ledger})`;
    }
    throw new BuiltinFailure(
      EXIT.badInput,
      `run ${key.run_id} added ${before.rows} other rows to ${load.written} at ${when}, and would now be there twice. Remove those rows and the run's line in ${ledger} to load again, or use mode: replace with where`,
    );
  }
  const rows = await copyRows(client, load, quoteTable({ schema: load.table.schema, table: load.table.name }));
  await completeLedger(client, load.table, key, rows);
  return `added ${rows} rows to ${load.written}`;
}

/** Rows loaded. When the file has columns that are not wanted it goes through a temporary table, since COPY takes all columns of a file. */
async function copyRows(client: pg.Client, load: Load, target: string): Promise<number> {
  const { head, columns } = load;
  const names = columns.map(quoteName).join(", ");
  if (columns.length === head.header.length) return copyFile(client, load, `${target} (${head.header.map(quoteName).join(", ")})`);
  await client.query(`create temporary table tradewind_stage on commit drop as select ${names} from ${target} with no data`);
  for (const extra of head.header.filter((column) => !columns.includes(column))) {
    await client.query(`alter table tradewind_stage add column ${quoteName(extra)} text`);
  }
  await copyFile(client, load, `tradewind_stage (${head.header.map(quoteName).join(", ")})`);
  const moved = await client.query(`insert into ${target} (${names}) select ${names} from tradewind_stage`);
  return moved.rowCount ?? 0;
}

function copyFile(client: pg.Client, load: Load, into: string): Promise<number> {
  return copyIn(client, `copy ${into} from stdin (format csv, header)`, load.file, load.head.start);
}

/** Runs one statement that holds `where`, the user's SQL: a text of several is an error, by the extended protocol. Returns its rows' count. */
async function oneStatement(client: pg.Client, text: string): Promise<number> {
  try {
    const done = await client.query({ text, values: [], queryMode: "extended" } as pg.QueryConfig);
    return done.rowCount ?? 0;
  } catch (error) {
    const { code, message, hint } = error as pg.DatabaseError;
    if (code === "42501" || !/^(42|0A|22)/.test(code ?? "")) throw error;
    throw new BuiltinFailure(EXIT.badInput, `where is not valid: ${message}${hint ? `. ${hint}` : ""}`, { cause: error });
  }
}

async function commit(client: pg.Client): Promise<void> {
  try {
    await client.query("commit");
  } catch (error) {
    if (/^[0-9A-Z]{5}$/.test(String((error as { code?: string }).code))) throw error;
    throw new BuiltinFailure(
      EXIT.unavailable,
      "the connection was lost at the commit, so whether the rows are in is not known; run the task again: replace puts the same rows in place, and append looks into its ledger",
      { cause: error },
    );
  }
}
