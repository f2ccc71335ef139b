/** kill -9 of the launcher in each phase and around every call of the store, with a folder store. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { openStore } from "../../src/storage/open.ts";
import { bundleDie, findMoments, killAll } from "./kills.ts";
import { makeFolder } from "./request.ts";

const program = bundleDie();

test("at every moment, and again in the next try: no torn artifact, no lost result, and then a try succeeds", {
  timeout: 300_000,
}, async () => {
  const folder = makeFolder();
  const address = { url: join(folder, "store") };
  const bench = { program, folder, address, store: openStore(address, { env: {} }), env: {} };
  const moments = await findMoments(bench, 1);
  const twice = moments.map((moment, n) => [moment, moments[(n * 7 + 3) % moments.length] ?? moment]);
  const cases = [...moments.map((moment) => [moment]), ...twice];
  await killAll(bench, cases, 3);
  expect(cases.length).toBeGreaterThan(60);
  console.log(`${cases.length} cases of killed launchers with a folder store`);
});
