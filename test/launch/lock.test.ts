import { spawn } from "node:child_process";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { withLock } from "../../src/launch/lock.ts";
import { makeFolder } from "./request.ts";

const never = new AbortController().signal;
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("one at a time, and nothing stays behind", async () => {
  const folder = makeFolder();
  let inside = 0;
  let most = 0;
  const worked = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      withLock(join(folder, "lock"), never, async () => {
        most = Math.max(most, ++inside);
        await pause(10);
        inside--;
        return n;
      }),
    ),
  );
  expect(worked).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test("the lock of a dead owner is taken over at once", async () => {
  const folder = makeFolder();
  const dead = spawn("true");
  await new Promise((resolve) => dead.once("exit", resolve));
  writeFileSync(join(folder, "lock"), JSON.stringify({ host: hostname(), pid: dead.pid, token: "x" }));
  const before = Date.now();
  expect(await withLock(join(folder, "lock"), never, async () => "mine")).toBe("mine");
  expect(Date.now() - before).toBeLessThan(2000);
  expect(readdirSync(folder)).toEqual([]);
});

test("the lock of a reused process id too, and one of another machine that is silent", async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, "lock"), JSON.stringify({ host: hostname(), pid: process.pid, birth: "1", token: "x" }));
  expect(await withLock(join(folder, "lock"), never, async () => 1)).toBe(1);
  writeFileSync(join(folder, "lock"), JSON.stringify({ host: "elsewhere", pid: 1, token: "x" }));
  utimesSync(join(folder, "lock"), new Date(0), new Date(Date.now() - 120_000));
  expect(await withLock(join(folder, "lock"), never, async () => 2, 100)).toBe(2);
});

test("a clock that jumps breaks no lock of one that lives", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const folder = makeFolder();
  const lock = join(folder, "lock");
  const held = { here: { host: hostname(), pid: process.pid, token: "x" }, elsewhere: { host: "elsewhere", pid: 1, token: "x" } };
  for (const owner of [held.here, held.elsewhere]) {
    for (const days of [1, -1]) {
      vi.setSystemTime(Date.now() + days * 86_400_000);
      writeFileSync(lock, JSON.stringify(owner));
      // The owner touches it as its beat says.
      const heart = setInterval(() => utimesSync(lock, new Date(0), Math.random() * 1e9), 50);
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error("no more time")), 800);
      await expect(withLock(lock, stop.signal, async () => 1, 100)).rejects.toThrow("no more time");
      clearInterval(heart);
    }
  }
});

test("a living owner elsewhere is waited for until we are told to stop", async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, "lock"), JSON.stringify({ host: "elsewhere", pid: 1, token: "x" }));
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("no more time")), 100);
  await expect(withLock(join(folder, "lock"), stop.signal, async () => 1)).rejects.toThrow("no more time");
  expect(readdirSync(folder)).toEqual(["lock"]);
});

test("work that fails gives the lock back", async () => {
  const folder = makeFolder();
  await expect(withLock(join(folder, "lock"), never, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await withLock(join(folder, "lock"), never, async () => 1)).toBe(1);
});
