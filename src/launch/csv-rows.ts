/** Counts the records of a CSV as it streams by. */

const quote = 34;
const newline = 10;
const carriageReturn = 13;
/** `,` `;` tab `|`: after one of them, and at the start of a line, a quote opens a field. */
const delimiters = new Set([44, 59, 9, 124]);

export interface RowCounter {
  add(chunk: Uint8Array): void;
  /** Data rows: records less the header; 0 for an empty file. Blank lines are no records. */
  rows(): number;
}

export function createRowCounter(): RowCounter {
  let records = 0;
  let quoted = false;
  let blank = true;
  let previous = newline;
  return {
    add(chunk) {
      for (let i = 0; i < chunk.length; i++) {
        const byte = chunk[i] as number;
        if (byte === quote) {
          // Within a field `""` closes and opens again.
          if (quoted) quoted = false;
          else if (previous === quote ? !blank : previous === newline || delimiters.has(previous)) quoted = true;
          blank = false;
        } else if (quoted) {
          // Anything goes.
        } else if (byte === newline) {
          if (!blank) records++;
          blank = true;
        } else if (byte !== carriageReturn) {
          blank = false;
        }
        previous = byte;
      }
    },
    rows() {
      return Math.max(0, records + (blank ? 0 : 1) - 1);
    },
  };
}
