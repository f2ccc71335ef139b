/** Runs whose runner died without a word: found by a note that every runner keeps while it lives, and marked `lost`. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isAlive } from "../launch/identity.ts";
import { isRunner, type RunnerIdentity, type RunRecord, type TaskRecord } from "../protocol/run-record.ts";
import type { StoreAddress } from "../protocol/store-address.ts";
import { openStore } from "../storage/open.ts";
import { readRunRecord, writeRunRecord } from "./record.ts";

/** `.tradewind/live/<name>.json` */
interface Note {
  readonly runner: RunnerIdentity;
  readonly store: StoreAddress;
  readonly dag_id: string;
  readonly run_id: string;
  /** Scratch folder of the run. */
  readonly work: string;
}

export interface Life {
  /** Folder for the launcher's scratch. */
  readonly work: string;
  /** Removes scratch and note. */
  end(): Promise<void>;
}

const liveFolder = (root: string) => join(root, ".tradewind", "live");
const workFolder = (root: string) => join(root, ".tradewind", "work");

/** Leaves a note that this process runs that run, and makes its scratch folder. */
export async function beginLife(root: string, runner: RunnerIdentity, store: StoreAddress, run: RunRecord): Promise<Life> {
  const parent = workFolder(root);
  await Promise.all([mkdir(parent, { recursive: true }), mkdir(liveFolder(root), { recursive: true })]);
  await hideFromGit(root);
  const work = await mkdtemp(join(parent, "run-"));
  const note: Note = { runner, store, dag_id: run.dag_id, run_id: run.run_id, work };
  const path = join(liveFolder(root), `${work.slice(parent.length + 1)}.json`);
  await writeFile(`${path}.new`, JSON.stringify(note));
  await rename(`${path}.new`, path);
  return {
    work,
    async end() {
      await rm(work, { recursive: true, force: true, maxRetries: 2 });
      await rm(path, { force: true });
    },
  };
}

/** Artifacts may be large, or nobody else's business. */
export async function hideFromGit(root: string): Promise<void> {
  const path = join(root, ".tradewind", ".gitignore");
  if (!existsSync(path)) await writeFile(path, "*\n");
}

/** Marks the runs of dead runners as lost and removes their scratch; the ids of those runs. `env` has the stores' connections. */
export async function markLost(root: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const path of notes(root)) {
    const note = readNote(path);
    if (note && isAlive(note.runner)) continue;
    if (note && (await markRun(note, env).catch(() => false))) lost.push(note.run_id);
    if (note && !removeWork(note, root)) continue;
    rmSync(path, { recursive: true, force: true });
  }
  return lost;
}

/** False while the dead runner's guard is still stopping a script that writes there: the next run finds the note again. */
function removeWork({ work }: Note, root: string): boolean {
  if (typeof work !== "string" || dirname(work) !== workFolder(root)) return true;
  try {
    rmSync(work, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/** False when the run had ended, or its store is gone. */
async function markRun(note: Note, env: NodeJS.ProcessEnv): Promise<boolean> {
  const store = openStore(note.store, { env });
  const record = await readRunRecord(note.dag_id, note.run_id, store);
  if (record?.state !== "running") return false;
  await writeRunRecord(asLost(record), store);
  return true;
}

function notes(root: string): string[] {
  try {
    return readdirSync(liveFolder(root))
      .filter((name) => name.endsWith(".json"))
      .map((name) => join(liveFolder(root), name));
  } catch {
    return [];
  }
}

function readNote(path: string): Note | undefined {
  try {
    const note = JSON.parse(readFileSync(path, "utf8")) as Note | null;
    return isRunner(note?.runner) ? (note ?? undefined) : undefined;
  } catch {
    return undefined; // another run removed it just now, or it is no note of ours
  }
}

function asLost(record: RunRecord): RunRecord {
  const tasks = Object.entries(record.tasks).map(([id, task]): [string, TaskRecord] => [
    id,
    task.state === "running" || task.state === "up_for_retry" ? { ...task, state: "lost", reason: "lost" } : task,
  ]);
  return { ...record, state: "lost", ended: new Date().toISOString(), tasks: Object.fromEntries(tasks) };
}
