/** Types of airflow-index.mjs, for the tests. */
import type { PythonSource } from "../src/pipeline/catalog/python/files.ts";
import type { ProviderModules } from "../src/pipeline/catalog/python/make-index.ts";
import type { AirflowIndex } from "../src/pipeline/sources.ts";

export const indexFile: string;
export function providerFolder(): string;
export function providerSource(folder: string): PythonSource;
export function providerModules(folder: string): readonly ProviderModules[];
export function providerVersions(): AirflowIndex["packages"];
export function printIndex(index: AirflowIndex): string;
