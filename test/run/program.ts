/** The whole program as a process: bundled from the sources as they are, so that no test runs yesterday's build. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { afterAll } from "vitest";

const sources = join(import.meta.dirname, "../../src");

const made: string[] = [];

afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Bundles the program for the tests of a file; answers with the path of its bin. Removed when they are done. */
export async function buildProgram(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tradewind-program-"));
  made.push(folder);
  const parts = [
    { input: { "cli/bin": join(sources, "cli/bin.ts") }, chunk: "cli/[name]-[hash].js" },
    { input: { launcher: join(sources, "launch/main.ts") }, chunk: "launcher-[name].js" },
  ];
  for (const { input, chunk } of parts) {
    const bundle = await rolldown({ input, platform: "node", external: [/^node:/, "pg-native"], logLevel: "silent" });
    await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].js", chunkFileNames: chunk });
    await bundle.close();
  }
  // What lies beside the compiled modules.
  cpSync(join(sources, "pipeline/catalog/airflow-index.json"), join(folder, "pipeline/catalog/airflow-index.json"));
  cpSync(join(sources, "../python"), join(folder, "python"), { recursive: true });
  return join(folder, "cli/bin.js");
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts `tradewind …` in a folder. */
export function startProgram(bin: string, folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? "", HOME: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, ...output })));
  return { child, ended };
}

/** Runs `tradewind …` in a folder to its end. */
export function runProgram(
  bin: string,
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return startProgram(bin, folder, args, env).ended;
}
