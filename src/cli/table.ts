/** Columns for a person: as wide as what is in them, figures to the right. */
import { columnsOf, pad } from "./terminal.ts";

/** `right`: indices of the columns whose cells end together. */
export function alignColumns(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    rows.reduce((widest, row) => Math.max(widest, columnsOf(row[column] ?? "")), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right.has(column) ? " ".repeat(Math.max(0, width - columnsOf(cell))) + cell : pad(cell, width);
      })
      .join("  ")
      .trimEnd(),
  );
}
