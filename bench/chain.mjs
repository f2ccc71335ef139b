/**
 * A chain of 20 tasks that do nothing: `tradewind run` as a whole process, over Luigi on the same chain. Ours each run a script in a
 * session of its own, logged, hashed and committed. Luigi twice: with a script a task (ExternalProgramTask), and with tasks that only
 * touch a file in Luigi's own process. `edited`: the workspace changed since the last run, so it is compiled too. Taken in turn, the
 * median of many turns. Goal: at most half of Luigi's time.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonEnvironment, root } from "../scripts/provision.mjs";

const length = 20;
const turns = Number(process.env.BENCH_TURNS ?? 7);
const folder = mkdtempSync(join(tmpdir(), "tradewind-bench-"));
const bin = process.env.TRADEWIND_BIN ?? join(root, "dist", "cli", "bin.js");
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
from luigi.contrib.external_program import ExternalProgramTask


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


class Script(ExternalProgramTask):
    number = luigi.IntParameter()
    place = luigi.Parameter()

    def requires(self):
        return [Script(number=self.number - 1, place=self.place)] if self.number > 0 else []

    def output(self):
        return luigi.LocalTarget(f"{self.place}/{self.number}")

    def program_args(self):
        return ["bash", "-c", "true"]

    def run(self):
        super().run()
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

const times = { tradewind: [], edited: [], luigi: [], "luigi in process": [], "node -e 0": [], "python -c 0": [] };

function run() {
  return time("tradewind run", process.execPath, [bin, "run", "chain", "--no-cache"], { cwd: workspace });
}

function luigi(task, turn) {
  const place = join(folder, `luigi-${task}-${turn}`);
  const args = ["-m", "luigi", "--module", "chain", task, "--number", String(length - 1), "--place", place, "--local-scheduler"];
  return time("luigi", python, args, { cwd: folder, env: { ...process.env, PYTHONPATH: folder } });
}

try {
  // The first turn of each fills caches of files and of Python's byte code.
  for (let turn = 0; turn <= turns; turn++) {
    writeFileSync(join(workspace, "tradewind.yaml"), `default_env: dev # ${turn}\n`);
    const measured = {
      edited: run(),
      tradewind: run(),
      luigi: luigi("Script", turn),
      "luigi in process": luigi("Link", turn),
      "node -e 0": time("node", process.execPath, ["-e", "0"], {}),
      "python -c 0": time("python", python, ["-c", "0"], {}),
    };
    if (turn > 0) for (const [name, value] of Object.entries(measured)) times[name].push(value);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const [name, values] of Object.entries(times)) {
  console.log(`${name.padEnd(17)} ${median(values).toFixed(0).padStart(6)} ms   (${values.map((value) => value.toFixed(0)).join(" ")})`);
}
const ratio = (a, b) => (median(times[a]) / median(times[b])).toFixed(2);
console.log(`a chain of ${length} tasks, tradewind run / luigi: ${ratio("tradewind", "luigi")} (goal: at most 0.50)`);
console.log(`  after an edit: ${ratio("edited", "luigi")}; over tasks inside Luigi's process: ${ratio("tradewind", "luigi in process")}`);
