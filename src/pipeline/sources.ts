/** What the compiler is given: the workspace as text and digests. Reading the disk is src/workspace's business. */

import type { JsonSchema } from "../protocol/schema.ts";

/** A file that is there but is no text that a person could mean: binary, not UTF-8, too large, or not readable. */
export interface Unreadable {
  /** A sentence's end: "is not UTF-8 (byte 0xff at offset 12)". */
  readonly problem: string;
}

/** The digest of a folder or file, or why there is none ("does not exist", "holds a link: a -> b"). */
export type Hashed = { readonly sha256: string } | Unreadable;

/** By path; undefined where nobody hashed it yet. One that hashes when it is asked will do, if it answers the same each time. */
export interface Digests {
  get(path: string): Hashed | undefined;
}

/** Paths are relative to the workspace, with `/` between segments. */
export interface Sources {
  /** Settings, pipelines, operators, presets: every text that the compiler may read. */
  readonly files: ReadonlyMap<string, string | Unreadable>;
  /** Code folders, named by the sha256 of their deterministic tar. `""` is the workspace itself. */
  readonly folders: Digests;
  /** Files that pipelines name by path. */
  readonly blobs: Digests;
  /** Jobs' files that are launched by hand, wherever they lie: the path of each, by the name that its operator has then. */
  readonly jobs?: ReadonlyMap<string, string>;
  /**
   * What Airflow's standard operators take. It is large, so it is asked for only when a pipeline uses
   * one; without it nothing is said about their arguments.
   */
  readonly airflow?: () => AirflowIndex | undefined;
}

/** Digests that `compile` lacked: hash these and compile again. */
export interface Needs {
  readonly folders: readonly string[];
  readonly blobs: readonly string[];
}

/** What the operators of Airflow's standard providers take: the content of catalog/airflow-index.json. */
export interface AirflowIndex {
  /** Version of each package that it was generated from. */
  readonly packages: { readonly [name: string]: string };
  /** Each different parameter once. */
  readonly params: readonly IndexedParam[];
  readonly classes: { readonly [classPath: string]: IndexedClass };
  /** Other paths that lead to a class. */
  readonly aliases: { readonly [classPath: string]: string };
  /** The class in `classes` whose parameters every other takes too. */
  readonly base: string;
}

export interface IndexedParam {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required?: true;
}

export interface IndexedClass {
  /** Package that it comes from, among `packages`. */
  readonly package: string;
  readonly description?: string;
  /** Places in `params`, without those of the base. */
  readonly params: readonly number[];
  /** Arguments that Airflow renders; absent when only running the file tells them. */
  readonly templates?: readonly string[];
  /** It takes more than is listed. */
  readonly open?: true;
}
