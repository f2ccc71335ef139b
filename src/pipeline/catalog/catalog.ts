/** Operators by name: the project's own, then the workspace's, then the built-in ones. */
import type { Workspace } from "../parse/workspace.ts";
import { type AirflowClass, classPathOf } from "./airflow.ts";
import type { Manifest } from "./manifest.ts";

export type Operator = Manifest | AirflowClass;

export interface Catalog {
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Names of Python classes that lie in an `operators` folder, which this version does not read. */
  readonly classes: ReadonlySet<string>;
}

/** The weakest first: of two with one name the later wins. */
export function makeCatalog(workspace: Workspace, manifests: readonly Manifest[]): Catalog {
  return { manifests: new Map(manifests.map((manifest) => [manifest.name, manifest])), classes: classNames(workspace) };
}

export function findOperator(catalog: Catalog, name: string): Operator | undefined {
  return catalog.manifests.get(name) ?? classPathOf(name);
}

function classNames(workspace: Workspace): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { text } of workspace.classes) {
    if (typeof text !== "string") continue;
    for (const [, name = ""] of text.matchAll(/^class\s+([A-Za-z_]\w*)/gm)) names.add(name);
  }
  return names;
}
