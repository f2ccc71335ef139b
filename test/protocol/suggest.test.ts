import fc from "fast-check";
import { expect, test } from "vitest";
import { didYouMean, nearest } from "../../src/protocol/suggest.ts";

const tasks = ["extract.flights", "inference.score", "load.to_dwh", "load.report"];

test.each([
  ["inference.scor", "inference.score"],
  ["inference.socre", "inference.score"],
  ["Inference.Score", "inference.score"],
  ["load.todwh", "load.to_dwh"],
  ["extract", "extract.flights"],
  ["load", undefined], // two begin so
  ["publish", undefined],
  ["", undefined],
])("%j → %j", (name, expected) => {
  expect(nearest(name, tasks)).toBe(expected);
});

test.each([
  ["dve", ["dev", "prod"], "dev"],
  ["prdo", ["dev", "prod"], "prod"],
  ["x", ["y", "z"], undefined],
  ["ab", ["cd"], undefined],
  ["csv", ["pdf", "png"], undefined],
  ["base_resourse", ["base_resource"], "base_resource"],
  ["excecution_time", ["execution_time", "execution_timeout"], "execution_time"],
])("%j among %j → %j", (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected);
});

test("the tail of a message", () => {
  expect(didYouMean("scor", ["score"])).toBe('; did you mean "score"?');
  expect(didYouMean("zzz", ["score"])).toBe("");
});

test("one slip in a name of four letters or more is always found", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."abcdefgh_"), minLength: 4, maxLength: 12 });
  fc.assert(
    fc.property(letters, fc.nat(), fc.constantFrom("drop", "double", "swap", "replace"), (name, where, slip) => {
      const at = where % (name.length - 1);
      const [a = "", b = ""] = [name[at], name[at + 1]];
      const middle = { drop: b, double: a + a + b, swap: b + a, replace: `z${b}` }[slip];
      const typed = name.slice(0, at) + middle + name.slice(at + 2);
      fc.pre(typed !== name);
      expect(nearest(typed, ["quite-another-name", name])).toBe(name);
    }),
  );
});

test("a candidate of no letters in common is never proposed", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "b", "c") }),
      fc.array(fc.string({ unit: fc.constantFrom("x", "y", "z") })),
      (name, candidates) => {
        expect(nearest(name, candidates)).toBeUndefined();
      },
    ),
  );
});
