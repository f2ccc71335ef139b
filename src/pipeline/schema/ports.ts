/** Ports that an operator, or a task with a script of its own, declares. */
import { columnTypes, withoutColumns } from "../catalog/columns.ts";
import { aboutOutput } from "../catalog/manifest.ts";
import { matching, name, namedBy, oneOf, orNull, record, type Schema, text, when } from "./values.ts";
import type { Words } from "./words.ts";

/** A map by the names of what an operator has. */
export const names = (what: string, value: Schema) =>
  namedBy(`^${name}$`, `the name of a ${what}: letters, digits, _ and -, no digit first`, value);

/** What stands under `outputs`. */
export function outputsSchema(words: Words): Schema {
  const type = oneOf(words.types);
  return orNull(names("port", port(type, record(aboutOutput, { type, description: text, columns }))));
}

export const columns = orNull({ type: "object", additionalProperties: oneOf(columnTypes) });
/** As the compiler reads it: columns that say nothing may stand at any port. */
const table = String.raw`^(?!(.*\|)?\s*(${withoutColumns.join("|")})\s*(\|.*)?$)`;
const withColumns: Schema = { required: ["columns"], properties: { columns: { type: "object", minProperties: 1 } } };

/** A type alone, or a map with more. */
export function port(type: Schema, map: Schema): Schema {
  const tableOnly = when(withColumns, { properties: { type: matching(table, "a table, since it has columns: csv, tsv or parquet") } });
  return when({ type: "object" }, { ...map, ...tableOnly, required: ["type"] }, type);
}
