/**
 * One child process in a session of its own, with an end that is always reached: TERM, then KILL to its group and to all
 * that left the group, when its time is over, its memory is too much, or the caller says stop. Nothing of it stays behind.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { guard } from "./guard.ts";
import type { Stream } from "./output.ts";
import { anyAlive, cookieVariable, findByCookie, readProportionalMemory, readUsage, signalAll } from "./processes.ts";
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
  readonly signal: AbortSignal;
  readonly onOutput: (stream: Stream, chunk: Buffer) => void;
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why we stopped it, if we did. */
  readonly stopped?: "timeout" | "out-of-memory" | "cancelled";
  /** It ended by itself and left processes behind, which were stopped. */
  readonly leftovers: boolean;
  readonly peak_memory?: number;
  readonly cpu?: number;
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
  const [command, ...args] = withMemoryLimit(options.command, options.memory);
  const started = performance.now();
  guard.watch(cookie, options.grace);
  const child = await start(command, args, options, cookie).catch((error: unknown) => {
    guard.release(cookie);
    throw error;
  });
  const group = child.pid;
  guard.group(cookie, group);

  let stopped: Ended["stopped"];
  let killAt = 0;
  let stopKillTimer = (): void => {};
  let giveUp = (): void => {};
  const kill = (): void => {
    signalAll(group, cookie, "SIGKILL");
    stopKillTimer = startTimer(lastResort / 1000, giveUp);
  };
  const stop = (reason: NonNullable<Ended["stopped"]>, grace: number): void => {
    if (stopped !== undefined) return;
    stopped = reason;
    killAt = performance.now() + grace * 1000;
    if (grace > 0) signalAll(group, cookie, "SIGTERM");
    stopKillTimer = startTimer(grace, kill);
  };
  const cancel = (): void => stop("cancelled", options.grace);
  const stopTimer = options.time === undefined ? undefined : startTimer(options.time, () => stop("timeout", options.grace));
  const watch = watchUsage(group, cookie, options.memory, () => stop("out-of-memory", 0));
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
  const leftovers = anyAlive(group, cookie, since);
  if (leftovers && stopped === undefined) {
    signalAll(group, cookie, "SIGTERM");
    killAt = performance.now() + options.grace * 1000;
  }
  if (leftovers) await untilGone(group, cookie, killAt);
  stopKillTimer();
  options.signal.removeEventListener("abort", cancel);
  guard.release(cookie);
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, drainTime).unref())]);
  child.stdout.destroy();
  child.stderr.destroy();

  const peak = watch.peak();
  return { ...end, ...(stopped === undefined ? {} : { stopped }), leftovers: stopped === undefined && leftovers, ...peak };
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

/**
 * RLIMIT_DATA keeps a fast allocator from outrunning the polling. It is wider, since it counts what is reserved, not what is used:
 * Node 24 alone reserves 0.6 GB.
 */
function withMemoryLimit(command: readonly [string, ...string[]], memory: number | undefined): readonly [string, ...string[]] {
  if (memory === undefined) return command;
  const kilobytes = Math.ceil((memory + Math.max(memory / 4, 768 << 20)) / 1024);
  return ["/bin/sh", "-c", 'ulimit -d "$1" 2>/dev/null; shift; exec "$@"', "sh", String(kilobytes), ...command];
}

/** Kills what is alive at `killAt`; answers when nobody is, or when even that is of no use. */
async function untilGone(group: number, cookie: string, killAt: number): Promise<void> {
  for (let wait = 5; anyAlive(group, cookie); wait = Math.min(wait * 2, 100)) {
    const now = performance.now();
    if (now > killAt + lastResort) return;
    if (now >= killAt) signalAll(group, cookie, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

interface UsageWatch {
  stop(): void;
  peak(): { readonly peak_memory?: number; readonly cpu?: number };
}

/** Looks often when memory is limited, and ever more often as it gets near the limit. */
function watchUsage(group: number, cookie: string, limit: number | undefined, exceeded: () => void): UsageWatch {
  /** The script, and those whose parents have ended: they are nobody's descendants. */
  let roots: readonly number[] = [group];
  let rootsAt = performance.now();
  let peakMemory = 0;
  let cpu = 0;
  let timer: NodeJS.Timeout | undefined;
  function look(): void {
    if (limit !== undefined && performance.now() - rootsAt > strayTime) {
      roots = [group, ...findByCookie(cookie)];
      rootsAt = performance.now();
    }
    const usage = readUsage(roots);
    if (usage) {
      peakMemory = Math.max(peakMemory, usage.memory);
      cpu = Math.max(cpu, usage.cpu);
      if (limit !== undefined && usage.memory > limit && (readProportionalMemory(roots) ?? usage.memory) > limit) {
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
    peak: () => (peakMemory === 0 ? {} : { peak_memory: peakMemory, cpu }),
  };
}
