/** Diagnostics for a person's terminal, for programs (json) and for GitLab's merge requests (gitlab). */
import { createHash } from "node:crypto";
import type { Diagnostic, Severity, Span } from "../protocol/diagnostic.ts";
import type { SourceTexts } from "./source-text.ts";
import { showPlace } from "./source-text.ts";
import { columnsOf, createPaint, type Paint, type Style, visible } from "./terminal.ts";

export interface TerminalStyle {
  readonly color: boolean;
  /** Columns; long source lines are cut around what is underlined. */
  readonly width: number;
}

const severityStyle: Readonly<Record<Severity, Style>> = { error: "red", warning: "yellow", info: "blue" };

/**
 *     pipelines/flights.yaml:12:14: error: task `load.to_dwh` needs `inference.scor`, which does not exist [unknown-task]
 *        12 |       needs: [inference.scor]
 *           |               ^^^^^^^^^^^^^^
 *           note: …
 */
export function renderForTerminal(diagnostics: readonly Diagnostic[], texts: SourceTexts, style: TerminalStyle): string {
  const paint = createPaint(style.color);
  return diagnostics.map((diagnostic) => `${renderOne(diagnostic, texts, style.width, paint).join("\n")}\n`).join("\n");
}

function renderOne(diagnostic: Diagnostic, texts: SourceTexts, width: number, paint: Paint): string[] {
  const { severity, message, code, span, notes, fix } = diagnostic;
  const place = paint("bold", visible(showPlace(span, texts)));
  const gutter = gutterOf([span, ...notes.flatMap((note) => note.span ?? [])], texts);
  const indent = " ".repeat(gutter + 3);
  const lines = [`${place}: ${paint(severityStyle[severity], severity)}: ${visible(message)} ${paint("dim", `[${code}]`)}`];
  lines.push(...snippet(span, texts, gutter, width, paint, severityStyle[severity]));
  for (const note of notes) {
    lines.push(
      `${indent}${paint("cyan", "note")}: ${visible(note.message)}${note.span === undefined ? "" : ` (${visible(showPlace(note.span, texts))})`}`,
    );
    if (note.span !== undefined) lines.push(...snippet(note.span, texts, gutter, width, paint, "cyan"));
  }
  if (fix !== undefined) lines.push(`${indent}${paint("green", "fix")}: ${visible(fix.title)} (tradewind check --fix)`);
  return lines;
}

/** Digits of the highest line number shown, at least three, so that snippets stand in line. */
function gutterOf(spans: readonly Span[], texts: SourceTexts): number {
  return Math.max(3, ...spans.map((span) => String(texts.get(span.file)?.position(span.start).line ?? 1).length));
}

function snippet(span: Span, texts: SourceTexts, gutter: number, width: number, paint: Paint, style: Style): string[] {
  const text = texts.get(span.file);
  if (text === undefined) return [];
  const start = text.position(span.start);
  const end = text.position(Math.max(span.end, span.start));
  const source = text.line(start.line);
  if (source.trim() === "") return [];
  const from = Math.min(start.column - 1, source.length);
  const to = end.line === start.line ? Math.max(from, end.column - 1) : source.trimEnd().length;
  const shown = window(source, from, Math.min(Math.max(to, from), source.length), Math.max(20, width - gutter - 4));
  const mark = "^".repeat(Math.max(1, columnsOf(shown.marked)));
  const more = end.line > start.line ? "…" : "";
  return [
    `${paint("dim", `${String(start.line).padStart(gutter)} |`)} ${shown.before}${shown.marked}${shown.after}`,
    `${" ".repeat(gutter)} ${paint("dim", "|")} ${" ".repeat(columnsOf(shown.before))}${paint(style, mark + more)}`,
  ];
}

interface Window {
  readonly before: string;
  readonly marked: string;
  readonly after: string;
}

/** A line, cut to `width` columns so that the beginning of what is marked is in it; a cut is an ellipsis. */
function window(source: string, from: number, to: number, width: number): Window {
  // Never work on more than could be shown: a line may be megabytes long.
  const farLeft = Math.max(0, from - width);
  let before = drawable(source.slice(farLeft, from));
  let marked = drawable(source.slice(from, Math.min(to, from + width)));
  let after = drawable(source.slice(to, to + width));
  const cutLeft = farLeft > 0 || columnsOf(before) > width / 2;
  if (cutLeft && columnsOf(before) + columnsOf(marked) + columnsOf(after) > width) {
    const room = Math.max(8, Math.min(Math.floor(width / 2), width - columnsOf(marked) - 10));
    before = `…${keepEnd(before, room - 1)}`;
  }
  const roomForMark = width - columnsOf(before);
  if (columnsOf(marked) > roomForMark) {
    marked = keepStart(marked, roomForMark - 1);
    after = "…";
  } else if (columnsOf(after) > roomForMark - columnsOf(marked)) {
    after = `${keepStart(after, roomForMark - columnsOf(marked) - 1)}…`;
  }
  return { before, marked, after: after.trimEnd() };
}

function drawable(text: string): string {
  return visible(text.replaceAll("\t", "    "));
}

function keepStart(text: string, columns: number): string {
  let kept = "";
  let used = 0;
  for (const char of text) {
    used += columnsOf(char);
    if (used > columns) break;
    kept += char;
  }
  return kept;
}

function keepEnd(text: string, columns: number): string {
  return [...keepStart([...text].reverse().join(""), columns)].reverse().join("");
}

/** `2 errors, 1 warning`; `no problems` when there are none. */
export function countText(diagnostics: readonly Diagnostic[]): string {
  const parts = (["error", "warning", "info"] as const).flatMap((severity) => {
    const count = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity === "info" ? "remark" : severity}${count === 1 ? "" : "s"}`];
  });
  return parts.length === 0 ? "no problems" : parts.join(", ");
}

/** A place for programs: lines and columns from 1, offsets of UTF-16 units. */
function placeOf(span: Span, texts: SourceTexts) {
  const text = texts.get(span.file);
  const start = text?.position(span.start) ?? { line: 1, column: 1 };
  const end = text?.position(span.end) ?? start;
  return {
    file: span.file,
    line: start.line,
    column: start.column,
    end_line: end.line,
    end_column: end.column,
    start: span.start,
    end: span.end,
  };
}

/** Plain data of a diagnostic, for `--format json`. */
export function diagnosticData(diagnostic: Diagnostic, texts: SourceTexts) {
  const { code, severity, message, span, notes, fix } = diagnostic;
  return {
    code,
    severity,
    message,
    ...placeOf(span, texts),
    notes: notes.map((note) => ({ message: note.message, ...(note.span === undefined ? {} : placeOf(note.span, texts)) })),
    ...(fix === undefined
      ? {}
      : { fix: { title: fix.title, edits: fix.edits.map((edit) => ({ ...placeOf(edit.span, texts), text: edit.text })) } }),
  };
}

/** One entry of GitLab's Code Quality report (docs.gitlab.com, "Code Quality report format"). */
export interface GitlabIssue {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: "info" | "minor" | "major" | "critical" | "blocker";
  readonly location: { readonly path: string; readonly lines: { readonly begin: number; readonly end: number } };
}

/**
 * GitLab's report. `prefix` leads from the repository's root to the workspace. A fingerprint says what is wrong and in which line's
 * text, not at which number, so that an edit above neither resolves nor opens anything in a merge request.
 */
export function gitlabReport(diagnostics: readonly Diagnostic[], texts: SourceTexts, prefix: string): GitlabIssue[] {
  const seen = new Map<string, number>();
  const severities = { error: "major", warning: "minor", info: "info" } as const;
  return diagnostics.map((diagnostic) => {
    const place = placeOf(diagnostic.span, texts);
    const path = prefix === "" ? place.file : `${prefix}/${place.file}`;
    const line = texts.get(place.file)?.line(place.line).trim() ?? "";
    const identity = JSON.stringify([diagnostic.code, path, diagnostic.message, line]);
    const count = seen.get(identity) ?? 0;
    seen.set(identity, count + 1);
    return {
      description: diagnostic.message,
      check_name: diagnostic.code,
      fingerprint: createHash("sha256").update(`${identity}${count}`).digest("hex"),
      severity: severities[diagnostic.severity],
      location: { path, lines: { begin: place.line, end: place.end_line } },
    };
  });
}
