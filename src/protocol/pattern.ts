/** `pattern` of a schema: a search, as JSON Schema has it. */

/** Why a pattern could not be used. */
export interface PatternProblem {
  readonly problem: string;
}

/** Whether `text` holds a match of `pattern` (ECMAScript, unicode mode). */
export function matchesPattern(pattern: string, text: string): boolean | PatternProblem {
  if (pattern.length > 1_000) return { problem: "its pattern is longer than 1000 characters" };
  if (text.length > 10_000) return { problem: "text longer than 10000 characters is not compared with a pattern" };
  try {
    return new RegExp(pattern, "u").test(text);
  } catch (error) {
    return { problem: `its pattern is not a regular expression (${error instanceof Error ? error.message : String(error)})` };
  }
}
