/** The CREATE TABLE that would take a CSV file: advice for somebody whose table does not exist yet. */
import type { CsvHead } from "./csv-file.ts";
import { quoteName } from "./table-name.ts";

const tests: readonly (readonly [type: string, fits: (text: string) => boolean])[] = [
  ["boolean", (text) => /^(?:true|false|t|f)$/i.test(text)],
  ["bigint", (text) => /^-?(?:0|[1-9]\d{0,17})$/.test(text)],
  ["double precision", (text) => /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) && !/^-?0\d/.test(text)],
  ["date", (text) => /^\d{4}-\d\d-\d\d$/.test(text)],
  ["timestamptz", (text) => /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d(?::?\d\d)?)$/.test(text)],
  ["timestamp", (text) => /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/.test(text)],
];

/** One statement; each column has the narrowest type that all its sampled values fit, `text` when there are none. */
export function fittingTable(quotedTable: string, head: CsvHead): string {
  const columns = head.header.map((name, index) => {
    const values = head.sample.map((record) => record[index]).filter((value): value is string => typeof value === "string");
    const type = values.length === 0 ? "text" : (tests.find(([, fits]) => values.every(fits))?.[0] ?? "text");
    return `${/^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteName(name)} ${type}`;
  });
  return `CREATE TABLE ${quotedTable} (${columns.join(", ")});`;
}
