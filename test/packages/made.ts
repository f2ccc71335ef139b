/** The packages as they are shipped, made once for a test file, and what runs their files. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { makePackages, type PackageKind } from "../../scripts/package.mjs";

/** Where the packages of `kinds` will be when the tests of this file begin; called at its top. */
export function madePackages(kinds: readonly PackageKind[]): Record<PackageKind, string> & { readonly root: string } {
  const root = mkdtempSync(join(tmpdir(), "tradewind packages "));
  const made = { root, wheel: "", npm: "", folder: "", archive: "" };
  beforeAll(async () => void Object.assign(made, await makePackages(join(root, "made"), kinds)));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return made;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end with nothing but `env` in its environment. */
export function runCommand(command: readonly string[], env: NodeJS.ProcessEnv, cwd = "/"): Promise<Ended> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
