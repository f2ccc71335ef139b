/** The store port: where artifacts live. Folder, memory and S3 pass one contract test (test/storage/contract.ts). */

export interface Entry {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

export interface PutOptions {
  /** Create only: when the key exists nothing is written and the answer is false. */
  readonly ifAbsent?: boolean;
  /** False: may be lost when the machine loses power (logs, claims); never torn, and never lost when only a process dies. */
  readonly durable?: boolean;
}

export interface PutFileOptions extends PutOptions {
  /** Digest (hex) that the file has, where the caller knows it: a store that checks what arrives need not make it again. */
  readonly sha256?: string;
  /** Aborted: what takes long is given up, and nothing stays behind. */
  readonly signal?: AbortSignal;
}

export interface GetFileOptions {
  readonly signal?: AbortSignal;
}

/** A file that was downloaded. */
export interface Copy {
  /** Digest (hex) of the bytes, where the store made it on their way. */
  readonly sha256?: string;
}

/**
 * Keys are `/`-separated segments from protocol/layout.ts. A reader sees a whole object or none.
 * Failures of the outside world are thrown as StoreError; a missing key is `undefined`, never an error.
 */
export interface Store {
  readonly url: string;
  get(key: string): Promise<Uint8Array | undefined>;
  head(key: string): Promise<Entry | undefined>;
  /** False only for `ifAbsent` on a key that exists. Of many racing `ifAbsent` writers exactly one gets true. */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<boolean>;
  /** Uploads a local file. */
  putFile(key: string, path: string, options?: PutFileOptions): Promise<boolean>;
  /** Downloads to a local path that does not exist yet; undefined when the key is absent. The copy may be modified freely. */
  getFile(key: string, path: string, options?: GetFileOptions): Promise<Copy | undefined>;
  /** All entries under `prefix/`, in key order. */
  list(prefix: string): AsyncIterable<Entry>;
  /** Names of the immediate "folders" under `prefix/`, sorted. */
  folders(prefix: string): Promise<readonly string[]>;
  delete(key: string): Promise<void>;
  /** Deletes many, in any order; for stores that do it faster than one by one. */
  deleteAll?(keys: readonly string[]): Promise<void>;
  /** What writers that died left outside of all keys: temporary files, unfinished uploads. Those of living writers are among them. */
  leftovers?(): AsyncIterable<Leftover>;
}

export interface Leftover {
  /** For a person. */
  readonly name: string;
  /** Bytes, as far as that is known. */
  readonly size: number;
  /** Milliseconds since the epoch: when it was last written to, or begun. */
  readonly modified: number;
  remove(): Promise<void>;
}

/** The store refused or could not be reached. */
export class StoreError extends Error {
  readonly code: "denied" | "full" | "unavailable" | "invalid";
  constructor(code: StoreError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}
