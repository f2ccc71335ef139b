/** Operators by name: the project's own, then the workspace's, then the built-in ones; and those of Airflow. */
import type { AirflowIndex } from "../sources.ts";
import { type AirflowClass, classPathOf } from "./airflow.ts";
import { findIndexed } from "./airflow-index.ts";
import type { Manifest } from "./manifest.ts";
import type { PythonOperator } from "./python/operators.ts";

export type Operator = Manifest | AirflowClass;

export interface Catalog {
  /** By name, Python classes included. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** All Python classes by `file.Class`, and those that are Airflow's own by the class's name too. */
  readonly classes: ReadonlyMap<string, Operator>;
  /** Names that several classes have, with the names that tell them apart. */
  readonly ambiguous: ReadonlyMap<string, readonly string[]>;
  /** Files of Python classes, without `.py`. */
  readonly modules: Names;
  /** Names of the parameters that some manifest has. */
  readonly parameters: Names;
  /** False when a manifest could not be read: then nothing is said about what none of them has. */
  readonly complete: boolean;
  readonly airflow: () => AirflowIndex | undefined;
}

export interface Names extends Iterable<string> {
  has(name: string): boolean;
}

/** What one place (the built-in ones, the workspace, a project) has. */
export interface Operators {
  readonly manifests: readonly Manifest[];
  readonly classes: readonly PythonOperator[];
}

/** The weakest place first: of two operators with one name the later wins; in one place a manifest wins over a class. */
export function makeCatalog(places: readonly Operators[], airflow: () => AirflowIndex | undefined): Catalog {
  const manifests = new Map<string, Manifest>();
  const classes = new Map<string, Operator>();
  const ambiguous = new Map<string, readonly string[]>();
  const modules = new Set<string>();
  for (const place of places) {
    for (const [name, found] of groupByName(place.classes)) {
      const [only] = found;
      manifests.delete(name);
      classes.delete(name);
      ambiguous.delete(name);
      for (const { qualified, operator } of found) {
        classes.set(qualified, operator);
        modules.add(qualified.slice(0, -name.length - 1));
      }
      if (found.length > 1)
        ambiguous.set(
          name,
          found.map(({ qualified }) => qualified),
        );
      else if (only?.operator.kind === "manifest") manifests.set(name, only.operator);
      else if (only) classes.set(name, only.operator);
    }
    for (const manifest of place.manifests) {
      manifests.set(manifest.name, manifest);
      classes.delete(manifest.name);
      ambiguous.delete(manifest.name);
    }
  }
  const parameters = new Set<string>();
  for (const { params } of manifests.values()) for (const name of params.keys()) parameters.add(name);
  const complete = [...manifests.values()].every(({ broken }) => !broken);
  return { manifests, classes, ambiguous, modules, parameters, complete, airflow };
}

function groupByName(classes: readonly PythonOperator[]): ReadonlyMap<string, readonly PythonOperator[]> {
  const groups = new Map<string, PythonOperator[]>();
  for (const one of classes) groups.set(one.name, [...(groups.get(one.name) ?? []), one]);
  return groups;
}

export function findOperator(catalog: Catalog, name: string): Operator | undefined {
  const found = catalog.manifests.get(name) ?? catalog.classes.get(name);
  if (found !== undefined) return found;
  // `scoring.Scoer` is a class of a file that is here.
  const parts = name.split(".");
  if (parts.length === 2 && catalog.modules.has(parts[0] ?? "")) return undefined;
  const airflow = classPathOf(name);
  const index = airflow && /^airflow\./.test(name) ? catalog.airflow() : undefined;
  const known = index && findIndexed(index, name);
  return airflow && known ? { ...airflow, known } : airflow;
}
