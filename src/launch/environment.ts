/** All that surrounds the script: its code, its Python, its variables. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Request } from "../protocol/request.ts";
import { readConnections, readConnectionText, requireConnections } from "./connections.ts";
import type { LaunchDeps } from "./deps.ts";
import type { Journal } from "./journal.ts";
import type { Masker } from "./mask.ts";
import { runnerFile } from "./places.ts";
import type { Scratch } from "./scratch.ts";
import { provideShim } from "./shim.ts";
import { type Ports, passedVariables, scriptVariables, taskFileText } from "./variables.ts";

export interface Surroundings {
  readonly scratch: Scratch;
  readonly ports: Ports;
  readonly journal: Journal;
  readonly masker: Masker;
  /** Aborted when there is no more time for it, or the task is cancelled. */
  readonly signal: AbortSignal;
}

/** Prepares the scratch folder; answers with the script's environment variables. */
export async function prepareEnvironment(
  request: Request,
  deps: LaunchDeps,
  { scratch, ports, journal, masker, signal }: Surroundings,
): Promise<{ readonly [name: string]: string }> {
  const connections = readConnections(request, deps.env);
  requireConnections(request, connections);
  const path = [await provideShim(deps.cache)];
  const more: Record<string, string> = { TRADEWIND_RUNNER: runnerFile() };
  // Loaded only when needed: most tasks have neither, and every task pays for what is loaded.
  if (request.code !== undefined)
    await (await import("./code.ts")).provideCode(request.code, deps.code ?? deps.store, deps.cache, scratch.work);
  if (request.python !== undefined) {
    const { package_index: index } = request;
    const env = await installerVariables(request, deps);
    const onLine = (line: string): void => journal.log("launcher", masker.mask(line));
    const { providePython } = await import("./python.ts");
    const folder = await providePython(request.python, { cache: deps.cache, env, ...(index && { index }), onLine, signal });
    more.VIRTUAL_ENV = folder;
    path.unshift(join(folder, "bin"));
  }
  writeFileSync(scratch.taskFile, taskFileText(request, ports), { mode: 0o600 });
  return scriptVariables(request, deps.env, scratch, ports, connections, more, path);
}

/** What pip and uv see: the worker's own settings, and over them the index that the request names. */
async function installerVariables({ package_index: index }: Request, { env }: LaunchDeps): Promise<{ readonly [name: string]: string }> {
  const passed = passedVariables(env);
  if (index === undefined) return passed;
  const { installerEnvironment } = await import("./package-index.ts");
  return installerEnvironment(passed, index, index.connection === undefined ? undefined : readConnectionText(index.connection, env));
}
