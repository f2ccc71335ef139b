/** The folder of one launch: what the script may touch, and what goes away with it. */
import { randomBytes } from "node:crypto";
import { mkdirSync, rmdirSync, unlinkSync } from "node:fs";
import { chmod, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { encodeSegment } from "../protocol/layout.ts";
import type { Request } from "../protocol/request.ts";
import { guard } from "./guard.ts";

export interface Scratch {
  /** What the guard knows it by. */
  readonly id: string;
  readonly root: string;
  /** Where the script runs: its code, writable. */
  readonly work: string;
  readonly inputs: string;
  readonly outputs: string;
  /** TMPDIR of the script. */
  readonly tmp: string;
  /** The script's text, as bash reads it. */
  readonly script: string;
  readonly taskFile: string;
  /** Log lines that no longer fit in memory. */
  readonly records: string;
}

/** Makes the folder under `work`, named after the task for whoever looks at it while it runs; with `in` and `out` if it needs them. */
export function makeScratch(work: string, { task, inputs, outputs }: Pick<Request, "task" | "inputs" | "outputs">): Scratch {
  const id = randomBytes(8).toString("hex");
  const root = join(work, `${encodeSegment(task).slice(0, 60)}-${id}`);
  // Told first: when we are killed between the two there is nothing to remove, the other way round nobody to do it.
  guard.folder(id, root);
  const scratch: Scratch = {
    id,
    root,
    work: join(root, "work"),
    inputs: join(root, "in"),
    outputs: join(root, "out"),
    tmp: join(root, "tmp"),
    script: join(root, "script.sh"),
    taskFile: join(root, "task.json"),
    records: root,
  };
  makeRoot(root);
  mkdirSync(scratch.work);
  mkdirSync(scratch.tmp);
  if (Object.keys(inputs).length > 0) mkdirSync(scratch.inputs);
  if (Object.keys(outputs).length > 0) mkdirSync(scratch.outputs);
  return scratch;
}

function makeRoot(root: string): void {
  try {
    mkdirSync(root, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    mkdirSync(dirname(root), { recursive: true });
    mkdirSync(root, { mode: 0o700 });
  }
}

/** Removes it, even what the script made unreadable; what cannot be removed is left, since the work is done. */
export async function removeScratch(scratch: Scratch): Promise<void> {
  if (removeEmpty(scratch)) return guard.release(scratch.id);
  const remove = (): Promise<void> => rm(scratch.root, { recursive: true, force: true, maxRetries: 2 });
  await remove()
    .catch(async () => {
      await makeWritable(scratch.root);
      await remove();
    })
    .catch(() => {});
  guard.release(scratch.id);
}

/** The few calls that are enough when the script left nothing behind; false: there is more. */
function removeEmpty({ root, script, taskFile, work, tmp }: Scratch): boolean {
  try {
    unlinkSync(script);
    unlinkSync(taskFile);
    for (const folder of [work, tmp, root]) rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
}
