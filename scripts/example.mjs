/**
 * `npm run example -- <tradewind arguments>`: any command of tradewind in examples/flights, with its warehouse running:
 * `npm run example -- run flight_delays --date 2013-02-01`. The warehouse stops with the command; its data stay under .cache/.
 */
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ProvisionError, packages, root, uv } from "./provision.mjs";

export const workspace = join(root, "examples", "flights");
export const tradewind = join(root, "dist", "cli", "bin.js");

/** npm packages, dist/ when the sources are newer, and the warehouse with its flights; answers the environment that reaches it. */
export async function prepareExample() {
  packages();
  if (newestUnder(join(root, "src")) > builtAt()) {
    console.error("setting up: building tradewind");
    await import("./build.mjs");
  }
  const { loadFlights } = await import("./flights.mjs");
  // The launcher makes Python environments with uv when it is there: seconds instead of half a minute.
  const env = { ...process.env, PATH: `${dirname(uv())}${delimiter}${process.env.PATH}` };
  if (env.AIRFLOW_CONN_DWH) {
    console.error("the warehouse is the one that AIRFLOW_CONN_DWH names");
    await loadFlights({ uri: env.AIRFLOW_CONN_DWH });
    return { env, stop: async () => {} };
  }
  const { ensureWarehouse } = await import("./warehouse.mjs");
  const warehouse = await ensureWarehouse({ guard: true });
  await loadFlights(warehouse);
  return { env: { ...env, AIRFLOW_CONN_DWH: warehouse.uri }, stop: () => warehouse.stop() };
}

/** Runs tradewind in the example; answers its exit code. Ctrl-C reaches it, and is waited for. */
export function runTradewind(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tradewind, ...args], { cwd: workspace, env, stdio: "inherit" });
    const wait = () => {};
    process.on("SIGINT", wait);
    child.on("error", reject);
    child.on("exit", (code) => {
      process.off("SIGINT", wait);
      resolve(code ?? 1);
    });
  });
}

/** Runs `main`; what a person can mend is a sentence, not a stack trace. */
export async function asCommand(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

function builtAt() {
  return statSync(join(root, "dist", "launcher.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestUnder(folder) {
  return Math.max(
    ...readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await asCommand(async () => {
    const { env, stop } = await prepareExample();
    const code = await runTradewind(process.argv.slice(2), env);
    await stop();
    return code;
  });
}
