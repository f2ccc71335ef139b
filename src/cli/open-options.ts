/** How the workspace's stores are opened. */
import { join } from "node:path";
import type { OpenOptions } from "../storage/open.ts";
import { readEnvironment } from "../workspace/dotenv.ts";
import { Failure } from "./errors.ts";

/** With .env below the environment, and the local runner's cache. */
export function openOptions(root: string): OpenOptions {
  const environment = readEnvironment(root, process.env);
  if ("problem" in environment) throw new Failure(environment.problem);
  const warn = (message: string) => console.error(`tradewind: ${message}`);
  return { env: environment.env, cache: join(root, ".tradewind", "cache"), warn };
}
