import { expect, test } from "vitest";
import { parse } from "yaml";
import { builtinNames } from "../../../src/launch/builtin/list.ts";
import { builtinManifests } from "../../../src/pipeline/catalog/builtin.ts";

test("each built-in has a manifest of its name, whose script runs it", () => {
  expect(builtinManifests.map(({ name }) => name).sort()).toEqual(builtinNames);
  for (const { name, text } of builtinManifests) {
    expect(parse(text)).toMatchObject({ operator: name, version: 1, job: { execution_script: `exec tradewind builtin ${name}` } });
  }
});
