/** Kubernetes gives back what was written for it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { podFieldText } from "../../../src/pipeline/emit/dollars.ts";
import { expand } from "./expansion.ts";

const known = { HOME: "/root", A: "a value" };
const written = (text: string) => podFieldText({ name: "X", text, template: false });
const plain = (text: string) => !/[{\r\n]|\.(sh|bash|env|ya?ml|json)$/.test(text);

test.each([
  ["exec tradewind launch", "exec tradewind launch"],
  ['python score.py "$INPUT_DATA"', 'python score.py "$INPUT_DATA"'],
  ["$(date)", "$$(date)"],
  ["$$", "$$$"],
  ["$$(HOME)", "$$$$(HOME)"],
  ["5 $", "5 $"],
  ["$é", "$$é"],
])("%j is written %j", (text, field) => {
  expect(written(text)).toBe(field);
  expect(expand(field, known)).toBe(text);
});

test("any text comes through", () => {
  const parts = fc.constantFrom("$", "$$", "(", ")", "HOME", "A", "$(HOME)", "$(", "é", "😀", "a", " ");
  const texts = fc.oneof(
    fc.array(parts, { maxLength: 12 }).map((all) => all.join("")),
    fc.string({ unit: "grapheme" }),
  );
  fc.assert(
    fc.property(texts.filter(plain), (text) => {
      expect(expand(written(text), known)).toBe(text);
    }),
    { numRuns: 3000 },
  );
});

test("without it Kubernetes would change them", () => {
  expect(expand("$(HOME) $$ $(NO)", known)).toBe("/root $ $(NO)");
});

describe("a template", () => {
  const template = (text: string) => podFieldText({ name: "X", text, template: true });
  test("of dates only is written as it is", () => {
    for (const text of ["{{ ds }}", "{{ run_id }}", "from {{ data_interval_start | ds }} to {{ data_interval_end|ts }}\n"]) {
      expect(template(text)).toBe(text);
    }
  });
  test("of anything else has its dollars doubled after it is rendered", () => {
    expect(template("{{ params.note }}\n")).toBe('{% filter replace("$", "$$") %}{{ params.note }}{% endfilter %}');
    expect(template("{{ ds }} $(HOME)")).toBe('{% filter replace("$", "$$") %}{{ ds }} $(HOME){% endfilter %}');
  });
});
