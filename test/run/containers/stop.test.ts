/** Stopping a container that the engine is still making. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stopLater } from "../../../src/run/containers/engine.ts";
import { until } from "../../launch/launcher.ts";

test("TERM is sent again until the container is there to take it, then seldom, and no more once it has ended", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tradewind-stop-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const command = join(folder, "docker");
  const asked = () => (existsSync(join(folder, "asked")) ? readFileSync(join(folder, "asked"), "utf8").trim().split("\n") : []);
  // An engine whose container c is there as soon as the file `made` is.
  writeFileSync(command, `#!/bin/sh\necho "$*" >> '${folder}/asked'\n[ -e '${folder}/made' ]\n`, { mode: 0o755 });
  const abort = new AbortController();
  const stop = stopLater({ kind: "docker", command, env: process.env }, "c", 5, abort.signal);
  abort.abort();
  await until(() => asked().length >= 2, "a second TERM");
  writeFileSync(join(folder, "made"), "");
  const before = asked().length;
  await new Promise((resolve) => setTimeout(resolve, 900));
  expect(asked().length).toBeLessThanOrEqual(before + 1);
  await until(() => asked().length > before + 1, "TERM for one that did not listen yet");
  stop.end();
  const lines = asked();
  await new Promise((resolve) => setTimeout(resolve, 2300));
  expect(asked()).toEqual(lines);
  expect(new Set(lines)).toEqual(new Set(["kill --signal TERM c"]));
});
