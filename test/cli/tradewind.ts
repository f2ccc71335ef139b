/** The command line as its users have it: real processes of the built `tradewind`, in folders of their own. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

const bin = process.env.TRADEWIND_BIN ?? join(import.meta.dirname, "..", "..", "dist", "cli", "bin.js");

export interface Done {
  /** Exit code; 128 + the signal's number does not occur: a signal is a failure of the test. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunIn {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it counts as hanging. */
  readonly timeout?: number;
}

/** Runs `tradewind …args`; the environment is the least that a command needs, without colour or CI variables of this machine. */
export function tradewind(args: readonly string[], { cwd, env = {}, timeout = 20_000 }: RunIn): Promise<Done> {
  if (!existsSync(bin)) throw new Error("dist/cli/bin.js is missing: build it first with node scripts/build.mjs");
  return new Promise((resolve, reject) => {
    const base = { PATH: process.env.PATH ?? "", HOME: cwd, LANG: "C.UTF-8", TMPDIR: tmpdir() };
    const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...base, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), timeout);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === null)
        reject(new Error(`tradewind ${args.join(" ")} ended by ${signal} (after ${timeout} ms it is killed)\n${stdout}${stderr}`));
      else resolve({ code, stdout, stderr });
    });
  });
}

const made: string[] = [];

afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder, removed when the test file is done. */
export function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tradewind-cli-")));
  made.push(folder);
  return folder;
}

/** A folder with these files. */
export function makeWorkspace(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = makeFolder();
  writeFiles(root, files);
  return root;
}

export function writeFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** A small workspace without faults: one operator, one pipeline, two environments. */
export const sound: Readonly<Record<string, string>> = {
  "tradewind.yaml": "default_env: dev\nvars: { limit: 10 }\n",
  "env/dev.yaml": "vars: {}\n",
  "env/prod.yaml": "vars: { limit: 1000 }\n",
  "operators/head/operator.yaml": `operator: head
description: The first rows of a table.
params:
  rows: { type: integer, minimum: 1, maximum: 5000, description: How many. }
inputs:
  table: { type: csv }
outputs:
  rows: { type: csv }
job:
  execution_time: 1 minute
  execution_script: head -n "$((PARAM_ROWS + 1))" "$INPUT_TABLE" > "$OUTPUT_ROWS"
`,
  "pipelines/orders.yaml": `dag:
  name: orders
  schedule: "0 3 * * *"
  start_date: 2026-01-01
tasks:
  first:
    rows:
      operator_type: head
      inputs: { table: ./pipelines/orders.csv }
      rows: \${limit}
`,
  "pipelines/orders.csv": "id,amount\n1,2\n",
};

/** What no user may ever see: a stack trace, an internal error. */
export const trace = /^\s+at .*[:(]\d+|node:internal|internal error|UnhandledPromise/m;
