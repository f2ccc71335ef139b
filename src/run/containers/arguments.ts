/** The words after `docker run`: what a container sees and may take. Pure; values of connections are not among them. */
import { containerMemory } from "../../protocol/container-memory.ts";
import type { JobTaskPlan } from "../../protocol/plan.ts";
import type { Request } from "../../protocol/request.ts";
import { connectionVariable } from "../../protocol/request-env.ts";
import { isS3 } from "../../protocol/store-address.ts";
import type { ContainerCli } from "./cli.ts";
import type { ContainerLauncher } from "./launcher.ts";

/** A folder or file of this machine, and where it lies in the container. Both absolute. */
export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface ContainerFacts {
  readonly kind: ContainerCli["kind"];
  readonly name: string;
  readonly image: string;
  /** Of the process that waits for it, as text. */
  readonly runner: string;
  readonly launcher: ContainerLauncher;
  /** Folder of this attempt, with request.json and an empty `work`, `cache` and `home`. */
  readonly folder: string;
  /** Folder for virtual environments and unpacked code of this image. */
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
  /** Undefined when this process may do everything. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Label of every container of ours: the identity of the process that waits for it. */
export const runnerLabel = "tradewind.runner";

const inside = "/tradewind";

export function containerArguments(request: Request, task: JobTaskPlan, facts: ContainerFacts): readonly string[] {
  const { kind, name, image, runner, launcher, folder, cache, user } = facts;
  const { flavor } = task.job;
  const memory = containerMemory(flavor);
  const { names, binds } = passedOn(request, facts.env);
  const mounts = [...launcher.binds, ...binds, ...storeBinds(request), { source: folder, target: inside, readOnly: false }];
  const [program, ...first] = launcher.command;
  return [
    "run",
    "--rm",
    // Its standard input ends when we do, and the launcher in it stops then.
    "--interactive",
    ...["--name", name, "--label", `${runnerLabel}=${runner}`],
    // As for a process: a database on localhost is there, and nothing is published.
    ...["--network", "host"],
    ...(user === undefined ? [] : userArguments(kind, user)),
    ...(memory === undefined ? [] : ["--memory", String(memory), "--memory-swap", String(memory)]),
    ...(flavor?.cpu === undefined ? [] : ["--cpus", String(flavor.cpu)]),
    ...(flavor?.gpu ? (kind === "docker" ? ["--gpus", String(flavor.gpu)] : ["--device", "nvidia.com/gpu=all"]) : []),
    ...[...mounts, { source: cache, target: `${inside}/cache`, readOnly: false }].flatMap((bind) => ["--mount", mountText(bind)]),
    ...["--env", `TMPDIR=${inside}/work`, "--env", `XDG_CACHE_HOME=${inside}/cache`, "--env", `HOME=${inside}/home`],
    ...names.flatMap((variable) => ["--env", variable]),
    ...["--entrypoint", program, image, ...first, "launch", "--attended", "--request", `${inside}/request.json`],
  ];
}

/** What one writes is the other's: files in the store belong to who runs this. */
function userArguments(kind: ContainerCli["kind"], { uid, gid }: { readonly uid: number; readonly gid: number }): readonly string[] {
  return kind === "podman" ? ["--userns", "keep-id"] : ["--user", `${uid}:${gid}`];
}

/** A path that `--mount` cannot carry; undefined when all can. */
export function unmountable(request: Request, facts: Pick<ContainerFacts, "launcher" | "folder" | "cache">): string | undefined {
  const sources = [...facts.launcher.binds, ...storeBinds(request)].map(({ source }) => source);
  return [...sources, facts.folder, facts.cache].find((path) => /[,"\n]/.test(path));
}

function mountText({ source, target, readOnly }: Bind): string {
  return `type=bind,source=${source},target=${target}${readOnly ? ",readonly" : ""}`;
}

/** The store's folders and the files that go into ports by their paths, where they lie here too. */
function storeBinds({ store, inputs }: Request): readonly Bind[] {
  const folders = [store.url, ...(store.code === undefined ? [] : [store.code])].filter((url) => !isS3(url));
  const paths = Object.values(inputs).flatMap(({ sources }) => sources.flatMap((one) => (one.kind === "path" ? [one.path] : [])));
  return [
    ...[...new Set(folders)].map((url) => ({ source: url, target: url, readOnly: false })),
    ...[...new Set(paths)].map((path) => ({ source: path, target: path, readOnly: true })),
  ];
}

const certificates = new Set([
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
  "PIP_CERT",
  "AWS_CA_BUNDLE",
]);
const usual = /^(LANG|LANGUAGE|TZ|LC_[A-Z]+|(https?|ftp|all|no)_proxy|(PIP|UV)_[A-Z0-9_]+|NPM_CONFIG_REGISTRY)$/i;

/** Variables that the container takes from our environment, by name: their values are on no command line. */
function passedOn(request: Request, env: NodeJS.ProcessEnv): { readonly names: readonly string[]; readonly binds: readonly Bind[] } {
  const { connections, store, package_index } = request;
  const ids = [...connections, ...[store.connection, package_index?.connection].filter((id) => id !== undefined)];
  const secrets = ids.flatMap((id) => [`AIRFLOW_CONN_${id.toUpperCase()}`, connectionVariable(id)]);
  const wanted = (name: string) => usual.test(name) || (isS3(store.url) && name.startsWith("AWS_"));
  const names: string[] = [];
  const binds: Bind[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === "") continue;
    if (certificates.has(name)) {
      if (!value.startsWith("/") || /[,"\n]/.test(value)) continue;
      names.push(name);
      binds.push({ source: value, target: value, readOnly: true });
      // What is a path here is none there.
    } else if (secrets.includes(name) || (wanted(name) && !value.startsWith("/"))) names.push(name);
  }
  const once = new Map(binds.map((bind) => [bind.source, bind]));
  return { names: names.sort(), binds: [...once.values()] };
}
