/** Are the artifacts that a result names still there? */
import type { Artifact, Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";
import { decodeManifest, folderFileKey } from "./folder-artifact.ts";

/** True when all bytes of all outputs are still in the store. */
export async function artifactsExist(result: Result, store: Store): Promise<boolean> {
  for (const artifact of Object.values(result.outputs)) if (!(await artifactExists(artifact, store))) return false;
  return true;
}

async function artifactExists(artifact: Artifact, store: Store): Promise<boolean> {
  if (!artifact.dir) return (await store.head(artifact.key))?.size === artifact.size;
  const manifest = await store.get(artifact.key);
  const files = manifest && decodeManifest(manifest);
  if (!files) return false;
  for (const file of files) if ((await store.head(folderFileKey(artifact.key, file.path)))?.size !== file.size) return false;
  return true;
}
