/** Processes as Linux's /proc shows them, for tests that kill or freeze what Airflow started. */
import { readdirSync, readFileSync } from "node:fs";

/** Ids of all processes whose environment sets all of these variables. */
export function processesWith(variables: Readonly<Record<string, string>>): readonly number[] {
  const wanted = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return pids().filter((pid) => {
    const set = new Set(read(pid, "environ").split("\0"));
    return wanted.every((assignment) => set.has(assignment));
  });
}

/** Those above a process, the nearest first. */
export function ancestors(pid: number): readonly number[] {
  const parent = parentOf(pid);
  return parent > 1 ? [parent, ...ancestors(parent)] : [];
}

/** A process and all below it, parents before children. */
export function withDescendants(pid: number): readonly number[] {
  const children = pids().filter((other) => parentOf(other) === pid);
  return [pid, ...children.flatMap(withDescendants)];
}

/** False when it is gone, or a zombie that nobody has reaped. */
export function isRunning(pid: number): boolean {
  const stat = read(pid, "stat");
  return stat !== "" && !/^\d+ \(.*\) Z/s.test(stat);
}

/** Its words, as `ps` shows them to everybody. */
export function commandLine(pid: number): string {
  return read(pid, "cmdline").replaceAll("\0", " ");
}

function parentOf(pid: number): number {
  const stat = read(pid, "stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

function pids(): readonly number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // gone meanwhile
  }
}
