/**
 * Local runs of many tasks: what a task costs us besides its script, as the number of tasks grows. `cached`: every task is a cache hit,
 * so all of its time is ours. `true`: each runs `true` in bash, over starting `bash -c true` as often, as many at a time. Goals: under
 * 5 ms a task, and the same for 10,000 tasks as for 1,000, within a half. `scheduler`: deciding alone, without any launch. Shapes: wide
 * (no needs), chain, layers (of 10, each needing all of the last), fan (one that needs all others).
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { root } from "../scripts/provision.mjs";

const counts = (process.env.BENCH_TASKS ?? "100,1000,10000").split(",").map(Number);
const scripts = Number(process.env.BENCH_SCRIPTS ?? 1000);
const folder = mkdtempSync(join(tmpdir(), "tradewind-bench-"));

const source = (path) => join(root, "src", path);
const bundle = await rolldown({
  input: {
    run: source("run/run.ts"),
    prepare: source("run/prepare.ts"),
    schedule: source("run/schedule.ts"),
    open: source("storage/open.ts"),
    view: source("cli/run-view.ts"),
  },
  platform: "node",
  external: [/^node:/, "pg-native"],
  logLevel: "silent",
});
await bundle.write({ dir: join(folder, "dist"), format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "part-[name].mjs" });
await bundle.close();
const load = (name) => import(pathToFileURL(join(folder, "dist", `${name}.mjs`)).href);
const [{ run }, { prepareRun }, schedule, { openStore }, { createLiveView }] = await Promise.all(
  ["run", "prepare", "schedule", "open", "view"].map(load),
);

const shapes = {
  wide: () => [],
  chain: (n) => (n === 0 ? [] : [n - 1]),
  layers: (n) => (n < 10 ? [] : Array.from({ length: 10 }, (_, k) => n - (n % 10) - 10 + k)),
  fan: (n, count) => (n < count - 1 ? [] : Array.from({ length: n }, (_, k) => k)),
};

function tasksOf(shape, count, effects) {
  const id = (n) => `t${n}`;
  return Array.from({ length: count }, (_, n) => ({
    kind: "job",
    id: id(n),
    group: null,
    operator: "nothing",
    upstream: shapes[shape](n, count).map(id),
    trigger_rule: "all_success",
    retries: 0,
    retry_delay: 0,
    engine: "process",
    job: { script: "true", env: {}, stage_time: 60, grace: 2, digest: "0".repeat(64) },
    params: {},
    inputs: {},
    outputs: {},
    connections: [],
    effects,
  }));
}

function planOf(tasks) {
  return {
    version: 1,
    source: { file: "pipelines/p.yaml", digest: "0".repeat(64) },
    env: "dev",
    dag: {
      dag_id: "bench",
      name: "bench",
      schedule: null,
      timezone: "UTC",
      start_date: "2026-01-01T00:00:00",
      catchup: false,
      tags: [],
      critical: false,
      params: {},
    },
    groups: [],
    tasks,
    store: { url: "store" },
    launcher: { kind: "command", command: "tradewind" },
    engines: {},
    publish: [],
  };
}

const day = "2026-01-15T00:00:00+00:00";
const dates = { logical_date: day, data_interval_start: day, data_interval_end: "2026-01-16T00:00:00+00:00" };

/** Milliseconds a task, and of our own CPU, of a whole run with its preparation and its table on a screen that nobody sees. */
async function runOf(tasks) {
  const address = { url: join(folder, "store") };
  const [began, before] = [performance.now(), process.cpuUsage()];
  const prepared = await prepareRun(planOf(tasks), { select: {}, params: {}, cache: true, dates, env: process.env, store: address });
  const view = createLiveView({ isTTY: true, columns: 120, rows: 50, write: () => true }, true);
  const record = await run(prepared, {
    root: folder,
    store: openStore(address, { env: process.env }),
    onEvent: view.show,
    signal: new AbortController().signal,
  });
  view.end();
  if (record.state !== "success") throw new Error(JSON.stringify(record).slice(0, 2000));
  const { user, system } = process.cpuUsage(before);
  return { ms: (performance.now() - began) / tasks.length, cpu: (user + system) / 1000 / tasks.length };
}

/** The same number of `bash -c true`, as many at a time. */
async function bareScripts(count) {
  let left = count;
  const one = () => new Promise((resolve) => spawn("bash", ["-c", "true"], { stdio: ["ignore", "pipe", "pipe"] }).once("close", resolve));
  const worker = async () => {
    while (left-- > 0) await one();
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return (performance.now() - began) / count;
}

/** Milliseconds a task of deciding what to start, when every task ends at once. */
function decide(tasks) {
  const planned = tasks.map((task) => ({ ...task, tokens: { cpu: 1, memory: 0 } }));
  const capacity = { cpu: availableParallelism(), memory: totalmem() };
  const began = performance.now();
  const states = new Map(planned.map(({ id }) => [id, "waiting"]));
  const machine = schedule.createSchedule(planned, states, capacity);
  let done = 0;
  for (let { started } = machine.next(); started.length > 0; { started } = machine.next()) {
    for (const id of started) machine.change(id, "success");
    done += started.length;
  }
  if (done !== tasks.length) throw new Error(`${done} of ${tasks.length} tasks were started`);
  return (performance.now() - began) / tasks.length;
}

const goals = [];
try {
  await runOf(tasksOf("wide", 1, "none"));
  for (const shape of Object.keys(shapes)) {
    const cached = [];
    for (const count of counts) {
      const { ms, cpu } = await runOf(tasksOf(shape, count, "none"));
      cached.push(ms);
      const deciding = decide(tasksOf(shape, count, "none"));
      const memory = process.resourceUsage().maxRSS / 1024;
      console.log(
        `${shape.padEnd(7)} ${String(count).padStart(6)} tasks   cached ${ms.toFixed(2).padStart(6)} ms a task (CPU ${cpu.toFixed(2)})   scheduler ${deciding.toFixed(4)} ms   memory ${memory.toFixed(0)} MB`,
      );
    }
    goals.push(Math.max(...cached) < 5, cached.at(-1) < 1.5 * Math.min(...cached.slice(-2)));
  }
  const bare = await bareScripts(scripts);
  const ours = await runOf(tasksOf("wide", scripts, "writes"));
  const own = ours.ms - bare;
  console.log(
    `${scripts} scripts: bash -c true ${bare.toFixed(2)} ms, a task ${ours.ms.toFixed(2)} ms (our CPU ${ours.cpu.toFixed(2)}); ours ${own.toFixed(2)} ms (goal 5)`,
  );
  goals.push(own < 5);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (goals.includes(false)) {
  console.log("a goal was MISSED");
  process.exitCode = 1;
}
