/**
 * One child process in a session of its own, with an end that is always reached: TERM, then KILL to its group and to all
 * that left the group, when its time is over, its memory is too much, or the caller says stop. Nothing of it stays behind.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { type Group, makeGroup } from "./cgroup.ts";
import { type DiskWatch, watchDisk } from "./disk.ts";
import { guard } from "./guard.ts";
import type { Stream } from "./output.ts";
import { anyAlive, cookieVariable, findByCookie, readProportionalMemory, readUsage, signalAll, treeOf } from "./processes.ts";
import { startTimer } from "./timer.ts";

export interface SpawnOptions {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: { readonly [name: string]: string };
  /** Seconds between TERM and KILL. */
  readonly grace: number;
  /** Seconds that it may take. */
  readonly time?: number;
  /** Bytes. */
  readonly memory?: number;
  /** Folders that are measured, and the bytes that they may hold together. */
  readonly disk?: { readonly folders: readonly string[]; readonly limit?: number };
  readonly signal: AbortSignal;
  readonly onOutput: (stream: Stream, chunk: Buffer) => void;
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why we stopped it, if we did. */
  readonly stopped?: "timeout" | "out-of-memory" | "out-of-disk" | "cancelled";
  /** The system had killed one of its processes for lack of memory: of its own limit's, or of the machine's (or container's). */
  readonly memory_kill?: "limit" | "machine";
  /** True: who ran out of memory is known for sure, so that nothing has to be guessed from what it printed. */
  readonly exact: boolean;
  /** It ended by itself and left processes behind, which were stopped. */
  readonly leftovers: boolean;
  readonly peak_memory?: number;
  readonly cpu?: number;
  readonly peak_disk?: number;
}

/** After a fork nobody may hold up the end by keeping the pipes open. */
const drainTime = 1000;
/** A short script's descendants have ids above its own, unless 32768 processes started meanwhile. */
const shortRun = 2000;
/** Every process of the machine has to be looked at, so not at each look at the memory. */
const strayTime = 1000;
/** A process that the kernel does not let die (of a dead network drive) is left to it. */
const lastResort = 10_000;

type Child = ChildProcessByStdio<null, Readable, Readable> & { readonly pid: number };

/** Rejects only when the command cannot be started. */
export async function runProcess(options: SpawnOptions): Promise<Ended> {
  const outer = process.env[cookieVariable];
  const cookie = `${outer === undefined ? "" : `${outer}.`}${randomBytes(12).toString("hex")}`;
  const started = performance.now();
  guard.watch(cookie, options.grace);
  const cgroup = makeGroup(`tradewind-${cookie.slice(cookie.lastIndexOf(".") + 1)}`, options.memory);
  for (const folder of cgroup?.folders ?? []) guard.cgroup(cookie, folder);
  const [command, ...args] = wrap(options, cgroup);
  const child = await start(command, args, options, cookie).catch((error: unknown) => {
    cgroup?.remove();
    guard.release(cookie);
    throw error;
  });
  const group = child.pid;
  guard.group(cookie, group);
  const script: Script = { group, cookie, ...(cgroup && { cgroup }) };
  // Joining takes the system some milliseconds. Where nothing depends on it the script need not wait: what it starts meanwhile is fetched.
  const adopted = options.memory === undefined ? cgroup?.adopt(() => treeOf([group])) : undefined;

  let stopped: Ended["stopped"];
  let killAt = 0;
  let stopKillTimer = (): void => {};
  let giveUp = (): void => {};
  const kill = (): void => {
    signalScript(script, "SIGKILL");
    stopKillTimer = startTimer(lastResort / 1000, giveUp);
  };
  const stop = (reason: NonNullable<Ended["stopped"]>, grace: number): void => {
    if (stopped !== undefined) return;
    stopped = reason;
    killAt = performance.now() + grace * 1000;
    if (grace > 0) signalScript(script, "SIGTERM");
    stopKillTimer = startTimer(grace, kill);
  };
  const cancel = (): void => stop("cancelled", options.grace);
  const stopTimer = options.time === undefined ? undefined : startTimer(options.time, () => stop("timeout", options.grace));
  const watch = watchUsage(script, options.memory, () => stop("out-of-memory", 0));
  const disk = options.disk && watchDisk(options.disk.folders, options.disk.limit, () => stop("out-of-disk", 0));
  if (options.signal.aborted) cancel();
  else options.signal.addEventListener("abort", cancel, { once: true });

  child.stdout.on("data", (chunk: Buffer) => options.onOutput("stdout", chunk));
  child.stderr.on("data", (chunk: Buffer) => options.onOutput("stderr", chunk));
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const end = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    giveUp = () => resolve({ code: null, signal: "SIGKILL" });
  });
  stopTimer?.();
  watch.stop();

  const since = performance.now() - started < shortRun ? group : undefined;
  const leftovers = isScriptAlive(script, since);
  if (leftovers && stopped === undefined) {
    signalScript(script, "SIGTERM");
    killAt = performance.now() + options.grace * 1000;
  }
  if (leftovers) await untilGone(script, killAt);
  stopKillTimer();
  options.signal.removeEventListener("abort", cancel);
  const memory_kill = cgroup?.memoryKill();
  const peak = watch.peak();
  const clean = (): void => {
    cgroup?.remove();
    guard.release(cookie);
  };
  if (adopted) void adopted.finally(clean);
  else clean();
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, drainTime).unref())]);
  child.stdout.destroy();
  child.stderr.destroy();

  const peak_disk = await endOf(disk);
  return {
    ...end,
    ...(stopped === undefined ? {} : { stopped }),
    ...(memory_kill === undefined ? {} : { memory_kill }),
    exact: watch.exact(),
    leftovers: stopped === undefined && leftovers,
    ...peak,
    ...(peak_disk === undefined ? {} : { peak_disk }),
  };
}

/** Rejects with the system's reason when the command cannot be started; Node tells some of them at once and some later. */
async function start(command: string, args: string[], options: SpawnOptions, cookie: string): Promise<Child> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...options.env, [cookieVariable]: cookie },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid === undefined) throw await new Promise<Error>((resolve) => child.once("error", resolve));
  return Object.assign(child, { pid });
}

/** What a script is known by. */
interface Script {
  /** Id of the process group, and of its first process. */
  readonly group: number;
  readonly cookie: string;
  readonly cgroup?: Group;
}

function signalScript({ group, cookie, cgroup }: Script, signal: NodeJS.Signals): void {
  cgroup?.signal(signal);
  signalAll(group, cookie, signal);
}

/** `since` as in findByCookie. */
function isScriptAlive({ group, cookie, cgroup }: Script, since?: number): boolean {
  return cgroup?.alive() || anyAlive(group, cookie, since);
}

/** Joins the groups and sets limits before it becomes the command: `$1` kilobytes, `$2` "always" or "" , folders, `--`, command. */
const wrapper = `limit=$1; set_it=$2; shift 2
while [ "$1" != -- ]; do { echo 0 > "$1/cgroup.procs"; } 2>/dev/null || set_it=always; shift; done; shift
[ -z "$set_it" ] || ulimit -d "$limit" 2>/dev/null
exec "$@"`;

/**
 * RLIMIT_DATA keeps a fast allocator from outrunning the polling. It is wider, since it counts what is reserved, not what is used:
 * Node 24 alone reserves 0.6 GB. Where a control group limits memory it is only for a script that could not join.
 */
function wrap({ command, memory, env }: SpawnOptions, cgroup: Group | undefined): readonly [string, ...string[]] {
  if (memory === undefined) return command;
  requireCommand(command[0], env.PATH);
  const kilobytes = String(Math.ceil((memory + Math.max(memory / 4, 768 << 20)) / 1024));
  return ["/bin/sh", "-c", wrapper, "sh", kilobytes, cgroup?.limited ? "" : "always", ...(cgroup?.folders ?? []), "--", ...command];
}

/** Throws what starting it would: `sh` would only give an exit code. */
function requireCommand(command: string, path: string | undefined): void {
  const places = command.includes("/") ? [command] : (path ?? "").split(delimiter).map((folder) => join(folder, command));
  if (!places.some((place) => existsSync(place))) throw Object.assign(new Error(`spawn ${command} ENOENT`), { code: "ENOENT" });
}

/** A disk that cannot be read any more must not hold up the end. */
async function endOf(disk: DiskWatch | undefined): Promise<number | undefined> {
  if (disk === undefined) return undefined;
  return Promise.race([disk.stop(), new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), lastResort).unref())]);
}

/** Kills what is alive at `killAt`; answers when nobody is, or when even that is of no use. */
async function untilGone(script: Script, killAt: number): Promise<void> {
  for (let wait = 5; isScriptAlive(script); wait = Math.min(wait * 2, 100)) {
    const now = performance.now();
    if (now > killAt + lastResort) return;
    if (now >= killAt) signalScript(script, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

interface UsageWatch {
  stop(): void;
  peak(): { readonly peak_memory?: number; readonly cpu?: number };
  /** True: the system itself held it to its limit. */
  exact(): boolean;
}

/** Looks often when memory is limited, and ever more often as it gets near the limit. */
function watchUsage(script: Script, limit: number | undefined, exceeded: () => void): UsageWatch {
  const { group, cookie } = script;
  let { cgroup } = script;
  /** The script, and those whose parents have ended: they are nobody's descendants. */
  let roots: readonly number[] = [group];
  let rootsAt = performance.now();
  let peakMemory = 0;
  let cpu = 0;
  let timer: NodeJS.Timeout | undefined;

  function measure(): { readonly memory: number; readonly cpu: number } | undefined {
    const { memory, cpu } = cgroup?.usage() ?? {};
    if (memory !== undefined && cpu !== undefined) return { memory, cpu };
    if (limit !== undefined && performance.now() - rootsAt > strayTime) {
      roots = [group, ...findByCookie(cookie)];
      rootsAt = performance.now();
    }
    const usage = readUsage(roots);
    return usage && { memory: memory ?? usage.memory, cpu: cpu ?? usage.cpu };
  }
  function isTooMuch(memory: number): boolean {
    if (cgroup?.limited) return cgroup.memoryKill() !== undefined;
    return limit !== undefined && memory > limit && (readProportionalMemory(roots) ?? memory) > limit;
  }
  function look(): void {
    // It could not join, so the group says nothing of it.
    if (cgroup !== undefined && !cgroup.alive()) cgroup = undefined;
    const usage = measure();
    if (usage) {
      peakMemory = Math.max(peakMemory, usage.memory);
      cpu = Math.max(cpu, usage.cpu);
      if (isTooMuch(usage.memory)) {
        exceeded();
        return;
      }
    }
    const near = limit !== undefined && usage !== undefined && usage.memory > limit * 0.6;
    timer = setTimeout(look, near ? 20 : limit === undefined ? 1000 : 200);
  }
  timer = setTimeout(look, limit === undefined ? 500 : 50);
  return {
    stop: () => clearTimeout(timer),
    exact: () => cgroup?.limited === true,
    peak() {
      // Of all that ever ran in it, to the very end.
      cpu = Math.max(cpu, cgroup?.usage().cpu ?? 0);
      if (limit !== undefined && cgroup?.memoryKill() === "limit") peakMemory = Math.max(peakMemory, limit);
      return { ...(peakMemory > 0 && { peak_memory: peakMemory }), ...((peakMemory > 0 || cpu > 0) && { cpu }) };
    },
  };
}
