/** A Python exception as a value's own code raises it, without a place; the renderer adds the place and makes a TemplateError of it. */
export type PythonErrorKind =
  | "TypeError"
  | "ValueError"
  | "KeyError"
  | "IndexError"
  | "AttributeError"
  | "ZeroDivisionError"
  | "OverflowError"
  | "UndefinedError"
  | "SecurityError"
  | "FilterArgumentError"
  | "AssertionError"
  /** The template asks for more than a local run gives: time, memory, the clock, what only a server knows. */
  | "Refused";

export class PythonError extends Error {
  readonly kind: PythonErrorKind;
  constructor(kind: PythonErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Throws a PythonError; for use in expressions. */
export function raise(kind: PythonErrorKind, message: string): never {
  throw new PythonError(kind, message);
}
