/**
 * Ends all that a test started as soon as the test closes its end of the pipe, kill -9 of the test included: every process whose
 * environment has the mark, also those that left their group and session. Until then it only reads, a process id a line: where
 * there is no /proc, the groups of these are ended.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const [, , mark = ""] = process.argv;
const pids = [];
for await (const line of createInterface({ input: process.stdin })) pids.push(Number(line));

// What was being started while we looked is found the next time.
for (let quiet = 0; quiet < 3; ) {
  const found = marked();
  for (const pid of found) kill(pid);
  for (const pid of pids) kill(-pid);
  quiet = found.length === 0 ? quiet + 1 : 0;
  await sleep(50);
}

function marked() {
  return processes().filter((pid) => {
    try {
      return pid !== process.pid && readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark);
    } catch {
      return false; // gone meanwhile, or not ours
    }
  });
}

function processes() {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone.
  }
}
