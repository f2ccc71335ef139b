/** An Airflow of this machine's own: a virtual environment with pinned packages and a migrated database, made once in the user's cache. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { access, constants, mkdir, readFile, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cacheFolder, requireOwn, workFolder } from "../../launch/cache-folder.ts";
import { Failure } from "../../launch/failure.ts";
import { providePython } from "../../launch/python.ts";
import { runProcess } from "../../launch/spawn.ts";
import { passedVariables } from "../../launch/variables.ts";

/** Versions that a list of pinned packages is there for. */
export const airflowVersions = ["3.3", "2.11"] as const;

export type AirflowVersion = (typeof airflowVersions)[number];

export interface AirflowEnvironment {
  readonly version: AirflowVersion;
  /** Folder with `python` and `airflow`. */
  readonly bin: string;
  /** A migrated SQLite database, to be copied. */
  readonly database: string;
}

/** Airflow could not be set up, reached or used: one sentence for a person. */
export class AirflowError extends Error {
  override readonly name = "AirflowError";
}

export interface SetUp {
  readonly env: NodeJS.ProcessEnv;
  /** Told what takes time. */
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Makes it, or finds it made. Throws AirflowError. */
export async function provideAirflow(version: AirflowVersion, { env, onLine, signal }: SetUp): Promise<AirflowEnvironment> {
  const requirements = await readFile(companion(`airflow-${version}.txt`), "utf8");
  const cache = await userCache(env);
  const python = await choosePython(env);
  const plan = { packages: [], requirements, ...(python !== undefined && { version: python }) };
  const count = requirements.trim().split("\n").length;
  const said = (line: string) => onLine(line.startsWith("making ") ? `setting up Airflow ${version}: ${count} packages (once)` : line);
  const folder = await providePython(plan, { cache, env: passedVariables(env), onLine: said, signal }).catch((error: unknown) => {
    if (error instanceof Failure) throw new AirflowError(`Airflow ${version} could not be set up: ${error.message}`);
    throw error;
  });
  const bin = join(folder, "bin");
  return { version, bin, database: await provideDatabase(version, folder, bin, { env, onLine, signal }) };
}

/** A file that lies beside the program, wherever that was built. */
export function companion(name: string): string {
  const places = ["../python", "../../python", "../../../python"].map((folder) =>
    fileURLToPath(new URL(`${folder}/parity/${name}`, import.meta.url)),
  );
  const found = places.find((path) => existsSync(path));
  if (found === undefined) throw new AirflowError(`this build of Tradewind lacks python/parity/${name}; install it again`);
  return found;
}

/** What Airflow needs to be at home in `home` and nowhere else; nothing of an Airflow that the user has set up otherwise. */
export function airflowVariables(home: string, bin: string, env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => !/^AIRFLOW_(_|HOME$|CONFIG$|CTX_)/.test(name));
  return {
    ...Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    PATH: `${bin}${delimiter}${env.PATH ?? "/usr/local/bin:/usr/bin:/bin"}`,
    LANG: "C.UTF-8",
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: join(home, "dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${join(home, "airflow.db")}`,
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: "False",
  };
}

/** Migrating takes ten seconds, so it is done once per environment. */
async function provideDatabase(version: AirflowVersion, folder: string, bin: string, { env, onLine, signal }: SetUp): Promise<string> {
  const database = join(folder, "airflow.db");
  if (existsSync(database)) return database;
  onLine(`setting up Airflow ${version}: its database (once)`);
  const home = `${folder}.home-${process.pid}`;
  await mkdir(join(home, "dags"), { recursive: true });
  try {
    let said = "";
    const onOutput = (_: unknown, piece: Buffer): void => {
      said = (said + piece.toString("utf8")).slice(-4000);
    };
    const variables = airflowVariables(home, bin, Object.fromEntries(Object.entries(env).filter(([name]) => !/^AIRFLOW_/.test(name))));
    const command = [join(bin, "airflow"), "db", "migrate"] as const;
    const ended = await runProcess({ command, cwd: home, env: variables, grace: 1, signal, onOutput });
    signal.throwIfAborted();
    if (ended.code !== 0) throw new AirflowError(`the database of Airflow ${version} could not be made:\n${lastLines(said, 6)}`);
    await rename(join(home, "airflow.db"), database);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  return database;
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** As for a launcher: what lies in it is run. */
async function userCache(env: NodeJS.ProcessEnv): Promise<string> {
  const work = workFolder();
  const folder = cacheFolder(env, work);
  try {
    if (folder.startsWith(`${work}/`)) requireOwn(work);
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    const why = error instanceof Failure ? `: ${error.message}` : "";
    throw new AirflowError(`there is no writable cache folder for Airflow at ${folder}${why}; set XDG_CACHE_HOME to one`);
  }
  return folder;
}

/** The pinned packages are for Python 3.11 to 3.13. Undefined: python3 is such a one. */
async function choosePython(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const fits = async (name: string) => {
    const code = "import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))";
    return promisify(execFile)(name, ["-c", code], { env, timeout: 20_000 }).then(
      () => true,
      () => false,
    );
  };
  if (await fits("python3")) return undefined;
  for (const version of ["3.12", "3.13", "3.11"]) if (await fits(`python${version}`)) return version;
  return "3.12"; // uv brings it, where there is uv; otherwise it says what is missing
}
