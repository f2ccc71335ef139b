/**
 * Processes of one script: its group, and those that left the group but still carry its cookie in their environment.
 * The second kind is found through /proc, so on Linux only; elsewhere a process that leaves its session escapes.
 */
import { readdirSync, readFileSync } from "node:fs";

/** The variable by which a script's descendants are known. */
export const cookieVariable = "TRADEWIND_COOKIE";

const linux = process.platform === "linux";

/** Sends `signal` to the group; false when nobody is in it. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  return signalProcess(-group, signal);
}

function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Living processes with `cookie` in their environment. `since`: only those whose id was given after that one; it saves
 * reading every environment of the machine after a short script.
 */
export function findByCookie(cookie: string, since?: number): readonly number[] {
  if (!linux) return [];
  const wanted = Buffer.from(`${cookieVariable}=${cookie}`);
  const last = since === undefined ? undefined : lastProcess();
  const found: number[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    // Ids are given in order until they wrap around.
    if (since !== undefined && last !== undefined && last >= since && (pid < since || pid > last)) continue;
    if (environmentHolds(name, wanted)) found.push(pid);
  }
  return found;
}

function environmentHolds(pid: string, wanted: Buffer): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`).includes(wanted);
  } catch {
    return false; // gone, or another user's
  }
}

function lastProcess(): number | undefined {
  try {
    const last = Number(readFileSync("/proc/loadavg", "latin1").trim().split(" ").at(-1));
    return Number.isInteger(last) ? last : undefined;
  } catch {
    return undefined;
  }
}

/** Signals the group and all that carry the cookie; answers how many there are (the group counts as one). */
export function signalAll(group: number, cookie: string, signal: NodeJS.Signals | 0, since?: number): number {
  const grouped = signalGroup(group, signal) ? 1 : 0;
  let strays = 0;
  for (const pid of findByCookie(cookie, since)) if (signalProcess(pid, signal)) strays++;
  return Math.max(grouped, strays);
}

export interface TreeUsage {
  /** Bytes of resident memory, summed. */
  readonly memory: number;
  /** Milliseconds of CPU of living processes and of those they have waited for. */
  readonly cpu: number;
}

/** Usage of `root` and its descendants; undefined where /proc does not tell. */
export function readUsage(root: number): TreeUsage | undefined {
  if (!linux) return undefined;
  let memory = 0;
  let cpu = 0;
  const pids = treeOf(root);
  if (pids.length === 0) return undefined;
  for (const pid of pids) {
    try {
      memory += kilobytes(readFileSync(`/proc/${pid}/status`, "latin1"), "VmRSS") * 1024;
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // Fields 14 to 17 of proc(5), in ticks of 10 ms.
      for (const field of fields.slice(11, 15)) cpu += Number(field) * 10;
    } catch {
      // Gone meanwhile.
    }
  }
  return { memory, cpu };
}

/** Like memory of readUsage, but pages that processes share count once. Slower: asked only before a kill. */
export function readProportionalMemory(root: number): number | undefined {
  let sum = 0;
  for (const pid of treeOf(root)) {
    try {
      sum += kilobytes(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"), "Pss") * 1024;
    } catch {
      return undefined;
    }
  }
  return sum;
}

function treeOf(root: number): readonly number[] {
  const pids: number[] = [];
  const queue = [root];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    try {
      // Every thread has children of its own.
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const children = readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1");
        for (const child of children.split(" ")) if (child !== "") queue.push(Number(child));
      }
      pids.push(pid);
    } catch {
      // Gone meanwhile.
    }
  }
  return pids;
}

function kilobytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

/** When a process started, in the kernel's own words: with the id it names one process. Undefined where /proc does not tell. */
export function birthOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Field 22 of proc(5).
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
