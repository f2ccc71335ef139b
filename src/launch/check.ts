/** Are the declared outputs there, and are they what was declared? Reads each file once: digest, size and rows. */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { EXIT } from "../protocol/exit.ts";
import type { OutputPlan } from "../protocol/plan.ts";
import type { Request } from "../protocol/request.ts";
import { createRowCounter } from "./csv-rows.ts";
import { digestFile, sha256 } from "./digest.ts";
import { Failure } from "./failure.ts";
import { encodeManifest, type FolderFile } from "./folder-artifact.ts";

export interface CheckedOutput {
  readonly port: string;
  readonly path: string;
  readonly plan: OutputPlan;
  readonly sha256: string;
  readonly size: number;
  readonly rows?: number;
  /** Of a folder. */
  readonly files?: readonly FolderFile[];
}

/** Throws a Failure for the first output, in the order of the request, that is missing or wrong. */
export async function checkOutputs(request: Request, paths: { readonly [port: string]: string }): Promise<readonly CheckedOutput[]> {
  const checked: CheckedOutput[] = [];
  for (const [port, plan] of Object.entries(request.outputs)) {
    const path = paths[port];
    if (path !== undefined) checked.push(await checkOutput(request, port, plan, path));
  }
  return checked;
}

async function checkOutput(request: Request, port: string, plan: OutputPlan, path: string): Promise<CheckedOutput> {
  const variable = `OUTPUT_${port.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
  const facts = await lstat(path).catch(() => undefined);
  // A pure function would give the same again, so another try is of no use.
  const retryable = request.effects !== "none";
  const wrong = (message: string): Failure =>
    new Failure({ reason: "bad-output", origin: "script", retryable, exit_code: EXIT.badOutput, message });
  if (facts === undefined) {
    const message = `the script ended well but did not write its output "${port}"; it must write ${plan.dir ? "a folder at" : "the file"} $${variable}`;
    throw new Failure({ reason: "missing-output", origin: "script", retryable, exit_code: EXIT.badOutput, message });
  }
  if (facts.isSymbolicLink()) throw wrong(`output "${port}" is a link; the script must write the data itself to $${variable}`);
  if (plan.dir) {
    if (!facts.isDirectory()) throw wrong(`output "${port}" must be a folder, but $${variable} is a file`);
    const files = await checkFolder(port, path, "", wrong);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    return { port, path, plan, sha256: sha256(encodeManifest(files)), size, files };
  }
  if (facts.isDirectory()) throw wrong(`output "${port}" must be a file, but $${variable} is a folder`);
  if (!facts.isFile()) throw wrong(`output "${port}" must be a plain file, but $${variable} is a pipe, socket or device`);
  if (plan.type !== "csv") return { port, path, plan, ...(await readable(port, path, wrong)) };
  const counter = createRowCounter();
  const digest = await readable(port, path, wrong, (chunk) => counter.add(chunk));
  return { port, path, plan, ...digest, rows: counter.rows() };
}

async function readable(
  port: string,
  path: string,
  wrong: (message: string) => Failure,
  onChunk?: (chunk: Uint8Array) => void,
): Promise<{ sha256: string; size: number }> {
  try {
    return await digestFile(path, onChunk);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EACCES")
      throw wrong(`output "${port}" may not be read: the script took the right away`);
    throw error;
  }
}

async function checkFolder(port: string, root: string, below: string, wrong: (message: string) => Failure): Promise<FolderFile[]> {
  const files: FolderFile[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (path.includes("\ufffd")) throw wrong(`output "${port}" holds ${path}, whose name is not UTF-8`);
    if (entry.isDirectory()) files.push(...(await checkFolder(port, root, path, wrong)));
    else if (entry.isFile()) files.push({ path, ...(await readable(port, join(root, path), wrong)) });
    else throw wrong(`output "${port}" holds ${path}, which is not a plain file; links, pipes and devices cannot be kept`);
  }
  return files;
}
