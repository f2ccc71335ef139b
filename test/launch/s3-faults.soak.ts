import { afterAll, beforeAll, expect, test } from "vitest";
import { type FaultProxy, faults, startFaultProxy } from "../services/fault-proxy.ts";
import { type S3Server, startS3 } from "../services/s3.ts";
import { runCase } from "./s3-faults.ts";

let server: S3Server;
let proxy: FaultProxy;
beforeAll(async () => {
  server = await startS3();
  proxy = await startFaultProxy(server.endpoint);
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

test("five hundred seeds of a failing server", async () => {
  let launches = 0;
  let failed = 0;
  for (let seed = 1000; seed < 1500; seed++) {
    const done = await runCase(seed, server, proxy);
    launches += done.launches;
    failed += done.failed;
  }
  const happened = faults.map((fault) => `${fault} ${proxy.counts.get(fault) ?? 0}`).join(", ");
  console.log(`500 seeds, ${launches} launches, ${failed} of them failed and were retried; faults: ${happened}`);
  expect(failed).toBeGreaterThan(0);
});
