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

/** What is said in some environments only, says in which. */
export function nameEnvironments(byEnvironment: ReadonlyMap<string, readonly Diagnostic[]>): readonly Diagnostic[] {
  if (byEnvironment.size === 1) return [...byEnvironment.values()].flat();
  const seen = new Map<string, string[]>();
  const keyOf = ({ code, span, message }: Diagnostic) => JSON.stringify([code, span, message]);
  for (const [env, diagnostics] of byEnvironment) {
    for (const key of new Set(diagnostics.map(keyOf))) seen.set(key, [...(seen.get(key) ?? []), env]);
  }
  return [...byEnvironment.values()].flat().map((diagnostic) => {
    const envs = seen.get(keyOf(diagnostic)) ?? [];
    if (envs.length === byEnvironment.size) return diagnostic;
    const message = `in environment ${envs.map((env) => `\`${env}\``).join(", ")} only`;
    return { ...diagnostic, notes: [...diagnostic.notes, { message }] };
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
