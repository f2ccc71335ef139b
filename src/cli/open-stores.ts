/** The stores that the workspace's pipelines write to: where runs are found. */
import { join } from "node:path";
import type { StoreAddress } from "../protocol/store-address.ts";
import { storeAddress } from "../run/store.ts";
import { type OpenOptions, openStore } from "../storage/open.ts";
import type { Store } from "../storage/store.ts";
import { compileWorkspace } from "../workspace/compile-workspace.ts";
import { readEnvironment } from "../workspace/dotenv.ts";
import { Failure, unknownName } from "./errors.ts";

/** Those of one environment, or of all. */
export function openStores(root: string, env: string | undefined): readonly Store[] {
  const addresses = storeAddresses(root, env);
  const options = openOptions(root);
  return addresses.map((address) => openStore(address, options));
}

/** Where they are, one or more. Pipelines with errors have theirs as long as their settings can be read. */
export function storeAddresses(root: string, env: string | undefined): readonly StoreAddress[] {
  const { pipelines, environments, environment } = compileWorkspace(root, {
    digests: false,
    explain: true,
    ...(env !== undefined && { env }),
  });
  if (env !== undefined && !environments.includes(env)) throw unknownName("environment", env, environments);
  const addresses = new Map<string, StoreAddress>();
  for (const { resolved } of pipelines) {
    if (resolved === undefined) continue;
    const address = storeAddress(root, resolved.settings.store);
    addresses.set(JSON.stringify(address), address);
  }
  if (addresses.size === 0) throw new Failure(`no pipeline can be read in ${env ?? environment}: tradewind check tells why`);
  return [...addresses.values()];
}

/** How the workspace's stores are opened: with .env below the environment, and the local runner's cache. */
export function openOptions(root: string): OpenOptions {
  const environment = readEnvironment(root, process.env);
  if ("problem" in environment) throw new Failure(environment.problem);
  const warn = (message: string) => console.error(`tradewind: ${message}`);
  return { env: environment.env, cache: join(root, ".tradewind", "cache"), warn };
}
