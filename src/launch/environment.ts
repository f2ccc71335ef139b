/** All that surrounds the script: its code, its Python, its variables. */
import { writeFile } from "node:fs/promises";
import type { Request } from "../protocol/request.ts";
import { readConnections, requireConnections } from "./connections.ts";
import type { LaunchDeps } from "./deps.ts";
import type { Scratch } from "./scratch.ts";
import { provideShim } from "./shim.ts";
import { type Ports, scriptVariables, taskFileText } from "./variables.ts";

/** Prepares the scratch folder; answers with the script's environment variables. */
export async function prepareEnvironment(
  request: Request,
  deps: LaunchDeps,
  scratch: Scratch,
  ports: Ports,
): Promise<{ readonly [name: string]: string }> {
  const connections = readConnections(request, deps.env);
  requireConnections(request, connections);
  const path = [await provideShim(deps.cache)];
  await writeFile(scratch.taskFile, taskFileText(request, ports), { mode: 0o600 });
  return scriptVariables(request, deps.env, scratch, ports, connections, {}, path);
}
