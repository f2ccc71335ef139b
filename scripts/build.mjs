/** dist/: the modules by tsc, and by rolldown what starts as a process: the launcher (once per task) and the command line. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./provision.mjs";

// Built aside and put in place whole, so that a run of the old one goes on and a failed build leaves it.
const dist = join(root, `dist.${process.pid}`);
process.on("exit", () => rmSync(dist, { recursive: true, force: true }));
const compiled = spawnSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json", "--outDir", dist],
  {
    cwd: root,
    stdio: "inherit",
  },
);
if (compiled.status !== 0) process.exit(1);

// One file loads several times faster than a hundred: what starts as a process is bundled, over what tsc wrote. Files that
// several commands share would each become a chunk; all that `together` imports from its start is one.
const programs = [
  { name: "launcher", source: "src/launch/main.ts", chunks: "launcher-[name].js" },
  { name: "cli/bin", source: "src/cli/bin.ts", chunks: "cli/bundled-[name].js", together: ["src/cli/main.ts", "src/cli/run.ts"] },
];
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
  const bundle = await rolldown({
    input: { [name]: join(root, source) },
    platform: "node",
    // The yaml package's build for Node asks the environment for a debugging switch at each token; its other one does not.
    resolve: { alias: { yaml: join(root, "node_modules/yaml/browser/index.js") } },
    external: [/^node:/, "pg-native"],
    logLevel: "warn",
  });
  await bundle.write({ dir: dist, format: "esm", entryFileNames: "[name].js", chunkFileNames: chunks, minify: false, codeSplitting });
  await bundle.close();
}

cpSync(join(root, "src/pipeline/catalog/airflow-index.json"), join(dist, "pipeline/catalog/airflow-index.json"));
if (existsSync(join(root, "python"))) cpSync(join(root, "python"), join(dist, "python"), { recursive: true });
chmodSync(join(dist, "cli", "bin.js"), 0o755);

const old = join(root, `dist.${process.pid}.old`);
if (existsSync(join(root, "dist"))) renameSync(join(root, "dist"), old);
renameSync(dist, join(root, "dist"));
rmSync(old, { recursive: true, force: true });
