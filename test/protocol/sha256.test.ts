/** The digest is that of Node's own crypto, whatever the text and its length. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../../src/protocol/sha256.ts";

const expected = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");

test("equals the platform's digest around the block's border", () => {
  for (let length = 0; length < 200; length += 1) expect(sha256("a".repeat(length))).toBe(expected("a".repeat(length)));
});

test("equals the platform's digest of any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 500 }), (text) => sha256(text) === expected(text)));
});
