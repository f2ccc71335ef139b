/** A server that falls silent in the middle of an upload. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createS3Store } from "../../src/storage/s3.ts";

test("who is told to stop then does so, without waiting for it", async () => {
  const asked: (string | undefined)[] = [];
  const abort = new AbortController();
  const server = createServer((request, response) => {
    asked.push(request.method);
    if (request.method === "POST") response.end("<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>");
    else abort.abort(new Error("stopped")); // and not a byte more
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const folder = mkdtempSync(join(tmpdir(), "tradewind-silence-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "data");
  writeFileSync(file, Buffer.alloc(600 << 10));
  const env = { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "word" };
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const retries = { attempts: 1000, base: 10, longest: 10 };
  const store = createS3Store({ url: "s3://artifacts", endpoint }, { env }, { part: 300 << 10, silence: 300, retries });
  const started = performance.now();
  await expect(store.putFile("runs/a", file, { signal: abort.signal })).rejects.toThrow("aborted");
  expect(performance.now() - started).toBeLessThan(3_000);
  expect(asked).toContain("DELETE");
});
