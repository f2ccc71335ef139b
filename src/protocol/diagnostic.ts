/** A user's mistake as a value. Offsets live here; line and column exist only where a diagnostic is printed. */

export type Severity = "error" | "warning" | "info";

/** Half-open range of UTF-16 offsets into the text of `file` (a path relative to the workspace, `/` between segments). */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** What a reader needs besides the message: the other end of a broken reference, or what to do. */
export interface Note {
  readonly message: string;
  readonly span?: Span;
}

/** Replace the text of `span` by `text`; an empty span inserts. */
export interface TextEdit {
  readonly span: Span;
  readonly text: string;
  /** Of a guess at a name: what stands there. The edit is for exactly that, and for nothing that an alias or a setting brings. */
  readonly replaces?: string;
}

/** A repair that is safe to apply without asking; edits do not overlap. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

/**
 * `code` is kebab-case, has a section in docs/diagnostics.md and a golden case in test/cases.
 * `message` names the thing, what was expected and the nearest name; it fits one line.
 */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly span: Span;
  readonly notes: readonly Note[];
  readonly fix?: Fix;
}
