/** Every difference of two keys is told, and nothing else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { keyOf } from "../../../src/launch/cache.ts";
import { createMasker, maskRequest } from "../../../src/launch/mask.ts";
import type { Json } from "../../../src/protocol/json.ts";
import type { Request } from "../../../src/protocol/request.ts";
import type { Artifact, Result } from "../../../src/protocol/result.ts";
import { compareWork, type Work } from "../../../src/run/why/compare.ts";
import { requestOf } from "../collect/stores.ts";

const artifact = (sha256: string): Artifact => ({
  key: "runs/d/r/t/attempt-1/x",
  sha256,
  size: 1,
  type: "text",
  extension: ".txt",
  dir: false,
});

function workOf(request: Request, inputs: { readonly [port: string]: readonly string[] }, recorded = request): Work {
  const items = Object.entries(inputs).map(
    ([port, digests]) => [port, digests.map((sha256) => ({ name: port, artifact: artifact(sha256) }))] as const,
  );
  const work = keyOf(request, Object.fromEntries(items));
  const found = Object.entries(inputs).map(([port, digests]) => [port, digests.map(artifact)] as const);
  const cache = { key: work.key, parts: keyOf(recorded, Object.fromEntries(items)).parts };
  return { request: recorded, result: { cache, inputs: Object.fromEntries(found) } as unknown as Result };
}

const anyText = fc.constantFrom("a", "b", "", "***");
const anyValue = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    anyText,
    fc.integer({ min: 0, max: 2 }),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("x", "y"), tie("value"), { maxKeys: 2 }),
  ),
})).value;
const anyParams = fc.dictionary(fc.constantFrom("p", "q", "r"), anyValue, { maxKeys: 3 });
const anyWork = fc
  .record({
    operator_digest: fc.constantFrom("1", "2"),
    script: fc.constantFrom("one", "two"),
    params: anyParams,
    env: fc.dictionary(fc.constantFrom("E", "F"), anyText, { maxKeys: 2 }),
    salt: fc.option(fc.constantFrom("s", "t"), { nil: undefined }),
    inputs: fc.dictionary(fc.constantFrom("i", "j"), fc.array(fc.constantFrom("d1", "d2"), { maxLength: 2 }), { maxKeys: 2 }),
  })
  .map(({ params, salt, inputs, ...rest }) => {
    const values = Object.entries(params).map(([name, value]) => [name, { value, schema: {} }] as const);
    const cache = { read: true, fresh: false, reads: true, ...(salt !== undefined && { salt }) };
    return workOf(requestOf("r", "t", { ...rest, params: Object.fromEntries(values), cache }), inputs);
  });

test("two pieces of work differ in words exactly when their keys differ", () => {
  fc.assert(
    fc.property(anyWork, anyWork, (one, two) => {
      expect(compareWork(one, one)).toEqual([]);
      const found = compareWork(one, two);
      expect(found.length > 0).toBe(one.result.cache?.key !== two.result.cache?.key);
      // The other way round the same parts differ.
      expect(
        compareWork(two, one)
          .map(({ part }) => part)
          .sort(),
      ).toEqual(found.map(({ part }) => part).sort());
    }),
    { numRuns: 2000 },
  );
});

test("a secret that changed is told without showing it", () => {
  const work = (secret: string): Work => {
    const request = requestOf("r", "t", { params: { token: { value: secret, schema: {} } } });
    return workOf(request, {}, maskRequest(request, createMasker([`http://user:${secret}@host`])));
  };
  const found = compareWork(work("first-secret"), work("other-secret"));
  expect(found).toEqual([{ part: "parameter", path: "token", before: "***", after: "***", hidden: true }]);
  expect(JSON.stringify(found)).not.toMatch(/first-secret|other-secret/);
});
