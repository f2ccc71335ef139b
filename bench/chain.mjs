/**
 * A chain of 20 tasks that do nothing: `tradewind run` as a whole process, over Luigi on the same chain. Luigi's tasks touch a file in
 * Luigi's own process; ours each run a script in a session of its own, logged, hashed and committed. Taken in turn, the median of
 * many turns. Goal: at most half of Luigi's time.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonEnvironment, root } from "../scripts/provision.mjs";

const length = 20;
const turns = Number(process.env.BENCH_TURNS ?? 7);
const folder = mkdtempSync(join(tmpdir(), "tradewind-bench-"));
const bin = join(root, "dist", "cli", "bin.js");
const python = join(pythonEnvironment("luigi"), "bin", "python");

const workspace = join(folder, "workspace");
for (const name of ["operators/nothing", "pipelines"]) mkdirSync(join(workspace, name), { recursive: true });
writeFileSync(join(workspace, "tradewind.yaml"), "default_env: dev\n");
writeFileSync(join(workspace, "operators/nothing/operator.yaml"), 'operator: nothing\neffects: writes\njob:\n  execution_script: "true"\n');
const tasks = Array.from({ length }, (_, n) => `  t${n}: { operator_type: nothing${n === 0 ? "" : `, needs: [t${n - 1}]`} }\n`);
writeFileSync(
  join(workspace, "pipelines/chain.yaml"),
  `dag: { name: chain, schedule: null, start_date: 2026-01-01 }\ntasks:\n${tasks.join("")}`,
);

writeFileSync(
  join(folder, "chain.py"),
  `import luigi


class Link(luigi.Task):
    number = luigi.IntParameter()
    place = luigi.Parameter()

    def requires(self):
        return [Link(number=self.number - 1, place=self.place)] if self.number > 0 else []

    def output(self):
        return luigi.LocalTarget(f"{self.place}/{self.number}")

    def run(self):
        with self.output().open("w"):
            pass
`,
);

/** Milliseconds of a whole process. */
function time(what, command, args, options) {
  const began = performance.now();
  const done = spawnSync(command, args, { ...options, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${what} failed:\n${done.stdout}\n${done.stderr}`);
  return performance.now() - began;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

const times = { tradewind: [], luigi: [], node: [], python: [] };
try {
  // The first turn of each fills caches of files and of Python's byte code.
  for (let turn = 0; turn <= turns; turn++) {
    const place = join(folder, `luigi-${turn}`);
    const luigi = ["-m", "luigi", "--module", "chain", "Link", "--number", String(length - 1), "--place", place, "--local-scheduler"];
    const measured = {
      tradewind: time("tradewind run", process.execPath, [bin, "run", "chain", "--no-cache"], { cwd: workspace }),
      luigi: time("luigi", python, luigi, { cwd: folder, env: { ...process.env, PYTHONPATH: folder } }),
      node: time("node -e 0", process.execPath, ["-e", "0"], {}),
      python: time("python -c 0", python, ["-c", "0"], {}),
    };
    if (turn > 0) for (const [name, value] of Object.entries(measured)) times[name].push(value);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const [name, values] of Object.entries(times)) {
  const shown = values.map((value) => value.toFixed(0)).join(" ");
  console.log(`${name.padEnd(10)} ${median(values).toFixed(0).padStart(6)} ms   (${shown})`);
}
const ratio = median(times.tradewind) / median(times.luigi);
console.log(`a chain of ${length} tasks, tradewind run / luigi: ${ratio.toFixed(2)} (goal: at most 0.50)`);
