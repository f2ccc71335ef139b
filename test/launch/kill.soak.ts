/** Two tries killed at every pair of moments, with a folder store. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { openStore } from "../../src/storage/open.ts";
import { bundleDie, findMoments, killAll } from "./kills.ts";
import { makeFolder } from "./request.ts";

const program = bundleDie();

test("at every pair of moments", async () => {
  const folder = makeFolder();
  const address = { url: join(folder, "store") };
  const bench = { program, folder, address, store: openStore(address, { env: {} }), env: {} };
  const moments = await findMoments(bench, 1);
  const cases = moments.flatMap((first) => moments.map((second) => [first, second]));
  await killAll(bench, cases, 3);
  expect(cases.length).toBeGreaterThan(1000);
  console.log(`${cases.length} pairs of killed launchers`);
});
