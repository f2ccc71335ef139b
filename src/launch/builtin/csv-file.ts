/** The beginning of a CSV file: its header and a few records. Whole files are read by Postgres, never here. */
import { open } from "node:fs/promises";
import { EXIT } from "../../protocol/exit.ts";
import { BuiltinFailure } from "./failure.ts";

export interface CsvHead {
  readonly header: readonly string[];
  /** Complete records after the header, as far as the first 64 KB hold them; null is an empty field without quotes. */
  readonly sample: readonly (readonly (string | null)[])[];
  /** Bytes before the header: a byte order mark. */
  readonly start: number;
}

const sampleBytes = 1 << 16;
const headerBytes = 1 << 20;

/** Reads the header; a BuiltinFailure when there is none, or a name is empty or there twice. */
export async function readCsvHead(path: string): Promise<CsvHead> {
  const bytes = await readStart(path, headerBytes);
  const start = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  const whole = bytes.length < headerBytes;
  const text = bytes.subarray(start, start + headerBytes).toString("utf8");
  const records = parseRecords(text, whole, sampleBytes);
  const first = records[0];
  if (first === undefined || text.trim() === "") {
    const why = text.trim() === "" ? "is empty" : "has no end of its header within 1 MB";
    throw new BuiltinFailure(EXIT.badInput, `the input file ${why}: a CSV file begins with a line of column names`);
  }
  const header = first.map((name) => name ?? "");
  const unnamed = header.indexOf("");
  if (unnamed >= 0)
    throw new BuiltinFailure(
      EXIT.badInput,
      `column ${unnamed + 1} of the input file has no name in its header (an index column, perhaps?)`,
    );
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined) throw new BuiltinFailure(EXIT.badInput, `the header of the input file names "${twice}" twice`);
  return { header, sample: records.slice(1, 1001), start };
}

async function readStart(path: string, length: number): Promise<Buffer> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw new BuiltinFailure(EXIT.missingInput, `the input file cannot be read: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Complete records at the start of `text`: the first always, others while they begin before `limit`. */
function parseRecords(text: string, whole: boolean, limit: number): (string | null)[][] {
  const records: (string | null)[][] = [];
  const field = /(?:"((?:[^"]|"")*)"([^,\r\n]*)|([^,\r\n]*))(,|\r\n|\n|\r|$)/y;
  let record: (string | null)[] = [];
  while (field.lastIndex < text.length || record.length > 0) {
    const found = field.exec(text);
    if (!found) break;
    const [, quoted, rest = "", plain = "", end] = found;
    record.push(quoted === undefined ? plain || null : quoted.replaceAll('""', '"') + rest);
    if (end === ",") continue;
    if (end === "" && !whole) break;
    records.push(record);
    record = [];
    if (end === "" || field.lastIndex > limit) break;
  }
  return records;
}
