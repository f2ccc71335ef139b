/** Offsets as lines and columns, which exist only where something is printed. */
import type { Span } from "../protocol/diagnostic.ts";

/** Both from 1; the column counts UTF-16 units, as editors do when they follow `file:line:col`. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** A text by its lines. */
export interface SourceText {
  position(offset: number): Position;
  /** Without its line break; `line` is from 1. */
  line(line: number): string;
}

export function createSourceText(text: string): SourceText {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const position = (offset: number): Position => {
    const wanted = Math.max(0, Math.min(offset, text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= wanted) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: wanted - (starts[low] ?? 0) + 1 };
  };
  const line = (number: number): string =>
    text.slice(starts[number - 1] ?? text.length, starts[number] ?? text.length).replace(/\r?\n$/, "");
  return { position, line };
}

/** Texts by file, for those who print spans; each is cut into lines once, when it is first needed. */
export interface SourceTexts {
  /** Undefined when the file is not there or is no text. */
  get(file: string): SourceText | undefined;
}

export function createSourceTexts(files: ReadonlyMap<string, unknown>): SourceTexts {
  const cut = new Map<string, SourceText>();
  return {
    get(file) {
      const known = cut.get(file);
      const text = files.get(file);
      if (known !== undefined || typeof text !== "string") return known;
      const made = createSourceText(text);
      cut.set(file, made);
      return made;
    },
  };
}

/** `pipelines/flights.yaml:12:14`; the file alone when it has no lines to count. */
export function showPlace(span: Span, texts: SourceTexts): string {
  const text = texts.get(span.file);
  if (text === undefined) return span.file;
  const { line, column } = text.position(span.start);
  return `${span.file}:${line}:${column}`;
}
