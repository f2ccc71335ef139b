/**
 * Jobs in containers, from the emitted dag.py: DockerOperator of real Airflow against the API of a real podman, and the pods that
 * KubernetesPodOperator asks for run for real by `podman play kube`. Both give the artifacts that processes give, and tell nobody the password.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runKey } from "../../src/protocol/layout.ts";
import type { Result } from "../../src/protocol/result.ts";
import { madePackages } from "../packages/made.ts";
import { buildProgram, runProgram } from "../run/program.ts";
import { type Podman, startPodman } from "../services/podman.ts";
import { type AirflowVersion, inspect, type Pod, someRun } from "./airflow.ts";
import { runDag } from "./run-dag.ts";

const login = "canary";
/** All that URIs, shells and Python's % would like to read otherwise. */
const password = `C4n/ry@+:%"x'`;
const uri = `postgresql://${login}:${encodeURIComponent(password)}@127.0.0.1:5432/db`;
const spellings = [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)];

const files: { readonly [path: string]: string } = {
  "operators/make/operator.yaml": `
operator: make
params: { rows: { type: integer, default: 500 }, note: { type: string } }
outputs: { rows: { type: csv } }
job:
  docker_image: tool
  resource_flavor: small
  execution_script: |
    printf "in "; cat /etc/where
    { echo "n,$PARAM_NOTE"; for ((i = 0; i < PARAM_ROWS; i++)); do echo "$i,x"; done; } > "$OUTPUT_ROWS"
`,
  "operators/double/operator.yaml": `
operator: double
params: { connection: { type: connection } }
inputs: { rows: { type: csv } }
outputs: { rows: { type: csv } }
effects: none
job:
  docker_image: tool
  code: .
  execution_script: |
    cat said.txt
    echo "connection $AIRFLOW_CONN_DWH"
    login=\${AIRFLOW_CONN_DWH%@*}
    [[ $login == *://canary:*%2F*%40*%25*%22* ]]
    awk -F, 'NR == 1 { print "n,twice"; next } { print $1 "," 2 * $1 }' "$INPUT_ROWS" > "$OUTPUT_ROWS"
`,
  "operators/double/said.txt": "from its code\n",
  "operators/hog/operator.yaml": `
operator: hog
outputs: { rows: { type: csv } }
job:
  docker_image: tool
  resource_flavor: small
  execution_script: |
    head -c 400000000 /dev/zero | tr '\\0' a | awk '{ print length }' > "$OUTPUT_ROWS"
`,
  "pipelines/two.yaml": `
dag: { name: two }
tasks:
  make: { operator_type: make, note: "of {{ ds }}" }
  double: { operator_type: double, inputs: { rows: make }, connection: dwh }
`,
  "pipelines/hog.yaml": "dag: { name: hog }\ntasks: { hog: { operator_type: hog } }\n",
};

const packages = madePackages(["folder"]);
let folder: string;
let podman: Podman;
let program: string;
let expected: { readonly [port: string]: string };

const day = "2026-01-01";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tradewind-in-containers-"));
  podman = startPodman();
  podman.makeImage("localhost/tradewind-test:1");
  program = await buildProgram();
  // Here the work is done by processes.
  const workspace = makeWorkspace("here", "store: { url: STORE }\n");
  const environment = { ...podman.env, AIRFLOW_CONN_DWH: uri };
  const done = await runProgram(program, workspace, ["run", "two", "--date", day], environment);
  expect(done.code, done.stdout + done.stderr).toBe(0);
  const [run = ""] = readdirSync(join(workspace, "store", "runs", "two"));
  expected = digestsIn(join(workspace, "store", "runs", "two", run));
});

afterAll(() => {
  podman?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** With `settings` for its one environment; STORE stands for the workspace's own folder of it. */
function makeWorkspace(name: string, settings: string): string {
  const workspace = join(folder, name);
  const tradewind = `
images: { tool: { image: "localhost/tradewind-test:1", python: "3" } }
flavors: { small: { cpu: 0.5, memory: 64 MB } }
${settings.replace("STORE", join(workspace, "store"))}`;
  // Processes have no image to be in.
  const where =
    name === "here"
      ? { "operators/make/operator.yaml": (files["operators/make/operator.yaml"] ?? "").replace("/etc/where", "/dev/null") }
      : {};
  for (const [path, text] of Object.entries({ ...files, "tradewind.yaml": tradewind, ...where })) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  return workspace;
}

async function compile(workspace: string, ...commands: readonly string[]): Promise<void> {
  for (const command of ["compile", ...commands]) {
    const done = await runProgram(program, workspace, [command]);
    expect(done.code, done.stdout + done.stderr).toBe(0);
  }
}

function digestsIn(run: string): { readonly [port: string]: string } {
  const digests: Record<string, string> = {};
  for (const task of readdirSync(run, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const result = JSON.parse(readFileSync(join(run, task.name, "result.json"), "utf8")) as Result;
    for (const [port, { sha256 }] of Object.entries(result.outputs)) digests[`${result.task}:${port}`] = sha256;
  }
  return digests;
}

function resultOf(run: string, task: string): Result {
  return JSON.parse(readFileSync(join(run, task, "result.json"), "utf8")) as Result;
}

/** Files below the folders that hold the password in any spelling. */
function filesWithPassword(...places: readonly string[]): readonly string[] {
  const patterns = spellings.flatMap((spelling) => ["-e", spelling]);
  const { stdout, status } = spawnSync("grep", ["-rlaF", ...patterns, ...places], { encoding: "utf8" });
  expect([0, 1]).toContain(status);
  return stdout.split("\n").filter((line) => line !== "");
}

/** Looks at the command lines of all processes of the machine until it is told to stop; those that held the password. */
function watchCommands(): () => readonly string[] {
  const found = new Set<string>();
  const timer = setInterval(() => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        if (spellings.some((spelling) => command.includes(spelling))) found.add(command.replaceAll("\0", " "));
      } catch {
        // Gone meanwhile.
      }
    }
  }, 100);
  return () => {
    clearInterval(timer);
    return [...found];
  };
}

const masked = `
import json, sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("select task_id, rendered_fields from rendered_task_instance_fields").fetchall()
print(json.dumps([fields for task, fields in rows if task == "double"]))
`;

describe.each<AirflowVersion>(["3.3", "2.11"])("DockerOperator of Airflow %s", (version) => {
  let workspace: string;
  let url: string;
  beforeAll(async () => {
    url = await podman.serve();
    workspace = makeWorkspace(
      `docker-${version}`,
      `store: { url: STORE }\nengine: docker\nlauncher: { folder: ${JSON.stringify(packages.folder)} }\nengines: { docker: { arguments: { network_mode: host } } }\n`,
    );
    mkdirSync(join(workspace, "store"));
    await compile(workspace, "publish");
  });

  test("gives what processes give, and the password to nobody", async () => {
    const stopWatching = watchCommands();
    const run = await runDag(version, join(workspace, "dags", "dev", "two.py"), "two", {
      date: day,
      env: { DOCKER_HOST: url },
      connections: { dwh: { conn_type: "postgresql", host: "127.0.0.1", port: 5432, login, password, schema: "db" } },
    });
    expect(stopWatching()).toEqual([]);
    expect(run.state, run.log).toBe("success");
    expect(run.log).toContain("in the image");
    expect(run.log).toContain("from its code");
    expect(digestsIn(join(workspace, "store", runKey("two", run.run_id)))).toEqual(expected);
    expect(podman.containers()).toEqual([]);
    expect(filesWithPassword(workspace, run.home)).toEqual([]);
    for (const spelling of spellings) expect(run.log.includes(spelling)).toBe(false);
    const fields = spawnSync("python3", ["-c", masked, join(run.home, "airflow.db")], { encoding: "utf8" });
    expect(fields.status, fields.stderr).toBe(0);
    for (const shown of JSON.parse(fields.stdout) as string[]) expect(shown).toMatch(/TRADEWIND_SECRET_CONN_DWH\W+\*\*\*/);
    rmSync(run.home, { recursive: true, force: true });
  });

  test("ends a job that takes too much memory as one that ran out of it", async () => {
    const run = await runDag(version, join(workspace, "dags", "dev", "hog.py"), "hog", { date: day, env: { DOCKER_HOST: url } });
    expect(run.state, run.log).toBe("failed");
    const result = resultOf(join(workspace, "store", runKey("hog", run.run_id)), "hog");
    expect(result).toMatchObject({ status: "failed", reason: "out-of-memory" });
    expect(podman.containers()).toEqual([]);
    rmSync(run.home, { recursive: true, force: true });
  });
});

describe("KubernetesPodOperator", () => {
  test("asks for pods that give what processes give, with the launcher from an init container and the password from a Secret", async () => {
    const workspace = makeWorkspace(
      "pods",
      `store: { url: /mnt/store }
engine: kubernetes
launcher: { image: "localhost/tradewind-launcher:1" }
engines: { kubernetes: { volume_claim: tradewind-store, arguments: { namespace: ml, hostnetwork: true } } }
`,
    );
    await compile(workspace);
    makeLauncherImage();
    podman.run(["volume", "create", "tradewind-store"]);
    const store = podman.run(["volume", "inspect", "tradewind-store", "--format", "{{.Mountpoint}}"]).trim();
    // Pods see the store elsewhere than this machine does.
    const seen = makeWorkspace("pods-seen", "store: { url: STORE }\n");
    const published = await runProgram(program, seen, ["publish"]);
    expect(published.code, published.stderr).toBe(0);
    cpSync(join(seen, "store"), store, { recursive: true });
    makeSecret("airflow-conn-dwh", { uri });

    const facts = { ...someRun, try_number: 1, max_tries: 0, logical_date: `${day}T00:00:00+00:00` };
    const file = join(workspace, "dags", "dev", "two.py");
    const { files: inspected } = await inspect("3.3", { files: [file], facts });
    const [dag] = inspected[0]?.dags ?? [];
    expect(inspected[0]?.error).toBeNull();
    for (const task of ["make", "double"]) {
      const pod = dag?.tasks[task]?.pod;
      expect(pod, dag?.tasks[task]?.error ?? "no pod").toBeDefined();
      if (pod) expect(playPod(pod)).toMatchObject({ code: 0 });
    }
    const run = join(store, runKey("two", facts.run_id));
    expect(digestsIn(run)).toEqual(expected);
    expect(resultOf(run, "double").tail).toEqual(["from its code", "connection ***"]);
    expect(resultOf(run, "make").usage.memory_limit).toBe(64e6);
    expect(filesWithPassword(workspace, store)).toEqual([]);
    expect(JSON.stringify(dag)).not.toContain(encodeURIComponent(password));
  });

  /** As podman keeps what Kubernetes calls a Secret. */
  function makeSecret(name: string, values: { readonly [key: string]: string }): void {
    const path = join(folder, "secret.json");
    const encoded = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
    writeFileSync(path, JSON.stringify(Object.fromEntries(encoded)));
    podman.run(["secret", "create", name, path]);
    rmSync(path);
  }

  function makeLauncherImage(): void {
    const root = join(folder, "launcher-image");
    mkdirSync(join(root, "opt"), { recursive: true });
    // Over the image of the jobs: sh and the usual commands are all that it needs of it.
    const base = podman.run(["create", "localhost/tradewind-test:1", "true"]).trim();
    const archive = join(folder, "base.tar");
    podman.run(["export", "--output", archive, base]);
    podman.run(["rm", "--force", base]);
    expect(spawnSync("tar", ["-C", root, "-xf", archive]).status).toBe(0);
    cpSync(packages.folder, join(root, "opt/tradewind"), { recursive: true });
    podman.importImage("localhost/tradewind-launcher:1", root, ['ENTRYPOINT ["/opt/tradewind/tradewind"]', "ENV PATH=/usr/bin:/bin"]);
  }

  /** Runs the pod to its end, as Kubernetes would; what it said and its exit code. */
  function playPod(pod: Pod): { readonly code: number; readonly log: string } {
    const path = join(folder, `${pod.metadata.name}.json`);
    writeFileSync(path, JSON.stringify(pod));
    const container = `${pod.metadata.name}-base`;
    podman.run(["play", "kube", path]);
    const code = Number(podman.run(["wait", container]));
    const log = podman.run(["logs", container]);
    const limit = podman.run(["inspect", "--format", "{{.HostConfig.Memory}}", container]).trim();
    if (pod.spec.containers[0]?.resources?.limits) expect(Number(limit)).toBe(192e6);
    podman.run(["pod", "rm", "--force", pod.metadata.name]);
    return { code, log };
  }
});
