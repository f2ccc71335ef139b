/** An artifact out of the store, as a plain file or folder. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decodeManifest, folderFileKey } from "../launch/folder-artifact.ts";
import type { Artifact } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";

/** Writes it to `path`, which does not exist yet; false when the store no longer has all of it. */
export async function fetchArtifact(artifact: Artifact, path: string, store: Store): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  if (!artifact.dir) return (await store.getFile(artifact.key, path)) !== undefined;
  const bytes = await store.get(artifact.key);
  const files = bytes && decodeManifest(bytes);
  if (files === undefined) return false;
  await mkdir(path, { recursive: true });
  for (const file of files) {
    const target = join(path, file.path);
    await mkdir(dirname(target), { recursive: true });
    if (!(await store.getFile(folderFileKey(artifact.key, file.path), target))) return false;
  }
  return true;
}
