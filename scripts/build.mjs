/** dist/: the modules by tsc, and over them the bundles of what starts as a process. */
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";
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
await bundle(dist);

const old = join(root, `dist.${process.pid}.old`);
if (existsSync(join(root, "dist"))) renameSync(join(root, "dist"), old);
renameSync(dist, join(root, "dist"));
rmSync(old, { recursive: true, force: true });
