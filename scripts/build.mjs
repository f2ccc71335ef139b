/** dist/: the modules by tsc, and the launcher as one file by rolldown (it starts once per task, so it must load fast). */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./provision.mjs";

const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
const compiled = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (compiled.status !== 0) process.exit(1);

const bundle = await rolldown({
  input: { launcher: join(root, "src/launch/main.ts") },
  platform: "node",
  external: [/^node:/, "pg-native"],
  logLevel: "warn",
});
await bundle.write({ dir: dist, format: "esm", entryFileNames: "[name].js", chunkFileNames: "launcher-[name].js", minify: false });
await bundle.close();

if (existsSync(join(root, "python"))) cpSync(join(root, "python"), join(dist, "python"), { recursive: true });
chmodSync(join(dist, "cli", "bin.js"), 0o755);
