/**
 * What starts as a process, by rolldown: the launcher (once per task) and the command line. One file loads several times faster than
 * a hundred. Beside them lies what they read; nothing else is needed at run time but Node.
 */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./provision.mjs";

// Files that several commands share would each become a chunk; all that `together` imports from its start is one.
const programs = [
  { name: "launcher", source: "src/launch/main.ts", chunks: "launcher-[name].js" },
  { name: "cli/bin", source: "src/cli/bin.ts", chunks: "cli/bundled-[name].js", together: ["src/cli/main.ts", "src/cli/run.ts"] },
];

/** Writes the programs and what they read into `folder`; answers with the packages that became part of them, as folders of node_modules. */
export async function bundle(folder) {
  const packages = new Set();
  for (const { name, source, chunks, together = [] } of programs) {
    const reached = new Set();
    const reach = (id, graph) => {
      if (reached.has(id)) return;
      reached.add(id);
      for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) reach(imported, graph);
    };
    const nameOf = (id, graph) => {
      if (reached.size === 0) for (const file of together) reach(join(root, file), graph);
      return reached.has(id) ? "run" : null;
    };
    const codeSplitting = together.length === 0 || { groups: [{ name: nameOf, debugName: "together" }] };
    const built = await rolldown({
      input: { [name]: join(root, source) },
      platform: "node",
      // The yaml package's build for Node asks the environment for a debugging switch at each token; its other one does not.
      resolve: { alias: { yaml: join(root, "node_modules/yaml/browser/index.js") } },
      external: [/^node:/, "pg-native"],
      logLevel: "warn",
    });
    const { output } = await built.write({
      dir: folder,
      format: "esm",
      entryFileNames: "[name].js",
      chunkFileNames: chunks,
      minify: false,
      codeSplitting,
    });
    await built.close();
    for (const id of output.flatMap((chunk) => (chunk.type === "chunk" ? Object.keys(chunk.modules) : []))) {
      const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
      if (found !== undefined) packages.add(found);
    }
  }
  cpSync(join(root, "src/pipeline/catalog/airflow-index.json"), join(folder, "pipeline/catalog/airflow-index.json"));
  mkdirSync(join(folder, "python"), { recursive: true });
  cpSync(join(root, "python/tradewind_runner.py"), join(folder, "python/tradewind_runner.py"));
  cpSync(join(root, "python/parity"), join(folder, "python/parity"), { recursive: true });
  chmodSync(join(folder, "cli/bin.js"), 0o755);
  return [...packages].sort();
}

/** The licences of the packages in a bundle, as one text: those who pass the bundle on must pass these on too. */
export function noticesOf(packages) {
  return packages
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
      const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), "utf8").trim();
      return `${name} ${version}\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

/** A folder that runs by itself under Node: the bundle, and what makes Node read it as modules. */
export async function bundleApp(folder) {
  const packages = await bundle(folder);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  writeFileSync(join(folder, "NOTICES"), noticesOf(packages));
}
