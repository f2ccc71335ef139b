/** Artifacts that are folders: plain files under a prefix, and a manifest that names them with their digests. */
import { canonicalJson, isJsonObject, type Json } from "../protocol/json.ts";
import { encodeSegment } from "../protocol/layout.ts";

export interface FolderFile {
  /** Path within the folder, `/` between names. */
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

const suffix = ".manifest.json";

/** Bytes of the manifest; the same files give the same bytes, so its digest is the folder's. */
export function encodeManifest(files: readonly FolderFile[]): Uint8Array {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return new TextEncoder().encode(`${canonicalJson({ files: sorted })}\n`);
}

/** The files of a manifest; undefined when it is not one, or names a path that leaves the folder. */
export function decodeManifest(bytes: Uint8Array): readonly FolderFile[] | undefined {
  try {
    const value: Json = JSON.parse(new TextDecoder().decode(bytes));
    if (!isJsonObject(value) || !Array.isArray(value.files)) return undefined;
    const files = value.files.map((file: Json) => (isJsonObject(file) ? readFile(file) : undefined));
    return files.every((file) => file !== undefined) ? files : undefined;
  } catch {
    return undefined;
  }
}

function readFile({ path, sha256, size }: { readonly [key: string]: Json }): FolderFile | undefined {
  if (typeof path !== "string" || typeof sha256 !== "string" || typeof size !== "number") return undefined;
  const names = path.split("/");
  return names.some((name) => name === "" || name === "." || name === ".." || name.includes("\0")) ? undefined : { path, sha256, size };
}

/** Key of the manifest of `port` under an attempt. */
export function manifestKey(attempt: string, port: string): string {
  return `${attempt}/${encodeSegment(port)}${suffix}`;
}

/** Key of one file of the folder whose manifest is `manifest`. */
export function folderFileKey(manifest: string, path: string): string {
  return `${manifest.slice(0, -suffix.length)}/${path.split("/").map(encodeSegment).join("/")}`;
}
