/** Names in SQL. A name is taken exactly as it is written: `Sales.Daily` is not `sales.daily`. */
import { EXIT } from "../../protocol/exit.ts";
import { BuiltinFailure } from "./failure.ts";

/** `"` around, `"` within doubled. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `schema.table` or `table`; a part that holds a dot is written in double quotes, as in SQL. */
export function readTableName(text: string): { readonly schema?: string; readonly table: string } {
  const part = /\s*(?:"((?:[^"]|"")+)"|([^".\s][^".]*?))\s*(\.|$)/y;
  const parts: string[] = [];
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (!found) break;
    parts.push((found[1]?.replaceAll('""', '"') ?? found[2]) as string);
    if (found[3] === "" && part.lastIndex === text.length) {
      const [first, second] = parts;
      if (parts.length === 1 && first !== undefined) return { table: first };
      if (parts.length === 2 && first !== undefined && second !== undefined) return { schema: first, table: second };
      break;
    }
  }
  throw new BuiltinFailure(
    EXIT.badInput,
    `"${text}" is not the name of a table: write table or schema.table, a part with a dot in double quotes`,
  );
}

/** The name as SQL has it. */
export function quoteTable(name: { readonly schema?: string; readonly table: string }): string {
  return name.schema === undefined ? quoteName(name.table) : `${quoteName(name.schema)}.${quoteName(name.table)}`;
}
