import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkValue, describeSchema } from "../../src/protocol/check-value.ts";
import type { Json } from "../../src/protocol/json.ts";
import type { JsonSchema, JsonType } from "../../src/protocol/schema.ts";

/** `pointer: message` of each fault. */
function faults(value: Json, schema: JsonSchema): string[] {
  return checkValue(value, schema).map(({ pointer, message }) => `${pointer}: ${message}`);
}

const probability: JsonSchema = { type: "number", minimum: 0, maximum: 1 };

describe("messages", () => {
  test.each<[Json, JsonSchema, string[]]>([
    [0.5, probability, []],
    [3, probability, [": expected a number from 0 to 1, found 3"]],
    ["0.5", probability, [': expected a number from 0 to 1, found "0.5"']],
    [null, probability, [": expected a number from 0 to 1, found null"]],
    [1.5, { type: "integer" }, [": expected a whole number, found 1.5"]],
    [0, { type: "integer", exclusiveMinimum: 0 }, [": expected a whole number above 0, found 0"]],
    [-1, { type: "number", minimum: 0, exclusiveMaximum: 10 }, [": expected a number of at least 0 and below 10, found -1"]],
    [7, { type: "integer", multipleOf: 5 }, [": expected a whole number that is a multiple of 5, found 7"]],
    [0.3, { type: "number", multipleOf: 0.1 }, []],
    ["", { type: "string", minLength: 1 }, [": expected text of at least 1 character, found an empty text"]],
    ["😀😀", { type: "string", maxLength: 2 }, []],
    ["abc", { type: "string", maxLength: 2 }, [": expected text of at most 2 characters, found 3 characters"]],
    ["repalce", { enum: ["replace", "append"] }, [': expected "replace" or "append", found "repalce"; did you mean "replace"?']],
    [2, { const: 1 }, [": expected 1, found 2"]],
    [{ b: 1, a: [2] }, { const: { a: [2], b: 1 } }, []],
    ["a b", { type: "string", pattern: "^\\S+$" }, [': expected text that matches ^\\S+$, found "a b"']],
    [
      "a",
      { type: "string", pattern: "(" },
      [": cannot be checked: its pattern is no regular expression (Invalid regular expression: /(/: Unterminated group)"],
    ],
    ["dwh", { type: "connection" }, []],
    [5, { type: "connection" }, [": expected the name of a connection, found 5"]],
    [true, { type: ["string", "number"] }, [": expected text or a number, found true"]],
    [[], { type: "array", minItems: 1 }, [": expected a list of at least 1 item, found 0 items"]],
    [[1, 2, 1], { type: "array", uniqueItems: true }, ["/2: 1 is in the list twice (item 1 and item 3)"]],
    [["a", 2], { type: "array", items: { type: "string" } }, ["/1: expected text, found 2"]],
    [{}, { type: "object", required: ["table"] }, [': expected the key "table", which is missing']],
    [{ tabel: "x" }, { properties: { table: {} }, additionalProperties: false }, ['/tabel: unknown key "tabel"; did you mean "table"?']],
    [{ "a/b~": { c: 1 } }, { additionalProperties: { additionalProperties: { type: "string" } } }, ["/a~1b~0/c: expected text, found 1"]],
    [3, { anyOf: [{ type: "string" }, { type: "null" }] }, [": expected text or null, found 3"]],
    [3, { anyOf: [{ type: "string" }, probability] }, [": expected a number from 0 to 1, found 3"]],
    [3, { oneOf: [{ type: "number" }, { type: "integer" }] }, [": expected exactly one of: a number, a whole number; 3 fits 2 of them"]],
    [
      3,
      { allOf: [{ minimum: 5 }, { maximum: 2 }] },
      [": expected a number of at least 5, found 3", ": expected a number of at most 2, found 3"],
    ],
    ["root", { not: { const: "root" } }, [': must not be "root", found "root"']],
    ["2026-02-30", { type: "string", format: "date" }, [': expected a date like 2026-01-31, found "2026-02-30"']],
    ["2026-01-31T05:00:00Z", { type: "string", format: "date-time" }, []],
    ["2026-01-31", { type: "string", format: "date-time" }, [': expected an instant like 2026-01-31T05:00:00+03:00, found "2026-01-31"']],
    ["x", { type: "string", format: "no-such-format" }, []],
  ])("%j", (value, schema, expected) => {
    expect(faults(value, schema)).toEqual(expected);
  });
});

describe("hostile values", () => {
  test("keys of the prototype are keys like others", () => {
    const value = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3}') as Json;
    expect(faults(value, { properties: {}, additionalProperties: false })).toHaveLength(3);
    expect(faults({}, { required: ["toString", "__proto__"] })).toHaveLength(2);
    expect(faults("x", { type: "string", format: "constructor" })).toEqual([]);
  });

  test("nesting without end is refused, not overflowed", () => {
    let value: Json = 1;
    for (let depth = 0; depth < 100_000; depth++) value = [value];
    const schema: { type: JsonType; items?: JsonSchema } = { type: "array" };
    schema.items = schema;
    expect(faults(value, schema)[0]).toMatch(/is nested deeper than 200 levels$/);
  });

  test("a long text is shown short", () => {
    expect(faults("x".repeat(10_000), { type: "number" })[0]?.length).toBeLessThan(150);
  });
});

test("schemas are described in words", () => {
  expect(describeSchema({ type: "array", minItems: 2, maxItems: 2 })).toBe("a list of 2 items");
  expect(describeSchema({ enum: ["a"] })).toBe('"a"');
  expect(describeSchema({})).toBe("a value");
  expect(describeSchema({ enum: Array.from({ length: 30 }, (_, index) => index) })).toMatch(/^one of 0, 1, .* 19 more$/);
});

test("a value fits the enum it comes from and the type it has, and only that", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (anything) => {
      const value = anything as Json;
      expect(checkValue(value, { enum: [value] })).toEqual([]);
      expect(checkValue(value, {})).toEqual([]);
      const types: JsonType[] = ["string", "number", "boolean", "array", "object", "null"];
      expect(types.filter((type) => checkValue(value, { type }).length === 0)).toHaveLength(1);
      expect(checkValue(value, { not: { enum: [value] } })).toHaveLength(1);
    }),
  );
});
