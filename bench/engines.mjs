/**
 * A task that does nothing, on each way to run it, in turn: `bash -c true` alone; the launcher inside of a process, as `tradewind run`
 * has it; `tradewind launch` as Airflow's BashOperator starts it, with a folder as the store and with S3 (a local moto server). The
 * median of many turns, and how often that of bash it is; the first launch of a process finds out what the S3 server can do, which
 * later ones know.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { bundleApp } from "../scripts/bundle.mjs";
import { pythonEnvironment, root } from "../scripts/provision.mjs";

const turns = Number(process.env.BENCH_TURNS ?? 15);
const folder = mkdtempSync(join(tmpdir(), "tradewind-bench-"));
const source = (path) => join(root, "src", path);

const app = join(folder, "app");
await bundleApp(app);
const parts = await rolldown({
  input: { launch: source("launch/launch.ts"), open: source("storage/open.ts"), request: source("protocol/request-env.ts") },
  platform: "node",
  external: [/^node:/, "pg-native"],
  logLevel: "silent",
});
await parts.write({ dir: join(folder, "parts"), format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "part-[name].mjs" });
await parts.close();
const load = (name) => import(pathToFileURL(join(folder, "parts", `${name}.mjs`)).href);
const [{ launch }, { openStore }, { decodeRequest, encodeRequest }] = await Promise.all(["launch", "open", "request"].map(load));

/** Port of a new moto server, and its end. */
async function startS3() {
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
  const child = spawn(join(pythonEnvironment("moto"), "bin", "moto_server"), ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  process.on("exit", () => child.kill());
  const endpoint = `http://127.0.0.1:${port}`;
  for (let left = 300; ; left -= 1) {
    const made = await fetch(`${endpoint}/bench`, { method: "PUT" }).catch(() => undefined);
    if (made?.ok) return { endpoint, stop: () => child.kill() };
    if (left === 0 || child.exitCode !== null) throw new Error("the S3 server did not start");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The environment in which Airflow starts the task: what dag.py holds, rendered. */
function environmentOf(store, task) {
  const plan = { dag: { dag_id: "bench" }, store, tasks: [] };
  const job = { script: "true", env: {}, stage_time: 60, grace: 5, digest: "0".repeat(64) };
  const made = {
    id: task,
    operator: "nothing",
    engine: "process",
    job,
    params: {},
    inputs: {},
    outputs: {},
    connections: [],
    effects: "writes",
    retries: 0,
  };
  const values = {
    TRADEWIND_RUN_ID: "bench",
    TRADEWIND_LOGICAL_DATE: "2026-01-01T00:00:00+00:00",
    TRADEWIND_TRY: "1",
    TRADEWIND_MAX_TRIES: "0",
  };
  const said = encodeRequest(plan, made).map(({ name, text }) => [name, values[name] ?? text]);
  const credentials = { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "us-east-1" };
  return { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, ...credentials, ...Object.fromEntries(said) };
}

let number = 0;

/** Milliseconds of `tradewind launch`, started by bash as BashOperator does. */
function launchProcess(store) {
  number += 1;
  const env = environmentOf(store, `task-${number}`);
  const began = performance.now();
  const done = spawnSync("bash", ["-c", `exec "$0" "$1" launch`, process.execPath, join(app, "launcher.js")], { env, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`launch ended with ${done.status}:\n${done.stdout}\n${done.stderr}`);
  return performance.now() - began;
}

async function launchHere(store, address) {
  number += 1;
  const request = decodeRequest(environmentOf(address, `task-${number}`));
  if ("problem" in request) throw new Error(request.problem);
  const began = performance.now();
  const { signal } = new AbortController();
  const deps = {
    store,
    code: store,
    env: process.env,
    work: join(folder, "work"),
    cache: join(folder, "cache"),
    onEvent: () => {},
    signal,
  };
  const result = await launch(request, deps);
  if (result.status !== "success") throw new Error(JSON.stringify(result));
  return performance.now() - began;
}

function bare(command, ...args) {
  const began = performance.now();
  spawnSync(command, args);
  return performance.now() - began;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const local = { url: join(folder, "store") };
const here = openStore(local, { env: process.env });
const s3 = await startS3();
try {
  const remote = { url: "s3://bench/store", endpoint: s3.endpoint };
  const ways = {
    "bash -c true": () => bare("bash", "-c", "true"),
    "node -e 0": () => bare(process.execPath, "-e", "0"),
    "process, in `tradewind run`, folder": () => launchHere(here, local),
    "process, by BashOperator, folder": () => launchProcess(local),
    "process, by BashOperator, S3": () => launchProcess(remote),
  };
  const times = new Map(Object.keys(ways).map((name) => [name, []]));
  for (let turn = 0; turn <= turns; turn += 1) {
    for (const [name, way] of Object.entries(ways)) {
      const ms = await way();
      if (turn > 0) times.get(name).push(ms);
    }
  }
  const [bash] = [...times.values()].map(median);
  for (const [name, values] of times) {
    const ms = median(values);
    console.log(
      `${name.padEnd(38)} ${ms.toFixed(1).padStart(7)} ms   ${(ms / bash).toFixed(1).padStart(6)} × bash   (least ${Math.min(...values).toFixed(1)})`,
    );
  }
} finally {
  s3.stop();
  rmSync(folder, { recursive: true, force: true });
}
