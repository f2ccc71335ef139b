/**
 * The launcher as a process: `tradewind launch [--attended] [--request FILE]` runs one attempt of the request in its environment,
 * `tradewind builtin NAME` a built-in operator. Bundled into one file with nothing that is not needed: it starts once per task.
 */
import { EXIT } from "../protocol/exit.ts";
import { openCodeStore, openStore } from "../storage/open.ts";
import { cacheFolder, requireOwn, workFolder } from "./cache-folder.ts";
import { failureOf } from "./failure.ts";
import { launch } from "./launch.ts";
import { dropOwnLibraries } from "./places.ts";
import { printEvent, printJson, surviveClosedOutput } from "./print.ts";
import { readRequest } from "./read-request.ts";

/** Answers with the exit code. */
export async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [command, ...rest] = args;
  surviveClosedOutput();
  if (command === "builtin") return runBuiltin(rest[0], env);
  if (command === "launch") return runLaunch(rest, env);
  process.stderr.write(`tradewind: unknown command ${JSON.stringify(command ?? "")}; this program knows launch and builtin NAME\n`);
  return EXIT.usage;
}

async function runLaunch(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const attended = args[0] === "--attended";
  const file = requestFile(attended ? args.slice(1) : args);
  if (file instanceof Error) return refuse(file.message, EXIT.usage);
  const request = readRequest(file, env);
  if ("problem" in request) return refuse(request.problem, request.exit_code);
  const cancel = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => cancel.abort(`the launcher got ${signal}`));
  if (env.AIRFLOW_CTX_DAG_ID !== undefined)
    watchParent(() => cancel.abort("Airflow's task runner, which had started the launcher, is gone"));
  if (attended) watchInput(() => cancel.abort("the run that had started the launcher is gone"));
  const show = attended ? printJson : printEvent;
  try {
    const work = workFolder();
    requireOwn(work);
    const cache = cacheFolder(env, work);
    const opening = { env, cache, warn: (message: string) => show({ at: new Date().toISOString(), event: "warning", message }) };
    const store = openStore(request.store, opening);
    const code = openCodeStore(request.store, opening, store);
    const deps = { store, code, env, work, cache, onEvent: show, signal: cancel.signal };
    return (await launch(request, deps)).exit_code;
  } catch (error) {
    const { message, exit_code } = failureOf(error);
    return refuse(message, exit_code);
  }
}

/**
 * When Airflow's task runner dies without a word, Airflow starts the next try elsewhere; this one must not work beside it.
 * (Its `ppid` changes then. Started by hand, a launcher may well outlive its parent.)
 */
function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && onGone(), 1000).unref();
}

/** A local run holds the other end as long as it lives, through whatever stands between it and this container. */
function watchInput(onGone: () => void): void {
  process.stdin.on("end", onGone).on("error", onGone).resume();
  // It must not keep this process.
  process.stdin.unref?.();
}

/** `--request FILE` or `--request=FILE`; the one option, so it is read by hand. */
function requestFile(args: readonly string[]): string | undefined | Error {
  const [option, ...rest] = args;
  if (option === undefined) return undefined;
  if (option.startsWith("--request=") && rest.length === 0) return option.slice("--request=".length);
  const [file, ...more] = rest;
  if (option === "--request" && file !== undefined && more.length === 0) return file;
  return new Error(
    `this does not know ${JSON.stringify(args.join(" "))}; it takes --request FILE, or no argument and the request in its environment`,
  );
}

async function runBuiltin(name: string | undefined, env: NodeJS.ProcessEnv): Promise<number> {
  const { runBuiltin: run } = await import("./builtin/list.ts");
  return run(name, env);
}

function refuse(message: string, code: number): number {
  process.stdout.write(`tradewind: ${message}\n`);
  return code;
}

dropOwnLibraries(process.env);
process.exitCode = await main(process.argv.slice(2), process.env);
// What was given up (a copy from a drive that hangs) must not keep the process; a timer without a reference keeps it no longer itself.
setTimeout(() => process.exit(), 2000).unref();
