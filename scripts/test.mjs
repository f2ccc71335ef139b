/**
 * `npm test`: installs what is missing, builds, checks, and runs every test; `--soak` runs the long ones instead.
 * The fast ones come first, so that a typo is known in seconds.
 */
import { spawnSync } from "node:child_process";
import { debianProgram, ProvisionError, packages, pythonEnvironment, root } from "./provision.mjs";

const soak = process.argv.includes("--soak");

function run(title, command, args) {
  console.log(`\n── ${title}`);
  const started = Date.now();
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (done.status !== 0) {
    console.error(`\n${title}: failed. Run it alone: ${command === process.execPath ? "node" : command} ${args.join(" ")}`);
    process.exit(1);
  }
  console.log(`   ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

const node = (title, ...args) => run(title, process.execPath, args);
const tool = (name) => `node_modules/${name}`;

try {
  packages();
  node("build", "scripts/build.mjs");
  if (soak) {
    for (const name of ["airflow-3.3", "airflow-2.11", "airflow-2.10"]) pythonEnvironment(name);
    node("soak tests", tool("vitest/vitest.mjs"), "run", "--project", "soak");
  } else {
    node("format and lint", tool("@biomejs/biome/bin/biome"), "check", ".");
    node("types of the pure folders", tool("typescript/bin/tsc"), "-p", "tsconfig.pure.json");
    node("types", tool("typescript/bin/tsc"), "-p", "tsconfig.json");
    node("unused code and packages", tool("knip/bin/knip.js"));
    node("unit tests", tool("vitest/vitest.mjs"), "run", "--project", "unit");
    for (const name of ["airflow-3.3", "airflow-2.11", "airflow-celery", "ruff", "python-grammar"]) pythonEnvironment(name);
    debianProgram("redis-server", "redis-server");
    node("tests with real services", tool("vitest/vitest.mjs"), "run", "--project", "services");
    node("tests with real Airflow", tool("vitest/vitest.mjs"), "run", "--project", "airflow");
  }
  console.log("\nall tests passed");
} catch (error) {
  if (!(error instanceof ProvisionError)) throw error;
  console.error(`\n${error.message}`);
  process.exit(1);
}
