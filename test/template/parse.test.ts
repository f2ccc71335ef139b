import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Expr, Node } from "../../src/template/ast.ts";
import { checkTemplate } from "../../src/template/names.ts";
import { parseTemplate } from "../../src/template/parse.ts";
import { visitNode } from "../../src/template/walk.ts";

/** Text that leans towards what templates are made of. */
const templateText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "{{-",
        "-}}",
        "{%-",
        "-%}",
        "if",
        "for",
        "in",
        "endif",
        "endfor",
        "else",
        "set",
        "raw",
        "endraw",
      ),
      fc.constantFrom(
        " ",
        "\n",
        "\r\n",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "|",
        "~",
        "**",
        "//",
        "is",
        "not",
        "=",
        "==",
        ",",
        ":",
        ".",
        "'",
        '"',
        "\\",
        "1",
        "0.5",
        "ds",
      ),
      fc.string({ unit: "grapheme", maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

function placesOf(nodes: readonly Node[]): { kind: string; offset: number; length: number }[] {
  const places: { kind: string; offset: number; length: number }[] = [];
  for (const node of nodes) {
    visitNode(node, {
      node: (one) => {
        places.push(one);
      },
      expr: (one: Expr) => {
        places.push(one);
        return true;
      },
    });
  }
  return places;
}

describe("parsing", () => {
  it("never throws, and every place lies in the text", () => {
    fc.assert(
      fc.property(templateText, (text) => {
        const parsed = parseTemplate(text);
        for (const { offset, length } of [...placesOf(parsed.nodes), ...parsed.errors, ...parsed.functions]) {
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(length).toBeGreaterThanOrEqual(0);
          expect(offset + length).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("names and literals stand where their place says", () => {
    const text = "a {{ params.limit + other }} b {% if x is defined %}{{ 'q' | upper }}{% endif %}";
    const words = placesOf(parseTemplate(text).nodes).map(({ kind, offset, length }) => `${kind}: ${text.slice(offset, offset + length)}`);
    expect(words).toContain("name: params");
    expect(words).toContain("attribute: params.limit");
    expect(words).toContain("binary: params.limit + other");
    expect(words).toContain("literal: 'q'");
    expect(words).toContain("filter: 'q' | upper");
    expect(words).toContain("test: x is defined");
    expect(words).toContain("if: {% if x is defined %}{{ 'q' | upper }}{% endif");
  });

  it.each([
    ["{{ ds", "the expression that `{{` begins is not closed: `}}` is missing", "{{"],
    ["{{ (1 }}", "unexpected `}`, expected `)`", "}"],
    ["{{ [1, 2", "the expression that `{{` begins is not closed: `]` is missing", "{{"],
    ["{% if ds %}x", "`{% if %}` has no `{% endif %}`", "if"],
    ["{% endif %}", "`{% endif %}` closes nothing", "endif"],
    ["{% for x in y %}{% endif %}", "`{% endif %}` does not fit here: `{% for %}` is open and wants `{% endfor %}`", "endif"],
    ["{% include 'a.sql' %}", "`{% include %}` reads another template file; a parameter's template stands alone", "include"],
    [
      "{% fro x in y %}",
      "`{% fro %}` is no tag of Jinja; there are if, for, set, with, filter, macro, call, block, do, raw, print, autoescape",
      "fro",
    ],
    ["{{ a b }}", "expected `}}`, got `b`", "b"],
    ["{{ 'a }}", "the string that ' begins is not closed", "'"],
    ["{{ $x }}", "unexpected character `$`", "$"],
    ["{{ }}", "expected an expression, got `}}`", "}}"],
    ["{# x", "the comment that `{#` begins has no `#}`", "{#"],
    ["echo $" + "{#LIST}", "the comment that `{#` begins has no `#}`", "{#"],
    ["{{ '\\x4' }}", "`\\x4` is cut short: `\\x` takes 2 hexadecimal digits", "'\\x4'"],
    ["{{ f(a=1, 2) }}", "arguments stand in this order: plain ones, `name=value`, `*list`, `**map`", "("],
  ])("%s: says what is wrong and where", (text, message, at) => {
    const [problem] = parseTemplate(text).errors;
    expect(problem?.message).toBe(message);
    expect(text.slice(problem?.offset, (problem?.offset ?? 0) + (problem?.length ?? 0))).toBe(at);
  });

  it.each(["(", "[", "{1:", "-", "not ", "f(", "1 if ", "a|b("])("refuses endless nesting of %s with a sentence", (piece) => {
    const { errors } = parseTemplate(`{{ ${piece.repeat(50_000)}`);
    expect(errors).toHaveLength(1);
    expect(parseTemplate(`{{ ${piece.repeat(50_000)} 1 }}`).errors[0]?.message).toMatch(
      /nested deeper|more than 1000 operators|expected|unexpected|not closed/,
    );
  });

  it.each([" + 1", " and 1", ".a", "[0]", "|a", " ~ 1", " == 1", "()"])(
    "refuses endless chains of %s with a sentence, or takes them",
    (piece) => {
      const parsed = parseTemplate(`{{ a${piece.repeat(50_000)} }}`);
      expect(parsed.errors.length).toBeLessThanOrEqual(1);
      expect(() => checkTemplate(parsed)).not.toThrow();
      const nested = `(${"[".repeat(10)}a${piece.repeat(90)}${"]".repeat(10)} + `.repeat(8);
      expect(() => checkTemplate(parseTemplate(`{{ ${nested}1${")".repeat(8)} }}`))).not.toThrow();
    },
  );

  it("reads a megabyte in time", () => {
    const started = performance.now();
    parseTemplate("{{ ds }} and some text; ".repeat(40_000));
    parseTemplate("{ ".repeat(500_000));
    parseTemplate(`{{ "${"\\\\".repeat(500_000)}" }}`);
    parseTemplate(`{{ ${" ".repeat(1_000_000)}`);
    parseTemplate("{% raw %}".repeat(50_000));
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
