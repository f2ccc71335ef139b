/** The stores that the workspace's pipelines write to: where runs are found. */
import type { Node } from "../pipeline/parse/node.ts";
import { readWorkspace } from "../pipeline/parse/workspace.ts";
import { Library } from "../pipeline/resolve/library.ts";
import type { Read } from "../pipeline/resolve/read.ts";
import type { Settings } from "../pipeline/settings/types.ts";
import type { Diagnostic, Span } from "../protocol/diagnostic.ts";
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

/**
 * Where they are, one or more. Only settings are read: which projects have pipelines is known by the names of their files. Settings that do
 * not say where are told of, and never taken for those of a workspace that says nothing: its store is another one.
 */
export function storeAddresses(root: string, env: string | undefined): readonly StoreAddress[] {
  const none = { get: () => undefined };
  const workspace = readWorkspace({ files: readTexts(root), folders: none, blobs: none });
  const library = new Library(workspace, new Map());
  const { all, usual } = library.environments().value;
  if (env !== undefined && !all.includes(env)) throw unknownName("environment", env, all);
  const addresses = new Map<string, StoreAddress>();
  const faults = new Set<string>();
  for (const project of new Set(workspace.pipelines.map((file) => file.project))) {
    for (const one of env === undefined ? all : [env]) {
      const settings = library.settings(one, project);
      if (isStoreUnclear(settings)) {
        faults.add(`the settings of ${one} do not say where its store is: tradewind check tells what is wrong with them`);
        continue;
      }
      const address = storeAddress(root, settings.value.store);
      addresses.set(JSON.stringify(address), address);
    }
  }
  if (addresses.size === 0 && faults.size > 0) throw new Failure([...faults].join("\ntradewind: "));
  for (const fault of faults) console.error(`tradewind: ${fault}`);
  if (addresses.size === 0) throw new Failure(`there is no pipeline in ${env ?? usual}, and so no store of one`);
  return [...addresses.values()];
}

/** True when a layer is no YAML, or something under `store` is wrong. What is wrong elsewhere does not matter here. */
function isStoreUnclear({ value, diagnostics }: Read<Settings>): boolean {
  const store = value.tree.entries.find(({ key }) => key === "store");
  const spans = store === undefined ? [] : [store.keySpan, ...spansOf(store.value)];
  const isWithin = ({ span, severity }: Diagnostic) =>
    severity === "error" && spans.some(({ file, start, end }) => file === span.file && start <= span.start && span.end <= end);
  return !value.complete || diagnostics.some(isWithin);
}

function spansOf(node: Node): readonly Span[] {
  const own = node.via === undefined ? [node.span] : [node.span, node.via];
  if (node.kind === "scalar") return own;
  const inside =
    node.kind === "list" ? node.items.flatMap(spansOf) : node.entries.flatMap(({ keySpan, value }) => [keySpan, ...spansOf(value)]);
  return [...own, ...inside];
}
