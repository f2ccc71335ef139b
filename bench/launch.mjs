/**
 * The launcher's start: CPU of `launcher.js launch` of a task that does nothing, over that of `node -e 0`; and the time of one
 * launch inside a process, as `tradewind run` does it. Many turns, taken in turn.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "../scripts/provision.mjs";

const turns = Number(process.env.BENCH_TURNS ?? 15);
const folder = mkdtempSync(join(tmpdir(), "tradewind-bench-"));
const source = (path) => join(root, "src", path);

const bundle = await rolldown({
  input: { launcher: source("launch/main.ts") },
  platform: "node",
  external: [/^node:/, "pg-native"],
  logLevel: "silent",
});
await bundle.write({ dir: join(folder, "dist"), format: "esm", entryFileNames: "[name].js", chunkFileNames: "launcher-[name].js" });
await bundle.close();
const parts = await rolldown({
  input: { launch: source("launch/launch.ts"), folder: source("storage/folder.ts") },
  platform: "node",
  external: [/^node:/],
  logLevel: "silent",
});
await parts.write({ dir: join(folder, "parts"), format: "esm", entryFileNames: "[name].js" });
await parts.close();
writeFileSync(join(folder, "dist", "package.json"), '{"type":"module"}');
writeFileSync(join(folder, "parts", "package.json"), '{"type":"module"}');

const request = (task, store) => ({
  proto: 1,
  dag_id: "bench",
  run_id: "bench",
  task,
  operator: "nothing",
  operator_digest: "0".repeat(64),
  script: "true",
  params: {},
  inputs: {},
  outputs: {},
  connections: [],
  env: {},
  limits: { stage_time: 60, grace: 5 },
  effects: "writes",
  cache: { read: false, fresh: false, reads: false },
  store: { url: store },
  tries: { number: 1, max: 0, retries: 0 },
});
const file = join(folder, "request.json");
writeFileSync(file, JSON.stringify(request("nothing", join(folder, "store"))));

/** CPU milliseconds of a command and all that it waited for, by bash's `times`. */
function cpuOf(...command) {
  const done = spawnSync("bash", ["-c", '"$@" > /dev/null || exit 1; times', "bash", ...command], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${command.join(" ")} failed: ${done.stderr}`);
  const last = done.stdout.trim().split("\n").at(-1);
  return [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const peer = [];
const ours = [];
for (let turn = 0; turn < turns; turn++) {
  peer.push(cpuOf(process.execPath, "-e", "0"));
  ours.push(cpuOf(process.execPath, join(folder, "dist", "launcher.js"), "launch", "--request", file));
}
// Other work on the machine only ever adds CPU (caches, clock), so the least is nearest to the truth.
const [node, launcher] = [Math.min(...peer), Math.min(...ours)];
console.log(
  `launcher, a task that does nothing: ${launcher.toFixed(0)} ms CPU; node -e 0: ${node.toFixed(0)} ms; ratio ${(launcher / node).toFixed(2)} (limit 2)`,
);

const { launch } = await import(join(folder, "parts", "launch.js"));
const { createFolderStore } = await import(join(folder, "parts", "folder.js"));
const store = createFolderStore(join(folder, "store2"));
const deps = {
  store,
  env: process.env,
  work: join(folder, "work"),
  cache: join(folder, "cache"),
  onEvent: () => {},
  signal: new AbortController().signal,
};
const times = [];
for (let turn = 0; turn < turns * 4; turn++) {
  const start = performance.now();
  const result = await launch(request(`task-${turn}`, store.url), deps);
  if (result.status !== "success") throw new Error(result.message);
  times.push(performance.now() - start);
}
console.log(
  `launch inside a process: ${median(times).toFixed(1)} ms, 20 in a chain ${(times.slice(0, 20).reduce((sum, time) => sum + time, 0) / 1000).toFixed(2)} s (limit 0.4)`,
);
rmSync(folder, { recursive: true, force: true });
if (launcher / node > 2) process.exitCode = 1;
