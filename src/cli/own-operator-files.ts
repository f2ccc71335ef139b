/** The team's own Airflow operators, as dag.py imports them: a package below the folder of the DAGs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "../protocol/plan.ts";
import { Failure } from "./errors.ts";

/** Path below the DAGs → file of the workspace. Throws Failure when two files would be one. */
export function ownOperatorFiles(root: string, plans: readonly Plan[]): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const task of plans.flatMap((plan) => plan.tasks)) {
    if (task.kind !== "airflow" || task.own === undefined) continue;
    const names = task.class_path.split(".").slice(0, -2);
    for (const file of readdirSync(join(root, task.own.folder)).filter((name) => name.endsWith(".py"))) {
      const path = join(...names, file);
      const source = join(root, task.own.folder, file);
      const other = sources.get(path) ?? source;
      if (readFileSync(other, "utf8") !== readFileSync(source, "utf8"))
        throw new Failure(
          `${path} would be two files, ${other} and ${source}: give one of the projects another package by airflow.operators`,
        );
      sources.set(path, source);
    }
  }
  return sources;
}
