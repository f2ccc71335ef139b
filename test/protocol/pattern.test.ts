import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesPattern, patternProblem } from "../../src/protocol/pattern.ts";

describe("patterns", () => {
  test.each([
    ["^[a-z]+(\\.[a-z]+)*$", "load.todwh", true],
    ["^[a-z]+(\\.[a-z]+)*$", "load..x", false],
    ["^\\d{4}-\\d{2}-\\d{2}$", "2026-01-31", true],
    ["^\\d{4}-\\d{2}-\\d{2}$", "2026-01-3", false],
    ["b", "abc", true],
    ["^(?:csv|json)$", "json", true],
    ["^(?<kind>csv|json)?$", "", true],
    ["^a{2,3}$", "aaaa", false],
    ["^a{2,}$", "aaaa", true],
    ["^.$", "😀", true],
    ["^.$", "\n", false],
    ["^[\\]x]+$", "]x", true],
    ["^\\p{Lu}\\p{Ll}+$", "Привет", true],
    ["\\bcat\\b", "a cat sat", true],
    ["\\bcat\\b", "concatenate", false],
    ["^a\\-b$", "a-b", true],
    ["", "anything", true],
    ["^$", "", true],
    ["(|a)b", "b", true],
    ["^\\u0041\\x42$", "AB", true],
  ])("%s on %s", (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
    expect(matchesPattern(pattern, text)).toBe(new RegExp(pattern, pattern.includes("\\-") ? "" : "u").test(text));
  });

  test("bombs cost no time", () => {
    const started = performance.now();
    for (const pattern of ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){20}$", "(x+x+)+y"]) {
      expect(matchesPattern(pattern, `${"a".repeat(200)}!`)).toBe(false);
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test.each([
    ["(", /no regular expression/],
    ["(?=a)", /looks ahead/],
    ["(?<!a)b", /looks ahead or behind/],
    ["(a)\\1", /refers back/],
    ["a{5001}", /repeats too much/],
    ["((a{1,100}){1,100}){1,100}", /repeats too much/],
    ["a".repeat(1001), /longer than/],
  ])("says why %s cannot be used", (pattern, message) => {
    expect(patternProblem(pattern)).toMatch(message);
  });

  test("agrees with the platform's engine", () => {
    const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\d", "\\w", "\\.", "^", "$", "\\b");
    const pattern = fc.letrec<{ all: string; one: string; group: string }>((tie) => ({
      all: fc.oneof(
        { depthSize: "small" },
        tie("one"),
        fc.tuple(tie("all"), tie("one")).map(([left, right]) => left + right),
        fc.tuple(tie("all"), tie("all")).map(([left, right]) => `${left}|${right}`),
      ),
      one: fc.oneof(atom, tie("group")),
      group: fc
        .tuple(tie("all"), fc.constantFrom("", "*", "+", "?", "{2}", "{1,2}", "{0,}", "*?"))
        .map(([inner, times]) => `(${inner})${times}`),
    })).all;
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom("a", "b", "1", ".", "é"), maxLength: 8 }), (expression, text) => {
        expect(matchesPattern(expression, text)).toBe(new RegExp(expression, "u").test(text));
      }),
      { numRuns: 3_000 },
    );
  });
});
