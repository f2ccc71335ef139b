/** The stores that the workspace's pipelines write to: where runs are found. */
import { storeAddress } from "../run/store.ts";
import { openStore } from "../storage/open.ts";
import type { Store } from "../storage/store.ts";
import { compileWorkspace } from "../workspace/compile-workspace.ts";
import { Failure, unknownName } from "./errors.ts";

/** Those of one environment, or of all. Pipelines with errors have theirs as long as their settings can be read. */
export function openStores(root: string, env: string | undefined): readonly Store[] {
  const { pipelines, environments, environment } = compileWorkspace(root, {
    digests: false,
    explain: true,
    ...(env !== undefined && { env }),
  });
  if (env !== undefined && !environments.includes(env)) throw unknownName("environment", env, environments);
  const urls = new Set(pipelines.flatMap((one) => one.resolved?.settings.store.url ?? []));
  if (urls.size === 0) throw new Failure(`no pipeline can be read in ${env ?? environment}: tradewind check tells why`);
  return [...urls].map((url) => openStore(storeAddress(root, url)));
}
