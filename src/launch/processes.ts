/**
 * Processes of one script: its group, and those that left the group but still carry its cookie in their environment.
 * The second kind is found through /proc, so on Linux only; elsewhere a process that leaves its session escapes.
 */
import { readdirSync, readFileSync } from "node:fs";

/** The variable by which a script's descendants are known. */
export const cookieVariable = "TRADEWIND_COOKIE";

const linux = process.platform === "linux";

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
  const names = readdirSync("/proc");
  const last = since === undefined ? undefined : lastProcess();
  const found: number[] = [];
  for (const name of names) {
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

/** Signals the group and all that carry the cookie. */
export function signalAll(group: number, cookie: string, signal: NodeJS.Signals): void {
  signalProcess(-group, signal);
  for (const pid of findByCookie(cookie)) signalProcess(pid, signal);
}

/** True while somebody of the group, or with the cookie, lives. `since` as in findByCookie. */
export function anyAlive(group: number, cookie: string, since?: number): boolean {
  return groupAlive(group) || findByCookie(cookie, since).length > 0;
}

/** Zombies take signals too, and stay as long as their new parent pleases (in containers often for ever), so they do not count. */
function groupAlive(group: number): boolean {
  if (!signalProcess(-group, 0)) return false;
  if (!linux) return true;
  return readdirSync("/proc").some((name) => {
    const fields = /^\d+$/.test(name) ? statOf(name) : undefined;
    return fields !== undefined && Number(fields[2]) === group && fields[0] !== "Z" && fields[0] !== "X";
  });
}

/** The fields of /proc/<pid>/stat from the third on (proc(5)): the second may hold anything. */
function statOf(pid: number | string): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

export interface TreeUsage {
  /** Bytes of resident memory, summed. */
  readonly memory: number;
  /** Milliseconds of CPU of living processes and of those they have waited for. */
  readonly cpu: number;
}

/** Usage of `roots` and their descendants, each process once; undefined where /proc does not tell. */
export function readUsage(roots: readonly number[]): TreeUsage | undefined {
  if (!linux) return undefined;
  let memory = 0;
  let cpu = 0;
  const pids = treeOf(roots);
  if (pids.length === 0) return undefined;
  for (const pid of pids) {
    try {
      memory += kilobytes(readFileSync(`/proc/${pid}/status`, "latin1"), "VmRSS") * 1024;
      // Fields 14 to 17, in ticks of 10 ms.
      for (const field of statOf(pid)?.slice(11, 15) ?? []) cpu += Number(field) * 10;
    } catch {
      // Gone meanwhile.
    }
  }
  return { memory, cpu };
}

/** Like memory of readUsage, but pages that processes share count once. Slower: asked only before a kill. */
export function readProportionalMemory(roots: readonly number[]): number | undefined {
  let sum = 0;
  for (const pid of treeOf(roots)) {
    try {
      sum += kilobytes(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"), "Pss") * 1024;
    } catch {
      return undefined;
    }
  }
  return sum;
}

/** The living among `roots` and their descendants. */
export function treeOf(roots: readonly number[]): readonly number[] {
  const pids: number[] = [];
  const seen = new Set<number>();
  const queue = [...roots];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    if (seen.has(pid)) continue;
    seen.add(pid);
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
  return statOf(pid)?.[19]; // field 22
}
