/** The columns of a port's table, which an operator may declare. They are for checks and editors alone: nothing that runs knows of them. */
import type { Span } from "../../protocol/diagnostic.ts";
import { type Entry, isNull } from "../parse/node.ts";
import { oneOf, readMap } from "../parse/read.ts";
import { quote, type Report } from "../parse/report.ts";
import { builtinTypes } from "../settings/types.ts";

export const columnTypes = ["string", "integer", "number", "boolean", "date", "datetime"] as const;
export type ColumnType = (typeof columnTypes)[number];

export interface Column {
  /** Undefined when it could not be read: then every type fits. */
  readonly type: ColumnType | undefined;
  readonly span: Span;
}

/** By name, in the order of the manifest. */
export type Columns = ReadonlyMap<string, Column>;

const tables = ["csv", "tsv", "parquet"];

/** Kinds of file that have no columns. Those that settings add may be tables: that is for the team to know. */
export const withoutColumns: readonly string[] = [...builtinTypes.keys(), "any"].filter((type) => !tables.includes(type));

/** Undefined when nothing is said of the columns. `label` names the port, `types` are those of its files. */
export function readColumns(entry: Entry, types: readonly string[], label: string, report: Report): Columns | undefined {
  if (isNull(entry.value)) return undefined;
  const map = readMap(entry.value, `\`columns\` of ${label}`, report);
  if (map === undefined || map.entries.length === 0) return undefined;
  const other = types.find((type) => withoutColumns.includes(type));
  if (other !== undefined) {
    report("invalid-value", entry.keySpan, `\`columns\` of ${label} are for tables (${tables.join(", ")}), and ${quote(other)} is none`);
    return undefined;
  }
  return new Map(
    map.entries.map(({ key, keySpan, value }) => {
      const type = oneOf(columnTypes)(value, `column ${quote(key)} of ${label}`, report);
      return [key, { type, span: keySpan }];
    }),
  );
}

/** `dep_delay number, carrier string`. */
export function listColumns(columns: Columns): string {
  return [...columns].map(([name, { type }]) => (type === undefined ? name : `${name} ${type}`)).join(", ");
}
