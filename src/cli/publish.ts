/** `tradewind publish`: what dag.py names by digest is put into the store, and dags/<env> where Airflow reads it. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import type { Plan } from "../protocol/plan.ts";
import { isS3, parseS3Url, s3Url } from "../protocol/store-address.ts";
import { storeAddress } from "../run/store.ts";
import { type OpenOptions, openCodeStore, openStore } from "../storage/open.ts";
import { compileWorkspace } from "../workspace/compile-workspace.ts";
import { publishItems } from "../workspace/publish.ts";
import { countText } from "./diagnostics.ts";
import { Failure, UsageError, unknownName } from "./errors.ts";
import { openOptions } from "./open-options.ts";
import { openWorkspace } from "./open-workspace.ts";
import { pipelineArgument, type SettingsOptions, type WorkspaceOption, withExamples, withSettings, withWorkspace } from "./options.ts";
import { ownOperatorFiles } from "./own-operator-files.ts";
import { planPipeline } from "./plan-pipeline.ts";

interface Options extends WorkspaceOption, SettingsOptions {
  readonly dags?: string;
}

export function publishCommand(): Command {
  const command = new Command("publish")
    .description("put code and files that pipelines name by digest into the environment's store")
    .addArgument(pipelineArgument(false))
    .addOption(new Option("--dags <dir|s3 url>", "copy dags/<env> there too, each file at once"))
    .action((pipeline: string | undefined, options: Options) => publish(pipeline, options));
  withSettings(withWorkspace(command), "the workspace's default_env");
  return withExamples(
    command,
    "tradewind publish --env prod --dags /srv/airflow/dags",
    "tradewind publish --env prod --dags s3://airflow-dags/team",
  );
}

async function publish(pipeline: string | undefined, options: Options): Promise<void> {
  const root = openWorkspace(options);
  const opening = openOptions(root);
  const plans = pipeline === undefined ? planAll(root, options) : [await planPipeline(root, pipeline, options)];
  for (const plan of plans) {
    const address = storeAddress(root, plan.store);
    const store = openCodeStore(address, opening, openStore(address, opening));
    const published = await publishItems(root, plan.publish, store);
    const written = published.filter((one) => one.written);
    console.log(`${plan.dag.dag_id}: ${written.length} of ${published.length} put into ${store.url}`);
    for (const { item, key } of written) console.log(`  ${item.kind === "code" ? item.folder || "." : item.path} → ${key}`);
  }
  if (options.dags !== undefined) await copyDags(root, plans, openTarget(options.dags, root, plans, opening));
}

/** Where Airflow reads its DAGs. */
interface DagsTarget {
  readonly name: string;
  /** Puts the file `source` at a path below the target. */
  readonly put: (source: string, path: string) => Promise<void>;
}

/** A bucket is reached as the store is: same server, same credentials. */
function openTarget(dags: string, root: string, plans: readonly Plan[], opening: OpenOptions): DagsTarget {
  if (!isS3(dags)) {
    const folder = resolve(dags);
    return { name: folder, put: (source, path) => copyWhole(source, join(folder, path)) };
  }
  const parsed = parseS3Url(dags);
  if ("problem" in parsed) throw new UsageError(`--dags ${dags} ${parsed.problem}`);
  const [plan] = plans;
  const { code: _, ...address } = plan ? storeAddress(root, plan.store) : { url: "", code: "" };
  const store = openStore({ ...address, url: s3Url(parsed) }, opening);
  return {
    name: store.url,
    async put(source, path) {
      await store.putFile(path, source);
    },
  };
}

function planAll(root: string, options: SettingsOptions): readonly Plan[] {
  const set = new Map(Object.entries(options.set ?? {}));
  const usual = compileWorkspace(root, { digests: false });
  const env = options.env ?? usual.environment;
  if (!usual.environments.includes(env)) throw unknownName("environment", env, usual.environments);
  const { pipelines, diagnostics } = compileWorkspace(root, { env, set });
  const broken = pipelines.filter((one) => one.plan === undefined);
  if (broken.length > 0) {
    const names = broken.map((one) => one.file).join(", ");
    throw new Failure(`${names}: ${countText(diagnostics)} in ${env}, nothing was published; tradewind check --env ${env} shows them`);
  }
  return pipelines.flatMap((one) => one.plan ?? []);
}

/** Files that are there already and are not ours stay; a reader sees an old file or the new one, never half of it. */
async function copyDags(root: string, plans: readonly Plan[], target: DagsTarget): Promise<void> {
  const [env] = new Set(plans.map((plan) => plan.env));
  if (env === undefined) return;
  const source = join(root, "dags", env);
  const wanted = plans.map((plan) => `${plan.dag.dag_id}.py`);
  const missing = wanted.filter((name) => !existsSync(join(source, name)));
  const stale = plans.filter((plan) => !isCurrent(join(source, `${plan.dag.dag_id}.py`), plan)).map((plan) => `${plan.dag.dag_id}.py`);
  if (missing.length > 0) throw new Failure(`dags/${env} lacks ${missing.join(", ")}: run tradewind compile --env ${env} first`);
  if (stale.length > 0) throw new Failure(`dags/${env} is not current (${stale.join(", ")}): run tradewind compile --env ${env} first`);
  for (const name of wanted) await target.put(join(source, name), name);
  console.log(`${wanted.length} dag ${wanted.length === 1 ? "file" : "files"} of ${env} copied to ${target.name}`);
  await copyOwnOperators(root, plans, target);
}

/** The team's own Airflow operators, into the package below the DAGs from which dag.py imports them. */
async function copyOwnOperators(root: string, plans: readonly Plan[], target: DagsTarget): Promise<void> {
  const sources = ownOperatorFiles(root, plans);
  for (const [path, source] of sources) await target.put(source, path);
  if (sources.size > 0)
    console.log(`${sources.size} Python ${sources.size === 1 ? "file" : "files"} of operators copied to ${target.name}`);
}

/** Airflow reads *.py only: a name that ends otherwise is not seen before it is whole. */
async function copyWhole(source: string, target: string): Promise<void> {
  const copy = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}`);
  await mkdir(dirname(target), { recursive: true });
  try {
    await copyFile(source, copy);
    await rename(copy, target);
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  }
}

/** The header of a dag.py names the digest of its sources. */
function isCurrent(path: string, plan: Plan): boolean {
  return !existsSync(path) || readFileSync(path, "utf8").includes(plan.source.digest);
}
