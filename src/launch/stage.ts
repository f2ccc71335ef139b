/** Copies of the inputs in the scratch folder, digests compared: a script can neither see half an input nor damage one. */
import { constants } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EXIT } from "../protocol/exit.ts";
import type { Request } from "../protocol/request.ts";
import type { Artifact } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";
import { digestFile, sha256 } from "./digest.ts";
import { Failure } from "./failure.ts";
import { decodeManifest, folderFileKey } from "./folder-artifact.ts";
import type { InputItem, Inputs } from "./inputs.ts";

/** Puts every input under `folder`; answers with the path of each port that has one. */
export async function stageInputs(
  request: Request,
  inputs: Inputs,
  store: Store,
  folder: string,
): Promise<{ readonly [port: string]: string }> {
  const ports = Object.entries(inputs).map(async ([port, items]): Promise<readonly [string, string] | undefined> => {
    const input = request.inputs[port];
    const [first] = items;
    if (!input?.many && first === undefined) return undefined;
    if (!input?.many && first !== undefined) {
      const path = join(folder, `${port}${first.artifact.extension}`);
      await stageItem(port, first, store, path);
      return [port, path];
    }
    if (items.length === 0 && input?.optional) return undefined;
    const path = join(folder, port);
    await mkdir(path);
    for (const [index, item] of items.entries()) {
      const name = `${String(index).padStart(3, "0")}-${item.name.replaceAll("/", "_")}${item.artifact.extension}`;
      await stageItem(port, item, store, join(path, name));
    }
    return [port, path];
  });
  return Object.fromEntries((await Promise.all(ports)).filter((port) => port !== undefined));
}

async function stageItem(port: string, item: InputItem, store: Store, path: string): Promise<void> {
  if (item.artifact.dir) return stageFolder(port, item.artifact, store, path);
  if (item.path !== undefined) await copyFile(item.path, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  else if (!(await store.getFile(item.artifact.key, path))) throw gone(port, item.artifact.key);
  await verify(port, path, item.artifact.sha256, item.path ?? item.artifact.key);
}

async function stageFolder(port: string, artifact: Artifact, store: Store, path: string): Promise<void> {
  const bytes = await store.get(artifact.key);
  if (!bytes) throw gone(port, artifact.key);
  const files = sha256(bytes) === artifact.sha256 ? decodeManifest(bytes) : undefined;
  if (files === undefined) throw changed(port, artifact.key);
  await mkdir(path);
  for (const folder of new Set(files.map((file) => dirname(join(path, file.path))))) await mkdir(folder, { recursive: true });
  for (const file of files) {
    const key = folderFileKey(artifact.key, file.path);
    const target = join(path, file.path);
    if (!(await store.getFile(key, target))) throw gone(port, key);
    await verify(port, target, file.sha256, key);
  }
}

async function verify(port: string, path: string, expected: string, source: string): Promise<void> {
  const { sha256: found } = await digestFile(path);
  if (found !== expected) throw changed(port, source);
}

function gone(port: string, key: string): Failure {
  const message = `input "${port}": ${key} is no longer in the store; run the task that made it again`;
  return new Failure({ reason: "missing-input", origin: "platform", retryable: true, exit_code: EXIT.missingInput, message });
}

function changed(port: string, source: string): Failure {
  const message = `input "${port}": ${source} is not what it was when it was committed (its digest differs); run the task that made it again`;
  return new Failure({ reason: "bad-input", origin: "platform", retryable: true, exit_code: EXIT.badInput, message });
}
