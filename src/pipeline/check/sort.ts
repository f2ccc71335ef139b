/** Diagnostics as a reader wants them: each once, in the order of the files. */
import type { Diagnostic } from "../../protocol/diagnostic.ts";

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

/** Stages see the same text once an environment, and say the same about it each time. */
export function inFileOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const once = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { code, message, span } = diagnostic;
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
export function nameEnvironments(byEnvironment: ReadonlyMap<string, readonly Diagnostic[]>, count: number): readonly Diagnostic[] {
  const all = [...byEnvironment.values()].flat();
  if (count === 1) return all;
  const seen = new Map<string, string[]>();
  const keyOf = ({ code, span, message }: Diagnostic) => JSON.stringify([code, span, message]);
  for (const [env, diagnostics] of byEnvironment) {
    for (const key of new Set(diagnostics.map(keyOf))) seen.set(key, [...(seen.get(key) ?? []), env]);
  }
  return all.map((diagnostic) => {
    const envs = seen.get(keyOf(diagnostic)) ?? [];
    if (envs.length === count) return diagnostic;
    const message = `in environment ${envs.map((env) => `\`${env}\``).join(", ")} only`;
    return { ...diagnostic, notes: [...diagnostic.notes, { message }] };
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
