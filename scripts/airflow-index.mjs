/**
 * Writes src/pipeline/catalog/airflow-index.json from the providers that scripts/requirements/providers.txt pins: read by the
 * same reader as the team's own classes, nothing is imported. Run it after a change of the pins or of the reader;
 * test/airflow/providers.test.ts fails when it was forgotten.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { cache, pythonEnvironment, root } from "./provision.mjs";

export const indexFile = join(root, "src/pipeline/catalog/airflow-index.json");

const providers = {
  "apache-airflow-providers-amazon": "airflow/providers/amazon",
  "apache-airflow-providers-cncf-kubernetes": "airflow/providers/cncf/kubernetes",
  "apache-airflow-providers-common-sql": "airflow/providers/common/sql",
  "apache-airflow-providers-docker": "airflow/providers/docker",
  "apache-airflow-providers-postgres": "airflow/providers/postgres",
  "apache-airflow-providers-standard": "airflow/providers/standard",
};

/** site-packages of the environment that has the providers; made if need be. */
export function providerFolder() {
  const lib = join(pythonEnvironment("providers"), "lib");
  const version = readdirSync(lib).find((name) => name.startsWith("python3"));
  return join(lib, version ?? "", "site-packages");
}

/** Airflow and its providers by dotted name, as the reader asks for them; what they import from elsewhere is outside. */
export function providerSource(folder) {
  const place = (module) => join(folder, ...module.split("."));
  const ours = (module) => module === "airflow" || module.startsWith("airflow.");
  return {
    read(module) {
      if (!ours(module)) return undefined;
      const file = `${place(module)}.py`;
      if (existsSync(file)) return { file, text: readFileSync(file, "utf8") };
      const inside = join(place(module), "__init__.py");
      return existsSync(inside) ? { file: inside, text: readFileSync(inside, "utf8"), isPackage: true } : undefined;
    },
    has: (module) => ours(module) && (existsSync(`${place(module)}.py`) || existsSync(place(module))),
  };
}

/** The modules of each provider that hold operators, sensors or transfers. */
export function providerModules(folder) {
  return Object.entries(providers).map(([name, path]) => ({
    package: name,
    modules: readdirSync(join(folder, path), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".py") && /(^|\/)(operators|sensors|transfers)\//.test(file) && !file.includes("example_dags"))
      .map((file) =>
        relative(folder, join(folder, path, file))
          .slice(0, -".py".length)
          .replaceAll("/", "."),
      )
      .filter((module) => !module.endsWith("__init__")),
  }));
}

/** Versions as the pins have them. */
export function providerVersions() {
  const pins = readFileSync(join(root, "scripts/requirements/providers.txt"), "utf8");
  const names = [...Object.keys(providers), "apache-airflow-task-sdk"].sort();
  return Object.fromEntries(names.map((name) => [name, new RegExp(`^${name}==(.+)$`, "m").exec(pins)?.[1] ?? ""]));
}

/** One class or parameter a line, so that a diff can be read. */
export function printIndex({ params, classes, ...head }) {
  const start = JSON.stringify(head).slice(0, -1);
  const lines = Object.entries(classes).map(([path, found]) => `${JSON.stringify(path)}:${JSON.stringify(found)}`);
  return `${start},"params":[\n${params.map((param) => JSON.stringify(param)).join(",\n")}\n],"classes":{\n${lines.join(",\n")}\n}}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const scratch = join(cache, "airflow-index");
  mkdirSync(scratch, { recursive: true });
  const bundle = await rolldown({ input: join(root, "src/pipeline/catalog/python/make-index.ts"), platform: "node", logLevel: "warn" });
  await bundle.write({ dir: scratch, format: "esm", entryFileNames: "make-index.mjs" });
  const { makeAirflowIndex } = await import(pathToFileURL(join(scratch, "make-index.mjs")).href);
  const folder = providerFolder();
  const index = makeAirflowIndex(providerSource(folder), providerModules(folder), providerVersions());
  writeFileSync(indexFile, printIndex(index));
  rmSync(scratch, { recursive: true });
  console.log(`${relative(root, indexFile)}: ${Object.keys(index.classes).length} classes, ${index.params.length} parameters`);
}
