/** From a store's address to the store. */
import { isAbsolute } from "node:path";
import { isS3, type StoreAddress } from "../protocol/store-address.ts";
import { createFolderStore } from "./folder.ts";
import { type Store, StoreError } from "./store.ts";

export interface OpenOptions {
  /** Environment with the store's connection, and with what AWS's own tools read. */
  readonly env: NodeJS.ProcessEnv;
  /** Folder of this machine's user, in which is kept what was found out about a server; without it that is done each time. */
  readonly cache?: string;
  /** Told once, in a sentence, what the server cannot do. */
  readonly warn?: (message: string) => void;
}

/** Opens the store at an address whose folders are absolute. Throws StoreError "invalid" for one that it cannot read. */
export function openStore(address: StoreAddress, options: OpenOptions): Store {
  const { url } = address;
  if (isAbsolute(url)) return createFolderStore(url);
  if (isS3(url)) return openLater(url, async () => (await import("./s3.ts")).createS3Store(address, options));
  throw new StoreError("invalid", `"${url}" is not the address of a store; give an absolute path or s3://bucket/prefix`);
}

/** The store of code/ and files/: `store`, opened from the same address, unless that names another. */
export function openCodeStore(address: StoreAddress, options: OpenOptions, store: Store): Store {
  return address.code === undefined || address.code === address.url ? store : openStore({ ...address, url: address.code }, options);
}

/** S3 is loaded by the first call: a launch with a folder pays nothing for it. */
function openLater(url: string, open: () => Promise<Store>): Store {
  let opened: Promise<Store> | undefined;
  const store = (): Promise<Store> => {
    opened ??= open();
    return opened;
  };
  return {
    url,
    get: async (key) => (await store()).get(key),
    head: async (key) => (await store()).head(key),
    put: async (key, bytes, options) => (await store()).put(key, bytes, options),
    putFile: async (key, path, options) => (await store()).putFile(key, path, options),
    getFile: async (key, path, options) => (await store()).getFile(key, path, options),
    async *list(prefix) {
      yield* (await store()).list(prefix);
    },
    folders: async (prefix) => (await store()).folders(prefix),
    delete: async (key) => (await store()).delete(key),
    deleteAll: async (keys) => (await store()).deleteAll?.(keys),
    async *leftovers() {
      yield* (await store()).leftovers?.() ?? [];
    },
  };
}
