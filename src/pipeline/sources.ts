/** What the compiler is given: the workspace as text and digests. Reading the disk is src/workspace's business. */

/** A file that is there but is no text that a person could mean: binary, not UTF-8, too large, or not readable. */
export interface Unreadable {
  /** A sentence's end: "is not UTF-8 (byte 0xff at offset 12)". */
  readonly problem: string;
}

/** The digest of a folder or file, or why there is none ("does not exist", "holds a link: a -> b"). */
export type Hashed = { readonly sha256: string } | Unreadable;

/** Paths are relative to the workspace, with `/` between segments. */
export interface Sources {
  /** Settings, pipelines, operators, presets: every text that the compiler may read. */
  readonly files: ReadonlyMap<string, string | Unreadable>;
  /** Code folders, named by the sha256 of their deterministic tar. `""` is the workspace itself. */
  readonly folders: ReadonlyMap<string, Hashed>;
  /** Files that pipelines name by path. */
  readonly blobs: ReadonlyMap<string, Hashed>;
}

/** Digests that `compile` lacked: hash these and compile again. */
export interface Needs {
  readonly folders: readonly string[];
  readonly blobs: readonly string[];
}
