/** The same kills as kill.test.ts with S3: in each phase, and around calls of the store. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../src/storage/open.ts";
import { type S3Server, startS3 } from "../services/s3.ts";
import { bundleDie, findMoments, killAll } from "./kills.ts";
import { makeFolder } from "./request.ts";

const program = bundleDie();

let server: S3Server;
beforeAll(async () => {
  server = await startS3();
}, 120_000);
afterAll(() => server.stop());

test("at every moment, with S3: no torn artifact, no lost result, and the next try succeeds", { timeout: 600_000 }, async () => {
  const folder = makeFolder();
  const address = await server.makeBucket();
  const store = openStore(address, { env: server.env, cache: folder });
  const bench = { program, folder, address, store, env: server.env };
  const cases = (await findMoments(bench, 2)).map((moment) => [moment]);
  await killAll(bench, cases, 2);
  expect(cases.length).toBeGreaterThan(20);
  console.log(`${cases.length} cases of killed launchers with S3`);
});
