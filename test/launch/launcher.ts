/** The launcher as a process: bundled as it is shipped, started as Airflow starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { afterAll, beforeAll } from "vitest";
import type { Request } from "../../src/protocol/request.ts";

interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Ran>;
  stdout(): string;
}

/** Bundles the launcher once for all tests of a file; called at its top. Answers with where launcher.js will be. */
export function bundleLauncher(): string {
  const folder = mkdtempSync(join(tmpdir(), "tradewind-launcher-"));
  beforeAll(() => bundleInto(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "launcher.js");
}

async function bundleInto(folder: string): Promise<void> {
  const input = new URL("../../src/launch/main.ts", import.meta.url).pathname;
  const bundle = await rolldown({ input: { launcher: input }, platform: "node", external: [/^node:/, "pg-native"], logLevel: "silent" });
  await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].js", chunkFileNames: "launcher-[name].js" });
  await bundle.close();
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
}

/** Starts `launcher.js launch --request` in a session of its own, with scratch and cache under `folder`. */
export function startLauncher(launcher: string, folder: string, request: Request, env: NodeJS.ProcessEnv = {}): Running {
  const file = join(folder, `request-${Math.random().toString(36).slice(2)}.json`);
  writeFileSync(file, JSON.stringify(request));
  return startCommand([launcher, "launch", "--request", file], folder, env);
}

export function startCommand(args: readonly string[], folder: string, env: NodeJS.ProcessEnv): Running {
  const surroundings = { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: join(folder, "cache"), TMPDIR: join(folder) };
  const child = spawn(process.execPath, args, { env: { ...surroundings, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const done = new Promise<Ran>((resolve) =>
    child.once("exit", (code, signal) => setTimeout(() => resolve({ code, signal, stdout, stderr }), 20)),
  );
  return { child, done, stdout: () => stdout };
}

/** Living processes (no zombies) whose environment or command line holds `text`. */
export function processesWith(text: string): number[] {
  const found: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      if (stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z")) continue;
      if (readFileSync(`/proc/${name}/environ`).includes(text) || readFileSync(`/proc/${name}/cmdline`).includes(text))
        found.push(Number(name));
    } catch {
      // Gone meanwhile.
    }
  }
  return found;
}

/** Waits until `check` holds; throws after `seconds`. */
export async function until(check: () => boolean, what: string, seconds = 10): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!check()) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
