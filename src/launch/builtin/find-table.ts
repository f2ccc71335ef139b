/** A table and its columns, or a message that names the nearest. */
import type pg from "pg";
import { EXIT } from "../../protocol/exit.ts";
import { didYouMean } from "../../protocol/suggest.ts";
import { BuiltinFailure } from "./failure.ts";
import { quoteTable } from "./table-name.ts";

export interface Table {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
}

/**
 * The table (or view) of that name as the server's search path finds it, with `columns` among its own. `written` is the name as the
 * author wrote it; `advice` says what to do when there is no such table.
 */
export async function findTable(
  client: pg.Client,
  written: string,
  name: { readonly schema?: string; readonly table: string },
  columns: readonly string[],
  advice: () => Promise<string> | string = () => "",
): Promise<Table> {
  const found = await client.query<{ oid: number; schema: string; name: string }>(
    `select c.oid::int8::int as oid, n.nspname as schema, c.relname as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.oid = to_regclass($1)`,
    [quoteTable(name)],
  );
  const table = found.rows[0];
  if (table === undefined) throw await missing(client, written, name, await advice());
  const listed = await client.query<{ name: string }>(
    "select attname as name from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped order by attnum",
    [table.oid],
  );
  const own = listed.rows.map((row) => row.name);
  for (const column of columns) if (!own.includes(column)) throw unknownColumn(written, column, own);
  return { ...table, columns: own };
}

/** A column that the table does not have. */
export function unknownColumn(table: string, column: string, own: readonly string[]): BuiltinFailure {
  const have = own.length > 30 ? `${own.slice(0, 30).join(", ")}, …` : own.join(", ");
  return new BuiltinFailure(EXIT.badInput, `table ${table} has no column "${column}"${didYouMean(column, own)} (it has: ${have})`);
}

async function missing(
  client: pg.Client,
  written: string,
  name: { readonly schema?: string; readonly table: string },
  advice: string,
): Promise<BuiltinFailure> {
  const { rows } = await client.query<{ schema: string; table: string; visible: boolean }>(
    `select n.nspname as schema, c.relname as table, pg_table_is_visible(c.oid) as visible
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
      limit 5000`,
  );
  const names = rows.flatMap((row) => [`${row.schema}.${row.table}`, ...(row.visible ? [row.table] : [])]);
  const elsewhere = rows.find((row) => row.table === name.table && row.schema !== name.schema);
  const tail = didYouMean(written, names) || (elsewhere ? `; did you mean "${elsewhere.schema}.${elsewhere.table}"?` : "");
  if (name.schema !== undefined) {
    const schemas = await client.query<{ name: string }>("select nspname as name from pg_namespace");
    const known = schemas.rows.map((row) => row.name);
    if (!known.includes(name.schema)) {
      const near = didYouMean(name.schema, known) || tail;
      return new BuiltinFailure(EXIT.badInput, `table ${written} does not exist, nor does the schema "${name.schema}"${near}${advice}`);
    }
  }
  return new BuiltinFailure(EXIT.badInput, `table ${written} does not exist${tail}${advice}`);
}
