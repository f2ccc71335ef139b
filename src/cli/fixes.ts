/** Fixes of diagnostics, applied to texts. */
import type { Fix } from "../protocol/diagnostic.ts";

export interface FixedTexts {
  /** Only the texts that changed. */
  readonly texts: ReadonlyMap<string, string>;
  /** Number of fixes that were applied, equal ones counted once. */
  readonly applied: number;
}

/**
 * Each fix is applied whole or not at all: one that overlaps an earlier one, or whose text is not there, is left for the next time.
 * The same fix, reported once for each environment, is applied once.
 */
export function applyFixes(fixes: readonly Fix[], texts: ReadonlyMap<string, unknown>): FixedTexts {
  const taken = new Map<string, { start: number; end: number; text: string }[]>();
  const seen = new Set<string>();
  for (const { edits } of fixes) {
    const identity = JSON.stringify(edits);
    if (seen.has(identity)) continue;
    const fits = edits.every(({ span }) => {
      const text = texts.get(span.file);
      const inside = typeof text === "string" && span.start >= 0 && span.start <= span.end && span.end <= text.length;
      return inside && !(taken.get(span.file) ?? []).some((other) => span.start <= other.end && other.start <= span.end);
    });
    if (!fits) continue;
    seen.add(identity);
    for (const { span, text } of edits) taken.set(span.file, [...(taken.get(span.file) ?? []), { start: span.start, end: span.end, text }]);
  }
  const changed = new Map<string, string>();
  for (const [file, edits] of taken) {
    let text = String(texts.get(file));
    for (const edit of edits.toSorted((a, b) => b.start - a.start)) text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
    if (text !== texts.get(file)) changed.set(file, text);
  }
  return { texts: changed, applied: seen.size };
}
