/** Which process has a run or an attempt, in words that stay true when its pid is given to another. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { RunnerIdentity } from "../protocol/run-record.ts";

let own: RunnerIdentity | undefined;

/** This process. */
export function ownIdentity(): RunnerIdentity {
  own ??= identityOf(process.pid);
  return own;
}

/** True when that process still lives, or may live: another host, or what a container hides, cannot be asked. */
export function isAlive(runner: RunnerIdentity): boolean {
  if (runner.host !== hostname()) return true;
  if (runner.space !== undefined && runner.space !== ownIdentity().space) return true;
  try {
    process.kill(runner.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return runner.birth === undefined || identityOf(runner.pid).birth === runner.birth;
}

function identityOf(pid: number): RunnerIdentity {
  const birth = birthOf(pid);
  const space = spaceOf();
  return { host: hostname(), pid, ...(birth !== undefined && { birth }), ...(space !== undefined && { space }) };
}

/** Boot and start time from Linux's /proc; undefined elsewhere. */
function birthOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The command's name, in parentheses, may hold anything; the start time is field 22, the 20th after it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Pids mean the same only to processes that share this: a container with the host's name has its own. */
function spaceOf(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
  } catch {
    return undefined;
  }
}
