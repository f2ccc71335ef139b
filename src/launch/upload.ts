/** The outputs' way into the store, under the attempt's own prefix, where nobody looks before the commit. */
import { join } from "node:path";
import { EXIT } from "../protocol/exit.ts";
import { encodeSegment } from "../protocol/layout.ts";
import { takenName } from "../protocol/removal.ts";
import type { Artifact } from "../protocol/result.ts";
import { isKey } from "../storage/key.ts";
import { eachOf } from "../storage/pool.ts";
import type { Store } from "../storage/store.ts";
import type { CheckedOutput } from "./check.ts";
import { Failure } from "./failure.ts";
import { encodeManifest, folderFileKey, manifestKey } from "./folder-artifact.ts";

/** Names that an attempt's own records have. */
const records = ["request.json", "result.json", takenName];

/** Files of a folder that are on their way at once. */
const filesAtOnce = 16;

/** Uploads all, or, when `signal` is aborted, what nobody will look at; answers with the artifacts by port. */
export async function uploadOutputs(
  outputs: readonly CheckedOutput[],
  attempt: string,
  store: Store,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<{ readonly [port: string]: Artifact }> {
  const artifacts: [string, Artifact][] = [];
  for (const output of outputs) {
    const { port, plan, sha256, size } = output;
    const key = output.files === undefined ? fileKeyOf(attempt, port, plan.extension) : manifestKey(attempt, port);
    await eachOf(output.files ?? [], filesAtOnce, signal, async (file, stop) => {
      await store.putFile(keyInFolder(port, key, file.path), join(output.path, file.path), { sha256: file.sha256, signal: stop });
    });
    if (output.files === undefined) await store.putFile(key, output.path, { sha256, signal });
    else await store.put(key, encodeManifest(output.files));
    onBytes(size);
    const rows = output.rows === undefined ? {} : { rows: output.rows };
    artifacts.push([port, { key, sha256, size, type: plan.type, extension: plan.extension, dir: plan.dir, ...rows }]);
  }
  return Object.fromEntries(artifacts);
}

function keyInFolder(port: string, manifest: string, path: string): string {
  const key = folderFileKey(manifest, path);
  if (isKey(key)) return key;
  const shown = path.length > 100 ? `${path.slice(0, 97)}…` : path;
  const message = `output "${port}" holds a path that is too long to be kept, ${shown}: a name has 255 bytes at most and a key of the store 1024, where what is not A-Z a-z 0-9 . _ = - counts three times`;
  throw new Failure({ reason: "bad-output", origin: "script", retryable: false, exit_code: EXIT.badOutput, message });
}

function fileKeyOf(attempt: string, port: string, extension: string): string {
  const name = encodeSegment(`${port}${extension}`);
  const taken = records.includes(name) || name.endsWith(".ndjson");
  return `${attempt}/${taken ? encodeSegment(`${port}.output${extension}`) : name}`;
}
