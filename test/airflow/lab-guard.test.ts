import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "./lab.ts";
import { isRunning, processesWith } from "./processes.ts";

test("what a killed test has started ends, in whatever session it is", async () => {
  const mark = `lab-${process.pid}-${Date.now()}`;
  const code = `
    const { spawn } = await import("node:child_process");
    const guard = spawn(process.execPath, [${JSON.stringify(join(import.meta.dirname, "lab-guard.mjs"))}, "TRADEWIND_LAB=${mark}"], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    const env = { ...process.env, TRADEWIND_LAB: "${mark}" };
    spawn("sh", ["-c", "setsid sh -c 'trap : TERM; sleep 600; sleep 600' & sleep 600"], { env, detached: true, stdio: "ignore" });
    console.log("started");
    setInterval(() => {}, 1000);`;
  const started = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await once(started.stdout, "data");
  const running = () => processesWith({ TRADEWIND_LAB: mark }).filter(isRunning);
  expect(await until(10, () => running().length >= 4)).toBe(true);
  started.kill("SIGKILL");
  expect(await until(10, () => running().length === 0)).toBe(true);
});
