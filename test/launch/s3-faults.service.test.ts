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

test("through a server that fails, no artifact is torn, no result is lost, and a retry succeeds", async () => {
  const end = Date.now() + 20_000;
  let launches = 0;
  let failed = 0;
  let seed = 0;
  // Twelve seeds at least, and as many more as twenty seconds allow.
  for (; seed < 12 || (seed < 60 && Date.now() < end); seed++) {
    const done = await runCase(seed, server, proxy);
    launches += done.launches;
    failed += done.failed;
  }
  const happened = faults.map((fault) => `${fault} ${proxy.counts.get(fault) ?? 0}`).join(", ");
  console.log(`${seed} seeds, ${launches} launches, ${failed} of them failed and were retried; faults: ${happened}`);
  for (const fault of faults) expect({ fault, count: proxy.counts.get(fault) ?? 0 }).not.toEqual({ fault, count: 0 });
  expect(launches).toBeGreaterThan(seed);
});
