/** `npm run bench [NAME…]`: every bench in turn, each in a process of its own; figures are ratios against a peer in the same run. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const all = readdirSync(folder)
  .filter((name) => name.endsWith(".mjs") && name !== "run.mjs")
  .map((name) => name.slice(0, -".mjs".length))
  .sort();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(", ")}; there are: ${all.join(", ")}`);
  process.exit(2);
}

let failed = 0;
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n── ${name}`);
  const done = spawnSync(process.execPath, [join(folder, `${name}.mjs`)], { stdio: "inherit" });
  if (done.status !== 0) failed += 1;
}
process.exit(failed > 0 ? 1 : 0);
