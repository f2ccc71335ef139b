/** What must be true after a runner was killed, whenever that was. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Result } from "../../src/protocol/result.ts";
import { type Ended, runProgram, startProgram } from "./program.ts";

/** A workspace whose tasks take their time, start children and leave traces. */
export const slowWorkspace = {
  "tradewind.yaml": "default_env: dev\n",
  "operators/slow/operator.yaml": `operator: slow
params:
  time: { type: number, default: 0.1 }
  stubborn: { type: boolean, default: false }
inputs:
  data: { type: text, optional: true }
outputs:
  data: { type: text }
job:
  grace: 3
  execution_script: |
    if [ "$PARAM_STUBBORN" = true ]; then trap '' TERM; fi
    sleep 300 &
    (setsid sleep 300 &)
    head -c 300000 /dev/zero | tr '\\0' x > "$OUTPUT_DATA"
    sleep "$PARAM_TIME"
    if [ "$PARAM_STUBBORN" = true ]; then while :; do sleep 0.1; done; fi
    kill %1
`,
  "operators/load/operator.yaml": `operator: load
inputs:
  data: { type: text }
effects: writes
job:
  execution_script: wc -c < "$INPUT_DATA"
`,
  "pipelines/slow.yaml": `dag: { name: slow, schedule: null, start_date: 2026-01-01 }
tasks:
  a: { operator_type: slow, time: 0.1 }
  b: { operator_type: slow, time: 0.15 }
  c: { operator_type: slow, time: 0.12, inputs: { data: a } }
  d: { operator_type: load, inputs: { data: c }, needs: [b] }
`,
};

/** Processes that a workspace's scripts started: they have its folder as HOME. */
export function survivors(root: string): number[] {
  const wanted = `HOME=${root}\0`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return `${readFileSync(`/proc/${pid}/environ`, "latin1")}\0`.includes(wanted);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Waits until nobody is left; fails when somebody is after `seconds`. */
export async function expectNoSurvivors(root: string, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (survivors(root).length > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(survivors(root)).toEqual([]);
}

/** Every result that a reader can see names artifacts that are there, whole. */
export function expectNoHalfArtifacts(root: string): number {
  const store = join(root, ".tradewind/store/dev");
  if (!existsSync(store)) return 0;
  const results = readdirSync(store, { recursive: true, encoding: "utf8" }).filter((name) => /(^|\/)result\.json$/.test(name));
  for (const name of results) {
    const result = JSON.parse(readFileSync(join(store, name), "utf8")) as Result;
    for (const artifact of Object.values(result.outputs)) {
      const bytes = readFileSync(join(store, artifact.key));
      expect({ key: artifact.key, size: bytes.length }).toEqual({ key: artifact.key, size: artifact.size });
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(artifact.sha256);
    }
  }
  return results.length;
}

/** Starts a run, kills its runner with KILL after `delay` milliseconds, and holds what is left to all of the above. */
export async function killOnce(bin: string, root: string, delay: number): Promise<void> {
  const { child, ended } = startProgram(bin, root, ["run", "slow"]);
  await new Promise((resolve) => setTimeout(resolve, delay));
  child.kill("SIGKILL");
  await ended;
  expectNoHalfArtifacts(root);
  await expectNoSurvivors(root, 8);
  const again = await runProgram(bin, root, ["run", "slow"]);
  expect(again).toMatchObject({ code: 0 });
  expectNoHalfArtifacts(root);
  await expectNoSurvivors(root, 8);
  expect(readdirSync(join(root, ".tradewind/live"))).toEqual([]);
  expect(readdirSync(join(root, ".tradewind/work"))).toEqual([]);
  const runs = await listRuns(bin, root);
  expect(runs.filter((run) => !["success", "lost"].includes(run.state))).toEqual([]);
}

export async function listRuns(bin: string, root: string): Promise<{ run_id: string; state: string; tasks: object }[]> {
  const { code, stdout, stderr }: Ended = await runProgram(bin, root, ["runs", "--format", "json", "--limit", "1000"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}
