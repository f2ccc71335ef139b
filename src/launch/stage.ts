/** Copies of the inputs in the scratch folder, digests compared: a script can neither see half an input nor damage one. */
import { constants } from "node:fs";
import { copyFile, mkdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EXIT } from "../protocol/exit.ts";
import type { Request } from "../protocol/request.ts";
import type { Artifact } from "../protocol/result.ts";
import { eachOf } from "../storage/pool.ts";
import type { Store } from "../storage/store.ts";
import type { LaunchDeps } from "./deps.ts";
import { digestFile, sha256 } from "./digest.ts";
import { Failure } from "./failure.ts";
import { decodeManifest, folderFileKey } from "./folder-artifact.ts";
import type { InputItem, Inputs } from "./inputs.ts";

/** Files of a folder that are on their way at once. */
const filesAtOnce = 16;

/** Puts every input under `folder`; answers with the path of each port that has one. */
export async function stageInputs(
  request: Request,
  inputs: Inputs,
  stores: Pick<LaunchDeps, "store" | "code">,
  folder: string,
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<{ readonly [port: string]: string }> {
  const ports = Object.entries(inputs).map(async ([port, items]): Promise<readonly [string, string] | undefined> => {
    const input = request.inputs[port];
    const [first] = items;
    if (!input?.many && first === undefined) return undefined;
    if (!input?.many && first !== undefined) {
      const path = join(folder, `${port}${first.artifact.extension}`);
      await stageItem(port, first, stores, path, signal);
      onBytes(first.artifact.size);
      return [port, path];
    }
    if (items.length === 0 && input?.optional) return undefined;
    const path = join(folder, port);
    await mkdir(path);
    for (const [index, item] of items.entries()) {
      const name = `${String(index).padStart(3, "0")}-${item.name.replaceAll("/", "_")}${item.artifact.extension}`;
      await stageItem(port, item, stores, join(path, name), signal);
      onBytes(item.artifact.size);
    }
    return [port, path];
  });
  return Object.fromEntries((await Promise.all(ports)).filter((port) => port !== undefined));
}

async function stageItem(
  port: string,
  item: InputItem,
  { store, code = store }: Pick<LaunchDeps, "store" | "code">,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { artifact } = item;
  if (artifact.dir) return stageFolder(port, artifact, store, path, signal);
  if (item.path === undefined) return stageObject(port, artifact, item.published ? code : store, path, signal);
  await copyFile(item.path, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  if ((await digestFile(path)).sha256 !== artifact.sha256) throw changed(port, item.path);
}

async function stageFolder(port: string, artifact: Artifact, store: Store, path: string, signal: AbortSignal | undefined): Promise<void> {
  const bytes = await store.get(artifact.key);
  if (!bytes) throw gone(port, artifact.key);
  const files = sha256(bytes) === artifact.sha256 ? decodeManifest(bytes) : undefined;
  if (files === undefined) throw changed(port, artifact.key);
  await mkdir(path);
  for (const folder of new Set(files.map((file) => dirname(join(path, file.path))))) await mkdir(folder, { recursive: true });
  await eachOf(files, filesAtOnce, signal, (file, stop) =>
    stageObject(port, { key: folderFileKey(artifact.key, file.path), sha256: file.sha256 }, store, join(path, file.path), stop),
  );
}

/** Copies an object, twice when the first copy is not what was committed: the way from a store may damage what lies in it unhurt. */
async function stageObject(
  port: string,
  { key, sha256: expected }: Pick<Artifact, "key" | "sha256">,
  store: Store,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  for (let attempt = 1; ; attempt++) {
    const copy = await store.getFile(key, path, options);
    if (copy === undefined) throw gone(port, key);
    if ((copy.sha256 ?? (await digestFile(path)).sha256) === expected) return;
    if (attempt === 2) throw changed(port, key);
    await unlink(path);
  }
}

function gone(port: string, key: string): Failure {
  const message = `input "${port}": ${key} is no longer in the store; run the task that made it again`;
  return new Failure({ reason: "missing-input", origin: "platform", retryable: true, exit_code: EXIT.missingInput, message });
}

function changed(port: string, source: string): Failure {
  const message = `input "${port}": ${source} is not what it was when it was committed (its digest differs); run the task that made it again`;
  return new Failure({ reason: "bad-input", origin: "platform", retryable: true, exit_code: EXIT.badInput, message });
}
