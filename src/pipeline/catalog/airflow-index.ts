/**
 * What the operators of Airflow's standard providers take, generated from the real packages (`node scripts/airflow-index.mjs`)
 * into airflow-index.json. It is large, and read only when a pipeline uses one of them.
 */
import type { AirflowIndex, IndexedClass } from "../sources.ts";
import type { AirflowInterface } from "./airflow.ts";
import type { Parameter } from "./manifest.ts";

const nowhere = { file: "", start: 0, end: 0 };
const read = new WeakMap<AirflowIndex, Map<string, AirflowInterface>>();

/** Undefined for a class that is not in the index. */
export function findIndexed(index: AirflowIndex, classPath: string): AirflowInterface | undefined {
  const path = pathOf(index, classPath);
  const found = Object.hasOwn(index.classes, path) ? index.classes[path] : undefined;
  if (found === undefined) return undefined;
  const known = read.get(index) ?? new Map<string, AirflowInterface>();
  read.set(index, known);
  const made = known.get(path) ?? makeInterface(index, found);
  known.set(path, made);
  return made;
}

/** Airflow 2 has its own operators in airflow.operators and airflow.sensors. */
function pathOf(index: AirflowIndex, classPath: string): string {
  if (Object.hasOwn(index.aliases, classPath)) return index.aliases[classPath] ?? classPath;
  return classPath.replace(/^airflow\.(operators|sensors)\./, "airflow.providers.standard.$1.");
}

function makeInterface(index: AirflowIndex, found: IndexedClass): AirflowInterface {
  const params = [...found.params, ...(index.classes[index.base]?.params ?? [])].flatMap((place): [string, Parameter][] => {
    const param = index.params[place];
    if (param === undefined) return [];
    const { name, schema, required = false } = param;
    return [[name, { name, schema, required, span: nowhere }]];
  });
  return {
    ...(found.description === undefined ? {} : { description: found.description }),
    params: firstOf(params),
    open: found.open ?? false,
    ...(found.templates === undefined ? {} : { templateFields: found.templates }),
    source: `${found.package} ${index.packages[found.package] ?? ""}`.trim(),
  };
}

/** A class may write a parameter of the base again, as its own. */
function firstOf(params: readonly (readonly [string, Parameter])[]): ReadonlyMap<string, Parameter> {
  const first = new Map<string, Parameter>();
  for (const [name, param] of params) if (!first.has(name)) first.set(name, param);
  return first;
}
