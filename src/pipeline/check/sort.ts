/** Diagnostics as a reader wants them: each once, in the order of the files. */
import type { Diagnostic, Span } from "../../protocol/diagnostic.ts";

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

/** Stages see the same text once an environment, and say the same about it each time. */
export function inFileOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const meant = new Set(diagnostics.filter(({ severity }) => severity === "error").map(({ span }) => placeOf(span)));
  const once = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { code, message, span } = diagnostic;
    // What it is read as does not matter where it cannot stand anyway.
    if (code === "yaml-1.1" && meant.has(placeOf(span))) continue;
    const key = JSON.stringify([span.file, span.start, span.end, code, message]);
    if (!once.has(key)) once.set(key, diagnostic);
  }
  return [...once.values()].sort(
    (a, b) =>
      compare(a.span.file, b.span.file) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end ||
      compare(a.code, b.code) ||
      compare(a.message, b.message),
  );
}

/** What is said in some of `count` environments only, says in which. */
export function nameEnvironments(given: ReadonlyMap<string, readonly Diagnostic[]>, count: number): readonly Diagnostic[] {
  const byEnvironment = new Map([...given].map(([env, diagnostics]) => [env, withoutFollowing(diagnostics)]));
  const all = [...byEnvironment.values()].flat();
  if (count === 1) return all;
  const seen = new Map<string, string[]>();
  const keyOf = ({ code, span, message }: Diagnostic) => JSON.stringify([code, span, message]);
  for (const [env, diagnostics] of byEnvironment) {
    for (const key of new Set(diagnostics.map(keyOf))) seen.set(key, [...(seen.get(key) ?? []), env]);
  }
  const everywhere = new Map<string, Set<string>>();
  for (const [env, diagnostics] of byEnvironment) {
    for (const { code, span } of diagnostics) {
      const key = code + placeOf(span);
      everywhere.set(key, (everywhere.get(key) ?? new Set()).add(env));
    }
  }
  return all.map((one) => {
    const known = everywhere.get(one.code + placeOf(one.span))?.size !== count;
    const diagnostic = known ? withoutGuess(one) : one;
    const envs = seen.get(keyOf(diagnostic)) ?? [];
    if (envs.length === count) return diagnostic;
    const message = `in environment ${envs.map((env) => `\`${env}\``).join(", ")} only`;
    return { ...diagnostic, notes: [...diagnostic.notes, { message }] };
  });
}

const aboutValues = /^invalid-|^unknown-(flavor|image|operator|preset|task)$/;

/** Where a setting does not exist there is no value to find fault with. */
function withoutFollowing(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const unknown = new Set(diagnostics.filter(({ code }) => code === "unknown-setting").map(({ span }) => placeOf(span)));
  return unknown.size === 0 ? diagnostics : diagnostics.filter(({ code, span }) => !aboutValues.test(code) || !unknown.has(placeOf(span)));
}

/** A name that some environment knows is no slip; what one environment's own file says is read in no other. */
function withoutGuess(diagnostic: Diagnostic): Diagnostic {
  const { fix, ...rest } = diagnostic;
  const guessed = fix?.edits.some(({ replaces, span }) => replaces !== undefined && !/(^|\/)env\/[^/]+$/.test(span.file));
  return guessed ? rest : diagnostic;
}

function placeOf({ file, start, end }: Span): string {
  return JSON.stringify([file, start, end]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
