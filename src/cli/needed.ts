/** Code and files that the workspace's pipelines of today need: what a gc must leave, whatever its age. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
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

/** Every digest that stands in a Python file under `folder`: dag.py names code and files by it. What cannot be read may name any. */
function digestsUnder(folder: string, required: boolean): string[] {
  if (!required && !existsSync(folder)) return [];
  try {
    const files = pythonFiles(folder, new Set());
    return files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/\b[0-9a-f]{64}\b/g)].map(([digest]) => digest));
  } catch (error) {
    const what = required ? `--dags ${folder}` : folder;
    throw new Failure(`${what} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Links are followed, as Airflow does: what brings DAGs from git often leaves one. `seen`: real paths of folders. */
function pythonFiles(folder: string, seen: Set<string>): string[] {
  const real = realpathSync(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  return readdirSync(real, { withFileTypes: true }).flatMap((entry) => {
    const path = join(real, entry.name);
    const kind = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
    if (kind?.isDirectory()) return pythonFiles(path, seen);
    return kind?.isFile() && entry.name.endsWith(".py") ? [path] : [];
  });
}
