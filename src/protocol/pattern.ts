/**
 * `pattern` of a schema: a search for a regular expression (ECMAScript, as JSON Schema has it) in time proportional to the text.
 * The platform's own engine backtracks, so that `^(a+)+$` and thirty letters would hang a check for minutes; here all ways through
 * the expression are followed at once (Thompson's construction). Single characters and classes are still judged by the platform, so
 * they mean exactly what they mean there. Back references and looking around cannot be done so and are refused.
 */

/** Why a pattern could not be used; a sentence's end. */
export interface PatternProblem {
  readonly problem: string;
}

/** Whether `text` holds a match of `pattern`. */
export function matchesPattern(pattern: string, text: string): boolean | PatternProblem {
  const program = compilePattern(pattern);
  if ("problem" in program) return program;
  if (program.steps.length * text.length > 5_000_000) return { problem: `text of ${text.length} characters is too long for its pattern` };
  return search(program, text);
}

/** What is wrong with a pattern itself, or undefined. */
export function patternProblem(pattern: string): string | undefined {
  const program = compilePattern(pattern);
  return "problem" in program ? program.problem : undefined;
}

type Step =
  | { readonly kind: "one"; readonly fits: (char: string) => boolean }
  | { readonly kind: "fork"; readonly to: readonly number[] }
  | { readonly kind: "assert"; readonly holds: (before: string, after: string) => boolean }
  | { readonly kind: "match" };

interface Program {
  readonly steps: readonly Step[];
}

type Node =
  | { readonly kind: "one"; readonly fits: (char: string) => boolean }
  | { readonly kind: "assert"; readonly holds: (before: string, after: string) => boolean }
  | { readonly kind: "all"; readonly items: readonly Node[] }
  | { readonly kind: "any"; readonly items: readonly Node[] }
  | { readonly kind: "repeat"; readonly item: Node; readonly least: number; readonly most: number };

class Unusable extends Error {}

const longestPattern = 1_000;
const mostSteps = 5_000;

function compilePattern(pattern: string): Program | PatternProblem {
  if (pattern.length > longestPattern) return { problem: `its pattern is longer than ${longestPattern} characters` };
  try {
    const flags = flagsFor(pattern);
    const steps: Step[] = [];
    append(new Parser(pattern, flags).parse(), steps);
    steps.push({ kind: "match" });
    return { steps };
  } catch (error) {
    if (error instanceof Unusable) return { problem: error.message };
    throw error;
  }
}

/** Unicode mode where the pattern allows it: it refuses some escapes that people write (`\-`). */
function flagsFor(pattern: string): "u" | "" {
  for (const flags of ["u", ""] as const) {
    try {
      new RegExp(pattern, flags);
      return flags;
    } catch (error) {
      if (flags === "")
        throw new Unusable(`its pattern is no regular expression (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  return "";
}

/** Reads a pattern that the platform has found valid. */
class Parser {
  readonly #text: string;
  readonly #flags: string;
  #at = 0;
  #depth = 0;

  constructor(text: string, flags: string) {
    this.#text = text;
    this.#flags = flags;
  }

  parse(): Node {
    return this.#alternatives();
  }

  #alternatives(): Node {
    this.#depth++;
    if (this.#depth > 100) throw new Unusable("its pattern is nested deeper than 100 groups");
    const items = [this.#sequence()];
    while (this.#take("|")) items.push(this.#sequence());
    this.#depth--;
    return items.length === 1 && items[0] !== undefined ? items[0] : { kind: "any", items };
  }

  #sequence(): Node {
    const items: Node[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== "|" && this.#text[this.#at] !== ")") items.push(this.#repeated());
    return { kind: "all", items };
  }

  #repeated(): Node {
    const item = this.#atom();
    const match = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.#text.slice(this.#at));
    if (match === null) return item;
    this.#at += match[0].length;
    if (match[1] !== undefined)
      return { kind: "repeat", item, least: match[1] === "+" ? 1 : 0, most: match[1] === "?" ? 1 : Number.POSITIVE_INFINITY };
    const least = Number(match[2]);
    const most = match[3] === undefined ? least : match[4] === "" ? Number.POSITIVE_INFINITY : Number(match[4]);
    return { kind: "repeat", item, least, most };
  }

  #atom(): Node {
    if (this.#take("(")) return this.#group();
    if (this.#take("^")) return { kind: "assert", holds: (before) => before === "" };
    if (this.#take("$")) return { kind: "assert", holds: (_, after) => after === "" };
    const rest = this.#text.slice(this.#at);
    if (/^\\[bB]/.test(rest)) {
      this.#at += 2;
      const inside = rest[1] === "b";
      return { kind: "assert", holds: (before, after) => (/\w/.test(before) !== /\w/.test(after)) === inside };
    }
    if (/^\\(?:[1-9]|k<)/.test(rest)) throw new Unusable("its pattern refers back to a group, which is not supported");
    const escaped =
      this.#flags === "u"
        ? /^\\(?:u\{[^}]*\}|u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})?|x[0-9a-fA-F]{2}|[pP]\{[^}]*\}|c[a-zA-Z]|.)/s
        : /^\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[a-zA-Z]|.)/s;
    const source =
      (escaped.exec(rest) ?? /^\[(?:\\.|[^\]\\])*\]/s.exec(rest))?.[0] ??
      (this.#flags === "u" ? String.fromCodePoint(rest.codePointAt(0) ?? 0) : (rest[0] ?? ""));
    this.#at += source.length;
    if (!/[\\[.]/.test(source)) return { kind: "one", fits: (char) => char === source };
    const single = new RegExp(`^${source}$`, this.#flags);
    return { kind: "one", fits: (char) => single.test(char) };
  }

  #group(): Node {
    const opening = /^\?(?::|<[^=!>]+>|<?[=!])/.exec(this.#text.slice(this.#at))?.[0] ?? "";
    if (/[=!]$/.test(opening)) throw new Unusable("its pattern looks ahead or behind, which is not supported");
    if (opening === "" && this.#text[this.#at] === "?") throw new Unusable("its pattern sets flags within, which is not supported");
    this.#at += opening.length;
    const node = this.#alternatives();
    this.#take(")");
    return node;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }
}

function append(node: Node, steps: Step[]): void {
  if (steps.length > mostSteps) throw new Unusable("its pattern repeats too much");
  switch (node.kind) {
    case "one":
    case "assert":
      steps.push(node);
      return;
    case "all":
      for (const item of node.items) append(item, steps);
      return;
    case "any": {
      const starts: number[] = [];
      steps.push({ kind: "fork", to: starts });
      const ends: number[][] = [];
      for (const item of node.items) {
        starts.push(steps.length);
        append(item, steps);
        const end: number[] = [];
        ends.push(end);
        steps.push({ kind: "fork", to: end });
      }
      for (const end of ends) end.push(steps.length);
      return;
    }
    case "repeat": {
      if (node.least > mostSteps || (node.most !== Number.POSITIVE_INFINITY && node.most > mostSteps))
        throw new Unusable("its pattern repeats too much");
      for (let count = 0; count < node.least; count++) append(node.item, steps);
      if (node.most === Number.POSITIVE_INFINITY) {
        const start = steps.length;
        const to = [start + 1];
        steps.push({ kind: "fork", to });
        append(node.item, steps);
        steps.push({ kind: "fork", to: [start] });
        to.push(steps.length);
        return;
      }
      const exits: number[][] = [];
      for (let count = node.least; count < node.most; count++) {
        const to = [steps.length + 1];
        exits.push(to);
        steps.push({ kind: "fork", to });
        append(node.item, steps);
      }
      for (const exit of exits) exit.push(steps.length);
      return;
    }
  }
}

/** Follows all ways at once, beginning anew at every character. */
function search({ steps }: Program, text: string): boolean {
  const chars = [...text];
  let current = new Set<number>();
  for (let index = 0; index <= chars.length; index++) {
    const before = chars[index - 1] ?? "";
    const after = chars[index] ?? "";
    const reached = new Set<number>();
    const pending = [...current, 0];
    while (pending.length > 0) {
      const at = pending.pop() ?? 0;
      if (reached.has(at)) continue;
      reached.add(at);
      const step = steps[at];
      if (step?.kind === "match") return true;
      if (step?.kind === "fork") pending.push(...step.to);
      else if (step?.kind === "assert" && step.holds(before, after)) pending.push(at + 1);
    }
    current = new Set();
    if (index === chars.length) return false;
    for (const at of reached) {
      const step = steps[at];
      if (step?.kind === "one" && step.fits(after)) current.add(at + 1);
    }
  }
  return false;
}
