/**
 * A virtual environment, made once per content under the cache and used by every launch that asks for the same. It is built
 * in a folder of its own and becomes visible by a small file that is linked last; so half an environment is never used, even
 * when its builder is killed, and a builder that lost the race has only lost time.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, readdir, readFile, rm, stat, unlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { EXIT } from "../protocol/exit.ts";
import { canonicalJson } from "../protocol/json.ts";
import type { PackageIndexPlan, PythonPlan } from "../protocol/plan.ts";
import { sha256 } from "./digest.ts";
import { diskFull, Failure } from "./failure.ts";
import { withLock } from "./lock.ts";
import { createMasker } from "./mask.ts";
import { createOutput } from "./output.ts";
import { runProcess } from "./spawn.ts";
import { isUnseen, markUsed, measureFolder } from "./used.ts";

/** Milliseconds. */
const unusedTime = 30 * 86_400_000;

export interface PythonTools {
  /** Absolute folder; environments are in its `python/`. */
  readonly cache: string;
  /** Where packages come from, when the settings say it: another place, another environment. `env` has what the installers read of it. */
  readonly index?: PackageIndexPlan;
  /** Variables for the installer. */
  readonly env: { readonly [name: string]: string };
  /** Told every line that the installer prints, and what is being made. */
  readonly onLine: (line: string) => void;
  /** Aborted with the reason to stop. */
  readonly signal: AbortSignal;
}

/** The folder of the environment; its `bin` goes in front of PATH. Throws a Failure that says what is missing. */
export async function providePython(plan: PythonPlan, tools: PythonTools): Promise<string> {
  const [uv] = allOnPath("uv", tools.env.PATH);
  const candidates = interpretersOf(plan.version, tools.env.PATH);
  const key = sha256(
    canonicalJson({ plan, index: sourcesOf(tools.index), candidates, platform: process.platform, arch: process.arch }),
  ).slice(0, 32);
  const root = join(tools.cache, "python");
  const ready = join(root, `${key}.ready`);
  const known = await readReady(root, ready);
  if (known !== undefined) return known;
  await mkdir(root, { recursive: true });
  return withLock(join(root, `${key}.lock`), tools.signal, async () => {
    const made = await readReady(root, ready);
    if (made !== undefined) return made;
    await removeAbandoned(root, key);
    const name = `${key}-${randomBytes(4).toString("hex")}`;
    const folder = join(root, name);
    try {
      const interpreter = await findInterpreter(candidates, plan.version, tools.env);
      if (interpreter === undefined && uv === undefined) throw noPython(plan.version);
      await build(plan, uv, interpreter, folder, tools);
      const draft = `${folder}.ready`;
      const { files, bytes } = measureFolder(folder);
      await writeFile(draft, `${name} ${files} ${bytes}`);
      // An environment whose interpreter is gone may be in the way.
      await unlink(ready).catch(() => {});
      await link(draft, ready).catch(() => {});
      await unlink(draft);
      await removeUnused(root).catch(() => {});
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    return folder;
  });
}

/** Who asks does not matter. */
function sourcesOf({ connection: _, ...sources }: PackageIndexPlan = {}): PackageIndexPlan {
  return sources;
}

/**
 * The finished environment; undefined when there is none, its interpreter has been removed from the machine, or it is no longer what was
 * made: some of it was taken by a cleaner of /tmp, or a script installed more into it. That is looked for at most once an hour.
 */
async function readReady(root: string, ready: string): Promise<string | undefined> {
  const facts = await stat(ready).catch(() => undefined);
  const [name, files, bytes] = (await readFile(ready, "utf8").catch(() => "")).split(" ");
  if (facts === undefined || !name) return undefined;
  const folder = join(root, name);
  if (!existsSync(join(folder, "bin", "python"))) return undefined;
  if (!isUnseen(facts.mtimeMs)) return folder;
  const found = measureFolder(folder);
  if (`${found.files} ${found.bytes}` !== `${files} ${bytes}`) return undefined;
  markUsed(ready);
  return folder;
}

/** Environments that nobody used for a month, when a new one is made: versions of requirements come and go. */
async function removeUnused(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.endsWith(".ready")) continue;
    const ready = join(root, name);
    const facts = await stat(ready).catch(() => undefined);
    if (facts === undefined || Date.now() - facts.mtimeMs < unusedTime) continue;
    const [folder] = (await readFile(ready, "utf8").catch(() => "")).split(" ");
    await unlink(ready).catch(() => {});
    if (folder?.startsWith(name.slice(0, 32))) await rm(join(root, folder), { recursive: true, force: true });
  }
}

/** Folders of builders that were killed. A living one elsewhere touches its folder more often than this. */
async function removeAbandoned(root: string, key: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith(`${key}-`)) continue;
    const facts = await stat(join(root, name)).catch(() => undefined);
    if (facts && Date.now() - facts.mtimeMs > 3_600_000) await rm(join(root, name), { recursive: true, force: true });
  }
}

async function build(
  plan: PythonPlan,
  uv: string | undefined,
  interpreter: string | undefined,
  folder: string,
  tools: PythonTools,
): Promise<void> {
  const python = join(folder, "bin", "python");
  const requirements = `${folder}.txt`;
  const lines = [...plan.packages, ...(plan.requirements === undefined ? [] : [plan.requirements])];
  tools.onLine(
    `making a Python environment with ${plan.packages.join(", ") || (plan.requirements === undefined ? "no packages" : "requirements.txt")} (once)`,
  );
  if (uv === undefined) await step([interpreter ?? "python3", "-m", "venv", folder], plan, tools);
  else await step([uv, "venv", "--quiet", "--no-project", "--python", interpreter ?? plan.version ?? "python3", folder], plan, tools);
  if (lines.length === 0) return;
  await writeFile(requirements, `${lines.join("\n")}\n`);
  try {
    if (uv === undefined) {
      await step([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r", requirements], plan, tools);
    } else {
      const sources = tools.index && tools.index.index_url === undefined ? ["--no-index"] : [];
      await step([uv, "pip", "install", "--quiet", ...sources, "--python", python, "-r", requirements], plan, tools);
    }
  } finally {
    await rm(requirements, { force: true });
  }
}

async function step(command: readonly [string, ...string[]], plan: PythonPlan, tools: PythonTools): Promise<void> {
  const said: string[] = [];
  const output = createOutput(createMasker([]), {
    line: (_, line) => {
      said.push(line);
      if (said.length > 15) said.shift();
      tools.onLine(line);
    },
    note: tools.onLine,
  });
  const { signal, env } = tools;
  const options = { command, cwd: tools.cache, env, grace: 1, signal };
  const ended = await runProcess({ ...options, onOutput: (stream, chunk) => output.write(stream, chunk) });
  output.end();
  signal.throwIfAborted();
  if (ended.code === 0) return;
  const text = said.join("\n");
  if (/No space left on device|ENOSPC|Errno 28/.test(text)) throw new Failure(diskFull(`making a Python environment in ${tools.cache}`));
  const packages = [...plan.packages, ...(plan.requirements === undefined ? [] : ["requirements.txt"])].join(", ");
  const from = tools.index?.index_url ?? tools.index?.find_links?.[0];
  const what = packages === "" || from === undefined ? packages : `${packages} from ${from}`;
  const last = said
    .filter((line) => line.trim() !== "")
    .slice(-4)
    .join(" ⏎ ");
  const message = `the Python environment${what === "" ? "" : ` with ${what}`} could not be made: ${last || `${command[0]} ended with ${ended.code ?? ended.signal}`}`;
  throw new Failure({ reason: "code", origin: "platform", retryable: true, exit_code: EXIT.unavailable, message });
}

/** Programs on PATH that may be the wanted interpreter, in the order in which they are tried. */
function interpretersOf(version: string | undefined, path: string | undefined): readonly string[] {
  const names = version === undefined ? ["python3", "python"] : [`python${version}`, "python3", "python"];
  return names.flatMap((name) => allOnPath(name, path));
}

/** The first that starts and has the version: a version manager's stand-in may do neither. */
async function findInterpreter(
  candidates: readonly string[],
  version: string | undefined,
  env: PythonTools["env"],
): Promise<string | undefined> {
  for (const candidate of candidates) {
    const code = "import sys, venv; print('%d.%d.%d' % sys.version_info[:3])";
    const found = await promisify(execFile)(candidate, ["-c", code], { env, timeout: 20_000 }).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    );
    if (found !== undefined && (version === undefined || found === version || found.startsWith(`${version}.`))) return candidate;
  }
  return undefined;
}

function allOnPath(name: string, path: string | undefined): string[] {
  const folders = (path ?? "").split(delimiter).filter((folder) => folder.startsWith("/"));
  return folders.map((folder) => join(folder, name)).filter((file) => existsSync(file));
}

function noPython(version: string | undefined): Failure {
  const wanted = version === undefined ? "python3" : `python${version}`;
  const message = `the job wants ${version === undefined ? "Python" : `Python ${version}`}, but ${wanted} is not on PATH; install it on this machine, or install uv, which brings its own`;
  // Another worker may have it.
  return new Failure({ reason: "code", origin: "platform", retryable: true, exit_code: EXIT.config, message });
}
