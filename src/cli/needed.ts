/** Code and files that the workspace's pipelines of today need: what a gc must leave, whatever its age. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileWorkspace } from "../workspace/compile-workspace.ts";
import { Failure, unknownName } from "./errors.ts";

export interface Needed {
  /** The environment that is meant. */
  readonly env: string;
  /** Digests; undefined when they cannot all be told, for the reason in `why`. */
  readonly digests: ReadonlySet<string> | undefined;
  readonly why?: string;
  /** Seconds: the longest `store.keep` of that environment's pipelines. */
  readonly keep?: number;
}

/** Reads all pipelines in all environments, dags/ and the `dags` folders. `env` undefined: the workspace's default_env. */
export function findNeeded(root: string, env: string | undefined, dags: readonly string[]): Needed {
  const { pipelines, environments, environment } = compileWorkspace(root, { explain: true });
  if (env !== undefined && !environments.includes(env)) throw unknownName("environment", env, environments);
  const chosen = env ?? environment;
  const stores = pipelines.flatMap((one) => (one.env === chosen && one.resolved ? one.resolved.settings.store : []));
  const keep = stores.flatMap((store) => store.keep ?? []).sort((a, b) => b - a)[0];
  const broken = pipelines.find((one) => one.plan === undefined);
  const elsewhere = stores.some((store) => store.code !== undefined && store.code !== store.url);
  const why = elsewhere
    ? "code and files lie at an address of their own (store.code), which other stores may share: they stay"
    : broken && `${broken.file} has errors in ${broken.env}, so it cannot be told what code it needs: code and files stay`;
  const facts = { env: chosen, ...(keep !== undefined && { keep }) };
  if (why !== undefined) return { ...facts, digests: undefined, why };
  const digests = new Set(pipelines.flatMap((one) => one.plan?.publish.map(({ sha256 }) => sha256) ?? []));
  for (const folder of [join(root, "dags"), ...dags]) for (const digest of digestsUnder(folder, dags.includes(folder))) digests.add(digest);
  return { ...facts, digests };
}

/** Every digest that stands in a Python file under `folder`: dag.py names code and files by it. */
function digestsUnder(folder: string, required: boolean): string[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch (error) {
    if (!required) return [];
    throw new Failure(`--dags ${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const files = names.filter((name) => name.endsWith(".py"));
  return files.flatMap((name) => [...readFileSync(join(folder, name), "utf8").matchAll(/\b[0-9a-f]{64}\b/g)].map(([digest]) => digest));
}
