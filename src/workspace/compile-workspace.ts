/** The compiler over a workspace on disk: texts first, then the digests that it asks for. */
import { join } from "node:path";
import { type Compilation, type CompileOptions, compile } from "../pipeline/compile.ts";
import type { Hashed, Sources, Unreadable } from "../pipeline/sources.ts";
import { airflowIndex } from "./airflow-index.ts";
import { hashFile, hashFolder } from "./pack.ts";
import { readTexts } from "./read.ts";

export interface WorkspaceCompilation extends Compilation {
  /** What was compiled, by path relative to the workspace: diagnostics are shown over it. */
  readonly texts: ReadonlyMap<string, string | Unreadable>;
}

export interface WorkspaceOptions extends CompileOptions {
  /** False: no folder or file is hashed, so that pipelines that name some have no Plan. */
  readonly digests?: boolean;
  /** Texts that are not on the disk, by path; they replace those that are. */
  readonly overlay?: ReadonlyMap<string, string | Unreadable>;
  /** Jobs' files, by the names of their operators. */
  readonly jobs?: ReadonlyMap<string, string>;
}

/** Compiles what is in the workspace now. Nothing is written. */
export function compileWorkspace(root: string, { digests = true, overlay, jobs, ...options }: WorkspaceOptions): WorkspaceCompilation {
  const folders = new Map<string, Hashed>();
  const blobs = new Map<string, Hashed>();
  const texts = new Map([...readTexts(root), ...(overlay ?? [])]);
  const sources: Sources = { files: texts, folders, blobs, airflow: airflowIndex, ...(jobs ? { jobs } : {}) };
  for (;;) {
    const compilation = compile(sources, options);
    const newFolders = compilation.needs.folders.filter((path) => !folders.has(path));
    const newBlobs = compilation.needs.blobs.filter((path) => !blobs.has(path));
    if (!digests || newFolders.length + newBlobs.length === 0) return { ...compilation, texts };
    for (const path of newFolders) folders.set(path, hashFolder(join(root, path)));
    for (const path of newBlobs) blobs.set(path, hashFile(join(root, path)));
  }
}
