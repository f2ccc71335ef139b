/** Processes that belong together, for a test: in a home of their own, on free ports, and all gone with `stop` or with the test itself. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Lab {
  /** Folder of all that they write; `dags/` is in it. */
  readonly home: string;
  readonly dags: string;
  /** Starts a process that stays; its id. */
  start(name: string, env: NodeJS.ProcessEnv, command: string, ...args: readonly string[]): number;
  /** Runs one to its end; throws with what it said when that is no success. */
  run(name: string, env: NodeJS.ProcessEnv, command: string, ...args: readonly string[]): Promise<void>;
  /** What one of them printed. */
  log(name: string): string;
  /** Waits until `isReady`; throws with what they said when one has ended, or the seconds are over. */
  untilReady(seconds: number, isReady: () => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
}

export function openLab(name: string): Lab {
  const home = mkdtempSync(join(tmpdir(), `tradewind-${name}-`));
  const dags = join(home, "dags");
  mkdirSync(dags);
  const mark = randomBytes(12).toString("hex");
  const guard = startGuard(`TRADEWIND_LAB=${mark}`);
  const running = new Map<string, ChildProcess>();
  const log = (one: string) => readFileSync(join(home, `${one}.out`), "utf8");
  const begin = (one: string, env: NodeJS.ProcessEnv, command: string, args: readonly string[]): ChildProcess => {
    const out = openSync(join(home, `${one}.out`), "a");
    const child = spawn(command, args, {
      env: { ...env, TRADEWIND_LAB: mark },
      cwd: home,
      detached: true,
      stdio: ["ignore", out, out],
    });
    closeSync(out);
    child.on("error", () => {});
    if (child.pid !== undefined) guard.stdin?.write(`${child.pid}\n`);
    return child;
  };
  return {
    home,
    dags,
    log,
    start(one, env, command, ...args) {
      const child = begin(one, env, command, args);
      running.set(one, child);
      return child.pid ?? 0;
    },
    async run(one, env, command, ...args) {
      const [code] = await once(begin(one, env, command, args), "close");
      if (code !== 0) throw new Error(`${one} ended with ${code}:\n${log(one).slice(-3000)}`);
    },
    async untilReady(seconds, isReady) {
      const fallen = () => [...running].filter(([, { exitCode, signalCode }]) => exitCode !== null || signalCode !== null);
      const ready = await until(seconds, () => fallen().length > 0 || isReady().catch(() => false));
      const blamed = fallen().length > 0 ? fallen() : ready ? [] : [...running];
      if (blamed.length > 0) throw new Error(blamed.map(([one]) => `${one} is not up:\n${log(one).slice(-2000)}`).join("\n"));
    },
    async stop() {
      guard.stdin?.end();
      await once(guard, "close");
      rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Asks until it is true; false when the seconds are over. */
export async function until(seconds: number, isTrue: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await isTrue()) return true;
    await sleep(100);
  }
  return false;
}

/** A port of 127.0.0.1 that nobody has just now. */
export function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.on("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => found(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** A process of its own: what it watches for is our end. */
function startGuard(mark: string): ChildProcess {
  const guard = spawn(process.execPath, [join(import.meta.dirname, "lab-guard.mjs"), mark], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  guard.stdin?.on("error", () => {});
  return guard;
}
