/** Diagnostics as plain lines, for golden files and logs: `file:line:col severity[code] message`, its notes indented below. */
import type { Diagnostic, Span } from "../protocol/diagnostic.ts";
import type { Unreadable } from "./sources.ts";

export function printDiagnostics(diagnostics: readonly Diagnostic[], files: ReadonlyMap<string, string | Unreadable>): string {
  const place = (span: Span) => printPlace(span, files.get(span.file));
  const lines = diagnostics.flatMap(({ code, severity, message, span, notes, fix }) => [
    `${place(span)} ${severity}[${code}] ${message}`,
    ...notes.map((note) => `    ${note.span ? `${place(note.span)} ` : ""}note: ${note.message}`),
    ...(fix ? [`    fix: ${fix.title}`] : []),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}

/** Line and UTF-16 column, both from 1. */
function printPlace({ file, start }: Span, text: string | Unreadable | undefined): string {
  if (typeof text !== "string") return file;
  const before = text.slice(0, start);
  const line = before.split("\n").length;
  return `${file}:${line}:${start - before.lastIndexOf("\n")}`;
}
