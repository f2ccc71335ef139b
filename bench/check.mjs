/**
 * 5,000 pipelines of a large team, in two environments: `tradewind check` as a whole process, and a compiler that stays (a watching
 * command, an editor's server): its first answer, its memory, and the time of an answer after an edit of one file, with the number of
 * pipelines that this edit makes it compile again. Goals: under 10 s, under 1 GB; under 100 ms after an edit of one pipeline.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { root } from "../scripts/provision.mjs";
import { makeWorkspace, pathOf } from "./check/workspace.mjs";

const count = Number(process.env.BENCH_PIPELINES ?? 5000);
const turns = Number(process.env.BENCH_TURNS ?? 7);
const folder = mkdtempSync(join(tmpdir(), "tradewind-bench-"));
const bin = process.env.TRADEWIND_BIN ?? join(root, "dist", "cli", "bin.js");
const files = makeWorkspace(count);
const goals = [];

function show(what, value, goal, good) {
  console.log(`${what.padEnd(66)} ${value.padStart(10)}${goal === undefined ? "" : `   ${good ? "ok" : "MISSED"} (goal ${goal})`}`);
  if (goal !== undefined) goals.push(good);
}

async function loadCompiler() {
  const built = await rolldown({
    input: { compile: join(root, "src/pipeline/compile.ts") },
    platform: "node",
    resolve: { alias: { yaml: join(root, "node_modules/yaml/browser/index.js") } }, // as scripts/build.mjs does
    logLevel: "silent",
  });
  await built.write({ dir: join(folder, "dist"), format: "esm", entryFileNames: "[name].mjs" });
  await built.close();
  return import(pathToFileURL(join(folder, "dist", "compile.mjs")).href);
}

/** `tradewind check` of the workspace on a disk. */
function wholeProcess() {
  const place = join(folder, "workspace");
  for (const [path, text] of files) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  const began = performance.now();
  const done = spawnSync(process.execPath, [bin, "check"], { cwd: place, encoding: "utf8", maxBuffer: 64 << 20 });
  if (done.status !== 0) throw new Error(`check failed:\n${done.stdout.slice(0, 2000)}\n${done.stderr.slice(0, 2000)}`);
  const seconds = (performance.now() - began) / 1000;
  show(`tradewind check, ${count} pipelines: a whole process`, `${seconds.toFixed(1)} s`, "10 s", seconds < 10);
}

const digest = { sha256: "ab".repeat(32) };
const digests = { get: () => digest };
const sources = () => ({ files: new Map(files), folders: digests, blobs: digests });

/** Milliseconds and CPU milliseconds of `work`, and what it gave. */
function measure(work) {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const value = work();
  const { user, system } = process.cpuUsage(cpu);
  return { value, time: performance.now() - began, cpu: (user + system) / 1000 };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function warm({ createCompiler }) {
  const compile = createCompiler();
  const first = measure(() => compile(sources()));
  const planned = first.value.pipelines.filter(({ plan }) => plan);
  if (planned.length !== first.value.pipelines.length || first.value.diagnostics.length > 0) throw new Error("the workspace has faults");
  show(`first answer, with ${planned.length} plans`, `${(first.time / 1000).toFixed(1)} s`);
  const memory = process.resourceUsage().maxRSS / 1024;
  show("  the process's memory after it", `${memory.toFixed(0)} MB`, "1000 MB", memory < 1000);

  let last = new Set(first.value.pipelines);
  const ask = (what, goal, edit) => {
    const times = [];
    const cpus = [];
    let again = 0;
    for (let turn = 0; turn < turns; turn += 1) {
      edit(turn);
      const { value, time, cpu } = measure(() => compile(sources()));
      times.push(time);
      cpus.push(cpu);
      again = value.pipelines.filter((one) => !last.has(one)).length;
      last = new Set(value.pipelines);
    }
    const text = `${what}: ${again} of ${planned.length} again, ${median(cpus).toFixed(0)} ms CPU`;
    show(text, `${median(times).toFixed(0)} ms`, goal && `${goal} ms`, median(times) < goal);
  };
  const append = (path, text) => files.set(path, files.get(path) + text);
  const replace = (path, from, to) => files.set(path, files.get(path).replace(from, to));
  ask("after no edit", 100, () => {});
  ask("after an edit of a pipeline", 100, (turn) => append(pathOf(777), `# ${turn}\n`));
  ask("after a mistake in a pipeline", 100, (turn) =>
    replace(pathOf(778), /operator_type: pg_to_csv\w*/, `operator_type: pg_to_csv${turn}`),
  );
  replace(pathOf(778), /operator_type: pg_to_csv\w*/, "operator_type: pg_to_csv");
  ask("after an edit of a pipeline that 24 use", 100, (turn) => append(pathOf(775), `# ${turn}\n`));
  ask("after an edit of a project's operator.yaml", 100, (turn) =>
    append("projects/team1/operators/own_score1/operator.yaml", `# ${turn}\n`),
  );
  ask("after a new pipeline, or one less", 100, (turn) => {
    const path = "projects/team1/pipelines/new.yaml";
    if (turn % 2 === 0) files.set(path, files.get(pathOf(776)).replace("name: daily_776", "name: new"));
    else files.delete(path);
  });
  ask("after an edit of a project's presets", undefined, (turn) => append("projects/team1/presets/own.yaml", `# ${turn}\n`));
  ask("after an edit of a project's settings", undefined, (turn) => append("projects/team1/project.yaml", `# ${turn}\n`));
  ask("after an edit of an environment's settings", undefined, (turn) => append("env/dev.yaml", `# ${turn}\n`));
  show("  the process's memory after all of them", `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
}

try {
  wholeProcess();
  warm(await loadCompiler());
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (goals.includes(false)) process.exitCode = 1;
