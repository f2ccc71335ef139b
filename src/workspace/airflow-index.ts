/** The index of Airflow's operators, read from beside the compiler when it is first asked for. */
import { readFileSync } from "node:fs";
import type { AirflowIndex } from "../pipeline/sources.ts";

let index: AirflowIndex | undefined;

/** Every call gives the same object. */
export function airflowIndex(): AirflowIndex {
  index ??= JSON.parse(readFileSync(new URL("../pipeline/catalog/airflow-index.json", import.meta.url), "utf8")) as AirflowIndex;
  return index;
}
