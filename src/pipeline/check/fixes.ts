/** Fixes of diagnostics: put in their places, applied to texts, and held against what the compiler says then. */
import type { Diagnostic, Fix, TextEdit } from "../../protocol/diagnostic.ts";

type Texts = ReadonlyMap<string, unknown>;

/** Every edit exactly where the text stands that it is for. A fix whose text is not there (an alias or a setting brings it) is dropped. */
export function placeFixes(diagnostics: readonly Diagnostic[], texts: Texts): readonly Diagnostic[] {
  return diagnostics.map((diagnostic) => {
    const { fix, ...rest } = diagnostic;
    if (fix === undefined || fix.edits.every(({ replaces }) => replaces === undefined)) return diagnostic;
    const edits = fix.edits.map((edit) => placeEdit(edit, texts.get(edit.span.file)));
    const placed = edits.filter((edit) => edit !== undefined);
    return placed.length < edits.length ? rest : { ...rest, fix: { ...fix, edits: placed } };
  });
}

function placeEdit({ span, text, replaces }: TextEdit, file: unknown): TextEdit | undefined {
  if (replaces === undefined) return { span, text };
  if (typeof file !== "string") return undefined;
  const written = file.slice(span.start, span.end);
  if (written === replaces || (replaces.startsWith('"') && written === `'${replaces.slice(1, -1)}'`)) return { span, text };
  const quoted = written === `"${replaces}"` || written === `'${replaces}'`;
  const at = quoted ? 1 : replaces.startsWith("${") ? written.indexOf(replaces) : -1;
  if (at < 0 || written.includes(replaces, at + 1)) return undefined;
  return { span: { ...span, start: span.start + at, end: span.start + at + replaces.length }, text };
}

export interface FixedTexts {
  /** Only the texts that changed. */
  readonly texts: ReadonlyMap<string, string>;
  readonly applied: readonly Fix[];
}

/** Each fix is applied whole or not at all; one that overlaps an earlier one, or whose text is not there, is left out. */
export function applyFixes(fixes: readonly Fix[], texts: Texts): FixedTexts {
  const taken = new Map<string, { start: number; end: number; text: string }[]>();
  const applied = new Map<string, Fix>();
  for (const fix of fixes) {
    const identity = identityOf(fix);
    if (applied.has(identity)) continue;
    const fits = fix.edits.every(({ span }) => {
      const text = texts.get(span.file);
      const inside = typeof text === "string" && span.start >= 0 && span.start <= span.end && span.end <= text.length;
      return inside && !(taken.get(span.file) ?? []).some((other) => span.start <= other.end && other.start <= span.end);
    });
    if (!fits) continue;
    applied.set(identity, fix);
    for (const { span, text } of fix.edits)
      taken.set(span.file, [...(taken.get(span.file) ?? []), { start: span.start, end: span.end, text }]);
  }
  const changed = new Map<string, string>();
  for (const [file, edits] of taken) {
    let text = String(texts.get(file));
    for (const edit of edits.toSorted((a, b) => b.start - a.start)) text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
    if (text !== texts.get(file)) changed.set(file, text);
  }
  return { texts: changed, applied: [...applied.values()] };
}

/** Reported once for each environment, it is one fix. */
function identityOf({ edits }: Fix): string {
  return JSON.stringify(edits);
}

export interface Repaired {
  /** Only the texts that changed. */
  readonly texts: ReadonlyMap<string, string>;
  /** Number of mistakes that are gone. */
  readonly repaired: number;
}

/** A fix may show what could not be seen before; more often than this nothing new is found. */
const mostRounds = 10;

/**
 * Applies the fixes of `wanted` diagnostics that hold what they promise: with them `check` says less than before, and nothing new. What
 * makes a broken text readable may show faults that it hid. A fix that does not hold is left out. Nothing more can be done to the result.
 */
export function repair(texts: Texts, check: (texts: Texts) => readonly Diagnostic[], wanted: (one: Diagnostic) => boolean): Repaired {
  const changed = new Map<string, string>();
  const refused = new Set<string>();
  let now = texts;
  let found = check(texts);
  let repaired = 0;
  for (let round = 0; round < mostRounds; round += 1) {
    const offered = found.filter((one) => one.fix !== undefined && wanted(one) && !refused.has(identityOf(one.fix)));
    const broken = offered.filter(isSyntax);
    const fixes = uniqueFixes(broken.length > 0 ? broken : offered);
    if (fixes.length === 0) break;
    const base = now;
    const before = found;
    let accepted: readonly Fix[] = [];
    const attempt = (list: readonly Fix[]): void => {
      const candidate = applyFixes([...accepted, ...list], base);
      const after = check(new Map([...base, ...candidate.texts]));
      if (candidate.applied.length > accepted.length && isBetter(before, after, broken)) {
        accepted = candidate.applied;
        found = after;
        now = new Map([...base, ...candidate.texts]);
        for (const [file, text] of candidate.texts) changed.set(file, text);
      } else if (list.length === 1) for (const fix of list) refused.add(identityOf(fix));
      else {
        const middle = Math.ceil(list.length / 2);
        attempt(list.slice(0, middle));
        attempt(list.slice(middle));
      }
    };
    attempt(fixes);
    if (accepted.length === 0) continue;
    repaired += accepted.length;
    refused.clear(); // their places are others now
  }
  return { texts: changed, repaired };
}

function uniqueFixes(diagnostics: readonly Diagnostic[]): readonly Fix[] {
  return [...new Map(diagnostics.flatMap(({ fix }) => (fix ? [[identityOf(fix), fix] as const] : []))).values()];
}

/** The text cannot be read while it is there. */
function isSyntax({ code, severity }: Diagnostic): boolean {
  return severity === "error" && (code.startsWith("yaml-") || code === "unquoted-template");
}

function isBetter(before: readonly Diagnostic[], after: readonly Diagnostic[], broken: readonly Diagnostic[]): boolean {
  if (broken.length > 0) {
    const files = new Set(broken.map(({ span }) => span.file));
    const count = (list: readonly Diagnostic[]) => list.filter((one) => isSyntax(one) && files.has(one.span.file)).length;
    return count(after) < count(before);
  }
  const left = new Map<string, number>();
  for (const one of before) left.set(keyOf(one), (left.get(keyOf(one)) ?? 0) + 1);
  for (const one of after) {
    const count = left.get(keyOf(one)) ?? 0;
    if (count === 0) return false;
    left.set(keyOf(one), count - 1);
  }
  return after.length < before.length;
}

/** Without its place, which an edit before it moves. */
function keyOf({ code, message, span }: Diagnostic): string {
  return JSON.stringify([code, message, span.file]);
}
