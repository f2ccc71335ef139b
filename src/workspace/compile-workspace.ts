/** The compiler over a workspace on disk: its texts, and the digests that it asks for. */
import { join } from "node:path";
import { type Compilation, type CompileOptions, compile } from "../pipeline/compile.ts";
import type { Digests, Hashed, Sources, Unreadable } from "../pipeline/sources.ts";
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
  const texts = new Map([...readTexts(root), ...(overlay ?? [])]);
  const folders = digests ? hashOnce((path) => hashFolder(join(root, path))) : none;
  const blobs = digests ? hashOnce((path) => hashFile(join(root, path))) : none;
  const sources: Sources = { files: texts, folders, blobs, airflow: airflowIndex, ...(jobs ? { jobs } : {}) };
  return { ...compile(sources, options), texts };
}

const none: Digests = { get: () => undefined };

/** Hashes what is asked for, once. */
function hashOnce(hash: (path: string) => Hashed): Digests {
  const known = new Map<string, Hashed>();
  return {
    get(path) {
      const hashed = known.get(path) ?? hash(path);
      known.set(path, hashed);
      return hashed;
    },
  };
}
