/** From a store's address to the store. */
import { isAbsolute } from "node:path";
import { createFolderStore } from "./folder.ts";
import { type Store, StoreError } from "./store.ts";

/** Opens the store at `url`, an absolute path. Throws StoreError "invalid" for an address it cannot read. */
export function openStore(url: string): Store {
  if (isAbsolute(url)) return createFolderStore(url);
  if (/^s3:/i.test(url))
    throw new StoreError("invalid", `the store "${url}" is in S3, which is not there yet; use a folder: an absolute path`);
  throw new StoreError("invalid", `"${url}" is not the address of a store; give an absolute path`);
}
