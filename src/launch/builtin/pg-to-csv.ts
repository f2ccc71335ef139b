/** pg_to_csv: a query or a table into a CSV file, streamed by COPY, so memory does not grow with the rows. */
import type pg from "pg";
import { EXIT } from "../../protocol/exit.ts";
import { readConnection } from "./connection.ts";
import { copyOut } from "./copy-out.ts";
import { describeQuery } from "./describe-query.ts";
import { BuiltinFailure } from "./failure.ts";
import { findTable } from "./find-table.ts";
import { withPostgres } from "./postgres.ts";
import { quoteName, quoteTable, readTableName } from "./table-name.ts";
import { listParam, portPath, requiredParam, textParam } from "./variables.ts";

/** Writes OUTPUT_DATA; 0 when all of it is there. */
export async function run(env: NodeJS.ProcessEnv): Promise<number> {
  const connection = readConnection(env, requiredParam(env, "connection"));
  const output = portPath(env, "OUTPUT", "data");
  const started = performance.now();
  const { rows, bytes } = await withPostgres(connection, "tradewind pg_to_csv", async (client) => {
    // Reading only, so a query that would change something is refused; and texts of dates, numbers and bytes do not depend on
    // how the server was set up. The time zone stays the server's: the query may rely on it.
    await client.query(
      "begin read only; set local datestyle = 'ISO'; set local intervalstyle = 'postgres'; set local extra_float_digits = 3; set local bytea_output = 'hex'",
    );
    const copied = await copyOut(client, `copy (${await selection(client, env)}\n) to stdout (format csv, header)`, output);
    await client.query("commit");
    return copied;
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`extracted ${rows} rows (${bytes} bytes) from ${connection.id} in ${seconds} s\n`);
  return EXIT.success;
}

/** The query to copy: the user's own, or the one that `table`, `columns` and `where` make. */
async function selection(client: pg.Client, env: NodeJS.ProcessEnv): Promise<string> {
  const query = textParam(env, "query");
  const table = textParam(env, "table");
  if (query !== undefined && table !== undefined) throw new BuiltinFailure(EXIT.usage, "give either query or table, not both");
  if (query !== undefined) {
    for (const name of ["columns", "where"]) {
      if (textParam(env, name) !== undefined)
        throw new BuiltinFailure(EXIT.usage, `"${name}" goes with table; with query, write it in the query`);
    }
    return checked(client, withoutSemicolon(query), "query");
  }
  if (table === undefined) throw new BuiltinFailure(EXIT.usage, "give a query or a table to read");
  const columns = listParam(env, "columns");
  const name = readTableName(table);
  await findTable(client, table, name, columns ?? []);
  const where = textParam(env, "where");
  const text = `select ${columns ? columns.map(quoteName).join(", ") : "*"} from ${quoteTable(name)}${where ? `\nwhere (${where}\n)` : ""}`;
  return checked(client, text, where ? "where" : "table");
}

/** The text, when Postgres takes it as one statement that gives rows. */
async function checked(client: pg.Client, text: string, param: string): Promise<string> {
  let columns: readonly string[];
  try {
    columns = await describeQuery(client, text);
  } catch (error) {
    const { code, message, position, hint } = error as pg.DatabaseError;
    if (!/^(42|0A|22|26|3F)/.test(code ?? "")) throw error;
    const near = position ? ` at ${JSON.stringify(text.slice(Number(position) - 1, Number(position) + 39))}` : "";
    throw new BuiltinFailure(EXIT.badInput, `${param} is not valid: ${message}${near}${hint ? `. ${hint}` : ""}`, { cause: error });
  }
  if (columns.length === 0) throw new BuiltinFailure(EXIT.badInput, `${param} gives no columns: it must be one select`);
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined)
    throw new BuiltinFailure(
      EXIT.badInput,
      `${param} gives two columns "${twice}", which a CSV's header cannot tell apart; name one with "as"`,
    );
  return text;
}

/** Without the `;` at the end, and a comment after it, since the query goes inside `copy (…)`. */
function withoutSemicolon(query: string): string {
  let text = query.trimEnd();
  for (;;) {
    const shorter = text.replace(/;\s*(?:--[^\n'"$]*)?$/, "").trimEnd();
    if (shorter === text) return text;
    text = shorter;
  }
}
