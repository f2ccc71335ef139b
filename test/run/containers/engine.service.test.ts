/** `tradewind run --engine docker` with real containers: the same artifacts as a process makes, limits, and nothing left behind. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../../src/protocol/result.ts";
import type { RunRecord } from "../../../src/protocol/run-record.ts";
import { madePackages } from "../../packages/made.ts";
import { type Podman, processesLike, startPodman } from "../../services/podman.ts";
import { buildProgram, type Ended, type Started, startProgram } from "../program.ts";

const secret = `C4n/ry@+:%"x`;
const connection = `postgresql://user:${encodeURIComponent(secret)}@127.0.0.1:5432/db`;

const files: { readonly [path: string]: string } = {
  "tradewind.yaml": `
images: { tool: { image: "tradewind-test:1", python: "3" } }
flavors: { small: { cpu: 1, memory: 64 MB } }
engines: { docker: { image: tool } }
`,
  "operators/make/operator.yaml": `
operator: make
params: { rows: { type: integer, default: 500 } }
outputs: { rows: { type: csv } }
job:
  docker_image: tool
  execution_script: |
    [ -e /etc/where ] && echo "in $(cat /etc/where)" || echo "in a process"
    { echo n; for ((i = 0; i < PARAM_ROWS; i++)); do echo $i; done; } > "$OUTPUT_ROWS"
`,
  // Its job names no image: it gets that of the settings.
  "operators/double/operator.yaml": `
operator: double
params: { connection: { type: connection } }
inputs: { rows: { type: csv }, names: { type: csv } }
outputs: { rows: { type: csv } }
effects: none
job:
  execution_script: |
    echo "connection $AIRFLOW_CONN_DWH"
    awk 'NR == 1 { print "n,twice"; next } { print $1 "," 2 * $1 }' "$INPUT_ROWS" > "$OUTPUT_ROWS"
    head -n 1 "$INPUT_NAMES"
`,
  "operators/hog/operator.yaml": `
operator: hog
outputs: { rows: { type: csv } }
job:
  docker_image: tool
  resource_flavor: small
  execution_script: |
    text=$(head -c 400000000 /dev/zero | tr '\\0' a)
    echo "\${#text}" > "$OUTPUT_ROWS"
`,
  "operators/slow/operator.yaml": `
operator: slow
outputs: { rows: { type: csv } }
job:
  docker_image: tool
  grace: 1
  execution_script: |
    echo started
    sleep 600
`,
  "pipelines/two.yaml": `
dag: { name: two }
tasks:
  make: { operator_type: make }
  double: { operator_type: double, inputs: { rows: make, names: NAMES }, connection: dwh }
`,
  "pipelines/hog.yaml": "dag: { name: hog }\ntasks: { hog: { operator_type: hog } }\n",
  "pipelines/slow.yaml": "dag: { name: slow }\ntasks: { slow: { operator_type: slow } }\n",
  "pipelines/late.yaml": "dag: { name: late }\ntasks: { late: { operator_type: slow, execution_timeout: 3 } }\n",
};

const packages = madePackages(["folder"]);
let podman: Podman;
let program: string;
const folders: string[] = [];

beforeAll(async () => {
  podman = startPodman();
  podman.makeImage("tradewind-test:1");
  program = await buildProgram();
});

afterAll(() => podman?.stop());
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function makeWorkspace(more: { readonly [path: string]: string } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "tradewind-containers-"));
  folders.push(folder);
  const names = join(folder, "given", "names.csv");
  for (const [path, text] of Object.entries({ ...files, "given/names.csv": "name\nx\n", ...more })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text.replace("NAMES", names));
  }
  return folder;
}

/** Podman alone is on PATH, so that no engine of the developer's own is used. */
function start(workspace: string, args: readonly string[], env: { readonly [name: string]: string } = {}): Started {
  return startProgram(program, workspace, args, {
    ...podman.env,
    DOCKER_HOST: "unix:///nonexistent",
    AIRFLOW_CONN_DWH: connection,
    ...env,
  });
}

const run = (workspace: string, ...args: readonly string[]): Promise<Ended> => start(workspace, ["run", ...args]).ended;

const runsOf = (workspace: string) => join(workspace, ".tradewind", "store", "dev", "runs");

/** `task:port` → digest of the newest run. */
function digestsOf(workspace: string, dag: string): { readonly [port: string]: string } {
  const place = join(runsOf(workspace), dag);
  const newest = readdirSync(place).sort().at(-1) ?? "";
  const digests: Record<string, string> = {};
  for (const task of readdirSync(join(place, newest), { withFileTypes: true })) {
    if (!task.isDirectory()) continue;
    const result = JSON.parse(readFileSync(join(place, newest, task.name, "result.json"), "utf8")) as Result;
    for (const [port, { sha256 }] of Object.entries(result.outputs)) digests[`${result.task}:${port}`] = sha256;
  }
  return digests;
}

function recordOf(workspace: string, dag: string): RunRecord {
  const place = join(runsOf(workspace), dag);
  return JSON.parse(readFileSync(join(place, readdirSync(place).sort().at(-1) ?? "", "0-run.json"), "utf8")) as RunRecord;
}

async function untilContainer(): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    const id = podman.run(["ps", "--quiet"]).trim();
    if (id !== "" && podman.run(["logs", id]).includes("started")) return id;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("no container started in 30 s");
}

async function untilNone(): Promise<void> {
  for (let tries = 0; tries < 200 && podman.containers().length > 0; tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(podman.containers()).toEqual([]);
}

describe("two tasks and a csv", () => {
  test("have the digests that processes give, each in its image, and do again what only processes did", async () => {
    const workspace = makeWorkspace();
    const here = await run(workspace, "two");
    expect(here.code, here.stdout + here.stderr).toBe(0);
    const expected = digestsOf(workspace, "two");
    expect(Object.keys(expected)).toEqual(["double:rows", "make:rows"]);

    const inside = await run(workspace, "two", "--engine", "docker", "--format", "json");
    expect(inside.code, inside.stdout + inside.stderr).toBe(0);
    expect(inside.stdout).toContain('"line":"in the image"');
    expect(inside.stdout).toContain('"phase":"upload"');
    expect(inside.stdout).toContain('"line":"connection ***"');
    expect(inside.stdout).not.toContain(encodeURIComponent(secret));
    expect(digestsOf(workspace, "two")).toEqual(expected);
    expect(podman.containers()).toEqual([]);
    expect(readdirSync(join(workspace, ".tradewind", "work"))).toEqual([]);

    const again = await run(workspace, "two", "--engine", "docker");
    expect(again.stdout).toContain("2 cached");
  });

  test("by a folder with its own Node, in an image that cannot run ours", async () => {
    podman.makeImage("tradewind-bare:1", { cxx: false });
    const images = "images: { tool: { image: 'tradewind-bare:1' } }\n";
    const ours = await run(makeWorkspace({ "env/dev.yaml": images }), "two", "--engine", "docker");
    expect(ours.code).toBe(1);
    expect(ours.stdout).toContain("libstdc++.so.6");
    expect(ours.stdout).toContain("by `launcher: { folder: … }`");
    const workspace = makeWorkspace({ "env/dev.yaml": `${images}launcher: { folder: ${JSON.stringify(packages.folder)} }\n` });
    const done = await run(workspace, "two", "--engine", "docker");
    expect(done.code, done.stdout + done.stderr).toBe(0);
    expect(done.stdout).toContain("2 ran");
  });
});

test("a job that needs more memory than its flavor has ends as out of memory", async () => {
  const workspace = makeWorkspace();
  const done = await run(workspace, "hog", "--engine", "docker");
  expect(done.code).toBe(1);
  expect(recordOf(workspace, "hog").tasks.hog).toMatchObject({ state: "failed", reason: "out-of-memory" });
  expect(podman.containers()).toEqual([]);
});

test("Ctrl-C stops the script in order and leaves no container; no secret is on a command line meanwhile", async () => {
  const workspace = makeWorkspace({
    "pipelines/slow.yaml": "dag: { name: slow }\ntasks: { slow: { operator_type: slow_connected, connection: dwh } }\n",
    "operators/slow_connected/operator.yaml": (files["operators/slow/operator.yaml"] ?? "").replace(
      "operator: slow",
      "operator: slow_connected\nparams: { connection: { type: connection } }",
    ),
  });
  const { child, ended } = start(workspace, ["run", "slow", "--engine", "docker"]);
  const id = await untilContainer();
  const commands = [...processesLike("tradewind"), ...processesLike(id)].map(({ command }) => command);
  expect(commands.some((command) => command.includes("podman run"))).toBe(true);
  for (const command of commands) expect(command).not.toContain(encodeURIComponent(secret));
  const since = Date.now();
  child.kill("SIGINT");
  const done = await ended;
  expect(done.code).toBe(130);
  expect(Date.now() - since).toBeLessThan(15_000);
  expect(podman.containers()).toEqual([]);
  expect(recordOf(workspace, "slow")).toMatchObject({ state: "cancelled", tasks: { slow: { state: "cancelled" } } });
});

test("a runner that is killed takes its container with it", async () => {
  const workspace = makeWorkspace();
  const { child, ended } = start(workspace, ["run", "slow", "--engine", "docker"]);
  await untilContainer();
  child.kill("SIGKILL");
  await ended;
  await untilNone();
});

test("a container whose runner and client are gone is removed by the next run", async () => {
  const workspace = makeWorkspace();
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const dead = JSON.stringify({ host: recordHost(), pid: 2 ** 22 - 3, birth: `${boot} 1` });
  const alive = JSON.stringify({ host: "another-host", pid: 1 });
  for (const label of [dead, alive]) {
    podman.run(["run", "--detach", "--label", `tradewind.runner=${label}`, "tradewind-test:1", "sleep", "600"]);
  }
  expect(podman.containers()).toHaveLength(2);
  const done = await run(workspace, "two", "--engine", "docker");
  expect(done.code, done.stdout + done.stderr).toBe(0);
  const [left = "", ...others] = podman.containers();
  expect(others).toEqual([]);
  expect(podman.run(["inspect", "--format", '{{index .Config.Labels "tradewind.runner"}}', left])).toContain("another-host");
  podman.run(["rm", "--force", "--time", "0", left]);
});

test("past its execution_timeout a task is stopped, and its container removed", async () => {
  const workspace = makeWorkspace();
  const done = await run(workspace, "late", "--engine", "docker");
  expect(done.code).toBe(1);
  expect(recordOf(workspace, "late").tasks.late).toMatchObject({ state: "failed", reason: "timeout" });
  expect(podman.containers()).toEqual([]);
});

describe("what is missing is said before anything runs", () => {
  test("an image for a job", async () => {
    const workspace = makeWorkspace({
      "tradewind.yaml": (files["tradewind.yaml"] ?? "").replace("engines: { docker: { image: tool } }", ""),
    });
    const done = await run(workspace, "two", "--engine", "docker");
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("no image to run double in");
    expect(done.stderr).toContain("engines: { docker: { image: … } }");
  });

  test("the image itself", async () => {
    const workspace = makeWorkspace({ "env/dev.yaml": "images: { tool: { image: 'localhost/not-there:1' } }\n" });
    const done = await run(workspace, "two", "--engine", "docker");
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("fetching the image localhost/not-there:1");
    expect(done.stderr).toContain("is not here and cannot be fetched: podman says:");
  });

  test("a command line for containers", async () => {
    const workspace = makeWorkspace();
    const done = await start(workspace, ["run", "two", "--engine", "docker"], { PATH: "/nonexistent" }).ended;
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("needs docker or podman on PATH");
  });
});

function recordHost(): string {
  return readFileSync("/proc/sys/kernel/hostname", "utf8").trim();
}
