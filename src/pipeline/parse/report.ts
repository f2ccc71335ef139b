/** How a stage says that something is wrong, and goes on. */
import type { Diagnostic, Fix, Note, Span } from "../../protocol/diagnostic.ts";
import { nearestSlip } from "../../protocol/suggest.ts";
import { type Code, codes } from "../codes.ts";

export interface More {
  readonly notes?: readonly Note[];
  readonly fix?: Fix;
}

export type Report = (code: Code, span: Span, message: string, more?: More) => void;

/** Beyond this a file is not one that a person wrote, and nobody reads on. */
const mostDiagnostics = 1_000;

/** A Report that appends to `diagnostics`, up to a thousand; an error is never lost behind warnings alone. */
export function reportTo(diagnostics: Diagnostic[]): Report {
  return (code, span, message, more = {}) => {
    const full = diagnostics.length >= mostDiagnostics;
    if (full && (codes[code] !== "error" || diagnostics.some(({ severity }) => severity === "error"))) return;
    const { notes = [], fix } = more;
    const lines = notes.map((note) => ({ ...note, message: oneLine(note.message) }));
    diagnostics.push({ code, severity: codes[code], message: oneLine(message), span, notes: lines, ...(fix ? { fix } : {}) });
  };
}

/** Names come from the file and may hold anything; a message stays one line that a person can read. */
function oneLine(message: string): string {
  const short = message.length > 600 ? `${message.slice(0, 599)}…` : message;
  return short.replace(/[\p{Cc}\p{Surrogate}\u2028\u2029]/gu, (char) => JSON.stringify(char).slice(1, -1));
}

/** "; did you mean `x`?" or nothing: the tail of a message about a name that does not exist. */
export function didYouMean(candidate: string | undefined): string {
  return candidate === undefined ? "" : `; did you mean \`${candidate}\`?`;
}

/** What to report beside an unknown name: how to write it, when it is a slip of exactly one of the names. */
export function slipOf(
  name: string,
  names: Iterable<string>,
  span: Span,
  whole: (name: string) => string = (one) => one,
): Pick<More, "fix"> {
  const right = nearestSlip(name, names);
  return right === undefined ? {} : renameTo(whole(right), whole(name), span);
}

/** A fix that writes `right` where `wrong` stands in `span`. */
export function renameTo(right: string, wrong: string, span: Span): Pick<More, "fix"> {
  return { fix: { title: `write ${right}`, edits: [{ span, text: right, replaces: wrong }] } };
}

/** The start of what a user wrote, on one line, for use inside a message. */
export function quote(text: string): string {
  const line = JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text).slice(1, -1);
  return `\`${line.replaceAll('\\"', '"')}\``;
}
