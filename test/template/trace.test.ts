/** A fault in what a template gives is shown where the template says it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTemplate } from "../../src/template/parse.ts";
import { type Context, renderTemplate } from "../../src/template/render.ts";
import { traceTemplate } from "../../src/template/trace.ts";
import type { Value } from "../../src/template/values/types.ts";

function contextOf(values: Readonly<Record<string, Value>>): Context {
  return { names: Object.keys(values), lookUp: (name) => values[name] };
}

test("plain text is traced to the character, a printed value to its tag, through blocks and loops", () => {
  const template = "one {{ a }} two\n{% if a %}three{% for x in [1, 2] %} <{{ x }}>{% endfor %}{% endif %} end";
  const parsed = parseTemplate(template);
  const context = contextOf({ a: "AAAA" });
  const text = renderTemplate(parsed, context);
  expect(text).toBe("one AAAA two\nthree <1> <2> end");
  const trace = traceTemplate(parsed, context);
  const from = (piece: string) => template.slice(trace(text.indexOf(piece)));
  expect(from("two")).toMatch(/^two/);
  expect(from("AA two")).toMatch(/^\{\{ a \}\}/);
  expect(from("hree")).toMatch(/^hree/);
  expect(from("2>")).toMatch(/^\{\{ x \}\}/);
  expect(from("end")).toMatch(/^end/);
});

test("what a filter made of its body comes from the block around it", () => {
  const template = "a{% filter upper %}bc{{ x }}{% endfilter %}d";
  const parsed = parseTemplate(template);
  const context = contextOf({ x: "y" });
  const text = renderTemplate(parsed, context);
  expect(text).toBe("aBCYd");
  expect(traceTemplate(parsed, context)(4)).toBe(template.length - 1);
});

test("every character of plain text is traced to itself", () => {
  const piece = fc.oneof(fc.constantFrom("{{ v }}", "{% if v %}", "{% endif %}", "\n"), fc.stringMatching(/^[a-zé ]{0,6}$/u));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.string({ maxLength: 5, unit: "grapheme-ascii" }), (pieces, v) => {
      const template = pieces.join("");
      const parsed = parseTemplate(template);
      if (parsed.errors.length > 0) return;
      const context = contextOf({ v });
      const text = renderTemplate(parsed, context);
      const trace = traceTemplate(parsed, context);
      for (let at = 0; at < text.length; at++) {
        const place = trace(at) ?? Number.NaN;
        expect(template.startsWith("{{ v }}", place) || template[place] === text[at]).toBe(true);
      }
    }),
  );
});
