/** Control groups as this machine has them: what they hold, tell and stop. The ways without them are in limits.test.ts. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { makeGroup } from "../../src/launch/cgroup.ts";
import { memoryFor } from "../../src/launch/memory.ts";
import { pointerKey, readResult } from "../../src/launch/results.ts";
import { bundleLauncher, startLauncher, until } from "./launcher.ts";
import { makeBench } from "./request.ts";

// Other work on the machine may slow everything down.
vi.setConfig({ testTimeout: 60_000 });

const launcher = bundleLauncher();

/** What this machine allows: a container may not let its own root make groups. */
const probe = makeGroup("tradewind-probe", 1 << 30);
const parents = (probe?.folders ?? []).map((folder) => join(folder, ".."));
const limited = probe?.limited === true;
probe?.remove();
const limits = (more: object) => ({ stage_time: 60, grace: 0.5, ...more });

afterAll(() =>
  console.log(`control groups here: ${probe === undefined ? "none" : `${probe.folders.length}, memory ${limited ? "" : "not "}limited`}`),
);

describe.runIf(probe !== undefined)("where a group can be made", () => {
  test("nothing escapes: not with a session of its own and an empty environment", async () => {
    const bench = makeBench();
    const script = `env -i setsid bash -c 'echo $$ > "${bench.folder}/pid"; exec sleep 300' & echo started; sleep 300`;
    const result = await bench.run({ script, limits: limits({ execution_time: 1 }) });
    expect(result).toMatchObject({ status: "failed", reason: "timeout" });
    const pid = readFileSync(join(bench.folder, "pid"), "utf8").trim();
    expect(existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z")).toBe(false);
  });

  test("nor when the script ends well, and that is said", async () => {
    const bench = makeBench();
    const result = await bench.run({ script: "env -i setsid sleep 300 & sleep 0.3; true", limits: limits({}) });
    expect(result.status).toBe("success");
    expect(bench.events).toContainEqual(expect.objectContaining({ message: expect.stringContaining("left processes running") }));
  });

  test("the guard of a killed launcher empties and removes it", async () => {
    const bench = makeBench();
    const script = `env -i setsid bash -c 'echo $$ > "${bench.folder}/pid"; exec sleep 300' & sleep 0.2; echo started; sleep 300`;
    const running = startLauncher(launcher, bench.folder, bench.request({ script, limits: limits({ memory: 500_000_000 }) }));
    await until(() => running.stdout().includes("started"), "the script");
    const pid = readFileSync(join(bench.folder, "pid"), "utf8").trim();
    const own = groupsOf(pid);
    expect(own.length).toBeGreaterThan(0);
    running.child.kill("SIGKILL");
    await running.done;
    await until(() => own.every((folder) => !existsSync(folder)), "the guard to remove the group", 15);
    expect(existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z")).toBe(false);
  });

  test.each(["true", "exit 3", "kill -KILL $$"])("none is left behind by %s", async (end) => {
    const bench = makeBench();
    await bench.run({ script: `grep -o 'tradewind-[a-z0-9]*' /proc/self/cgroup; ${end}`, limits: limits({ memory: 100_000_000 }) });
    const names = bench.lines().filter((line) => line.startsWith("tradewind-"));
    expect(names.length).toBeGreaterThan(0);
    expect(parents.flatMap((parent) => names.map((name) => join(parent, name))).filter((folder) => existsSync(folder))).toEqual([]);
  });

  test("CPU of all that ran is told, also of what ended long before", async () => {
    const result = await makeBench().run({ script: "for i in 1 2 3; do timeout 0.3 bash -c 'while :; do :; done' || true; done" });
    expect(result.usage.cpu).toBeGreaterThan(100);
  });
});

describe.runIf(limited)("where a group limits memory", () => {
  const hold = (megabytes: number) => `python3 -c 'b = bytearray(b"x" * ${megabytes} * 1000000); print("held", flush=True)'`;

  test("who runs out is known for sure, however fast it was", async () => {
    const bench = makeBench();
    const result = await bench.run({ script: hold(2000), limits: limits({ memory: 150_000_000 }) });
    expect(result).toMatchObject({ status: "failed", reason: "out-of-memory", origin: "script", exit_code: 137 });
    expect(result.usage).toMatchObject({ memory_limit: 150_000_000 });
    expect(result.usage.peak_memory).toBeGreaterThanOrEqual(150_000_000);
    expect(bench.lines()).not.toContain("held");
  });

  test("a script that hides that one of its children was killed is still told", async () => {
    const result = await makeBench().run({ script: `${hold(1000)} || true; sleep 0.3`, limits: limits({ memory: 150_000_000 }) });
    expect(result).toMatchObject({ status: "failed", reason: "out-of-memory" });
  });

  test("words about memory are only words", async () => {
    const result = await makeBench().run({ script: "echo MemoryError; exit 4", limits: limits({ memory: 150_000_000 }) });
    expect(result).toMatchObject({ reason: "exit", exit_code: 4 });
  });

  test("files in the system's cache do not count", async () => {
    const bench = makeBench();
    const script = 'for i in 1 2 3; do head -c 100000000 /dev/zero > "$TMPDIR/$i"; cat "$TMPDIR/$i" > /dev/null; done';
    const result = await bench.run({ script, limits: limits({ memory: 100_000_000 }) });
    expect(result.status).toBe("success");
    expect(result.usage.peak_memory ?? 0).toBeLessThan(60_000_000);
  });
});

/** Version 1, where a group that holds processes can have others within it: as a container of it around the launcher. */
const outside = parents.find((parent) => existsSync(join(parent, "memory.limit_in_bytes")));

test.runIf(limited && outside !== undefined)(
  "who is killed for another's limit is told apart: the machine, or the container around",
  async () => {
    const bench = makeBench();
    const outer = join(outside ?? "", `tradewind-test-${process.pid}`);
    mkdirSync(outer);
    onTestFinished(() => rmdirSync(outer));
    writeFileSync(join(outer, "memory.limit_in_bytes"), "250000000");
    const script = 'python3 -c \'b = bytearray(b"x" * 600000000); print("held", flush=True)\'';
    const request = bench.request({ script, limits: limits({ memory: 2_000_000_000, memory_max: 8_000_000_000 }) });
    const file = join(bench.folder, "request.json");
    writeFileSync(file, JSON.stringify(request));
    const env = { PATH: process.env.PATH, HOME: bench.folder, TMPDIR: bench.folder };
    const joining = 'echo 0 > "$0/cgroup.procs" && exec "$@"';
    const child = spawn("sh", ["-c", joining, outer, process.execPath, launcher, "launch", "--request", file], { env, stdio: "ignore" });
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(code).toBe(137);
    const { dag_id, run_id, task } = request;
    const result = await readResult(bench.deps.store, pointerKey(dag_id, run_id, task));
    expect(result).toMatchObject({ reason: "out-of-memory", origin: "platform", retryable: true });
    expect(result?.message).toContain("within its own limit");
    // It was not its limit that was too small, so the next try gets no more.
    expect(memoryFor(request.limits, result)).toBe(2_000_000_000);
    await until(() => readFileSync(join(outer, "cgroup.procs"), "utf8") === "", "the guard to end", 15);
  },
);

/** Folders of the groups that a process is in and that are ours. */
function groupsOf(pid: string): string[] {
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
  const names = new Set(lines.flatMap((line) => /\/(tradewind-[a-z0-9]+)$/.exec(line)?.[1] ?? []));
  return parents.flatMap((parent) => [...names].map((name) => join(parent, name))).filter((folder) => existsSync(folder));
}
