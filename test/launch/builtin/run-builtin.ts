/** Built-ins as they run in production: one bundled program, a process each, everything said in variables. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export type Variables = { readonly [name: string]: string };

let program: Promise<string> | undefined;

/** The path of the bundle, made once a process. */
function bundleBuiltins(): Promise<string> {
  program ??= bundle();
  return program;
}

async function bundle(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "tradewind-builtin-"));
  const entry = "virtual:entry";
  const code = `import { runBuiltin } from ${JSON.stringify(join(process.cwd(), "src/launch/builtin/list.ts"))};
process.exitCode = await runBuiltin(process.argv[2], process.env);`;
  const build = await rolldown({
    input: { builtin: entry },
    platform: "node",
    external: [/^node:/, "pg-native"],
    logLevel: "silent",
    plugins: [
      { name: "entry", resolveId: (id) => (id === entry ? `\0${entry}` : null), load: (id) => (id === `\0${entry}` ? code : null) },
    ],
  });
  await build.write({ dir, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" });
  await build.close();
  return join(dir, "builtin.mjs");
}

/** Starts one; only the given variables and PATH are in its environment. */
export async function startBuiltin(name: string, variables: Variables): Promise<Running> {
  const child = spawn(process.execPath, [await bundleBuiltins(), name], {
    env: { PATH: process.env.PATH, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}

/** Runs one to its end. */
export async function runBuiltin(name: string, variables: Variables): Promise<Ended> {
  return (await startBuiltin(name, variables)).ended;
}
