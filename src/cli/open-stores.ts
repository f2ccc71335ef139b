/** The stores that the workspace's pipelines write to: where runs are found. */
import { readWorkspace } from "../pipeline/parse/workspace.ts";
import { Library } from "../pipeline/resolve/library.ts";
import type { StoreAddress } from "../protocol/store-address.ts";
import { storeAddress } from "../run/store.ts";
import { openCodeStore, openStore } from "../storage/open.ts";
import type { Store } from "../storage/store.ts";
import { readTexts } from "../workspace/read.ts";
import { Failure, unknownName } from "./errors.ts";
import { openOptions } from "./open-options.ts";

/** Those of one environment, or of all. */
export function openStores(root: string, env: string | undefined): readonly Store[] {
  return openStorePairs(root, env).map(({ store }) => store);
}

export interface StorePair {
  readonly store: Store;
  /** Where its code/ and files/ lie. */
  readonly code: Store;
}

/** The same, each with the store of its code. */
export function openStorePairs(root: string, env: string | undefined): readonly StorePair[] {
  const addresses = storeAddresses(root, env);
  const options = openOptions(root);
  return addresses.map((address) => {
    const store = openStore(address, options);
    return { store, code: openCodeStore(address, options, store) };
  });
}

/** Where they are, one or more. Only settings are read: which projects have pipelines is known by the names of their files. */
export function storeAddresses(root: string, env: string | undefined): readonly StoreAddress[] {
  const none = { get: () => undefined };
  const workspace = readWorkspace({ files: readTexts(root), folders: none, blobs: none });
  const library = new Library(workspace, new Map());
  const { all, usual } = library.environments().value;
  if (env !== undefined && !all.includes(env)) throw unknownName("environment", env, all);
  const addresses = new Map<string, StoreAddress>();
  for (const project of new Set(workspace.pipelines.map((file) => file.project))) {
    for (const one of env === undefined ? all : [env]) {
      const address = storeAddress(root, library.settings(one, project).value.store);
      addresses.set(JSON.stringify(address), address);
    }
  }
  if (addresses.size === 0) throw new Failure(`there is no pipeline in ${env ?? usual}, and so no store of one`);
  return [...addresses.values()];
}
