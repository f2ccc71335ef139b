/** run, runs, show, logs, publish and launch, as somebody types them. */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { makeFolder, writeFiles } from "../workspace/temporary.ts";
import { buildProgram, runProgram } from "./program.ts";

vi.setConfig({ testTimeout: 60_000 });

let bin: string;
beforeAll(async () => {
  bin = await buildProgram();
}, 60_000);

const workspace = {
  "tradewind.yaml": "default_env: dev\nvars: { rows: 3 }\n",
  "env/dev.yaml": "",
  "env/prod.yaml": "vars: { rows: 5 }\n",
  "operators/make/operator.yaml": `operator: make
params:
  rows: { type: integer, minimum: 1 }
  note: { type: string, default: "" }
outputs:
  data: { type: csv }
job:
  code: .
  execution_script: |
    echo "making $PARAM_ROWS for $PARAM_NOTE"
    sh make.sh "$PARAM_ROWS" > "$OUTPUT_DATA"
`,
  "operators/make/make.sh": 'echo n; seq "$1"\n',
  "operators/load/operator.yaml": `operator: load
inputs:
  data: { type: csv }
effects: writes
job:
  execution_script: |
    echo out; echo err >&2
    test ! -e "$HOME/broken" || { echo the warehouse is away >&2; exit 7; }
`,
  "pipelines/p.yaml": `dag:
  name: p
  schedule: "0 3 * * *"
  start_date: 2026-01-01
  params:
    note: { type: string, default: nobody }
tasks:
  extract:
    make: { operator_type: make, rows: "\${rows}", note: "{{ params.note }} on {{ ds }}" }
  load:
    load: { operator_type: load, needs: [extract.make] }
`,
};

describe("run", () => {
  test("tells every change, and at the end what was done", async () => {
    const root = makeFolder(workspace);
    const { code, stdout, stderr } = await runProgram(bin, root, ["run", "p", "--date", "2026-01-15", "--param", "note=me"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(
      stdout
        .replaceAll(/\d\d:\d\d:\d\d/g, "TIME")
        .replaceAll(/\d+\.\d s/g, "0.0 s")
        .replaceAll(/Z__\S+/g, "Z__NOW"),
    ).toMatchInlineSnapshot(`
      "TIME  extract.make  running  0.0 s
      TIME  extract.make  success  0.0 s  3 rows  8 B
      TIME  load.load  running  0.0 s
      TIME  load.load  success  0.0 s  3 rows  8 B

      p success in 0.0 s: 2 ran
      run local__2026-01-15T03-00-00Z__NOW
      see it: tradewind show latest
      "
    `);
    const log = await runProgram(bin, root, ["logs", "latest", "make"]);
    expect(log).toMatchObject({ code: 0, stdout: "making 3 for me on 2026-01-15\n" });
    const again = await runProgram(bin, root, ["run", "pipelines/p.yaml", "--date", "2026-01-15", "--param", "note=me"]);
    expect(again.stdout).toContain("1 ran, 1 cached");
    const other = await runProgram(bin, root, ["run", "p", "--date", "2026-01-15", "--env", "prod"]);
    expect(other.stdout).toContain("2 ran");
    expect(other.stdout).toContain("5 rows");
    const set = await runProgram(bin, join(root, "operators"), ["run", "p", "--set", "rows=7"], { HOME: root });
    expect(set.stdout).toContain("7 rows");
  });

  test("a failure shows the end of the log and how to go on, which works", async () => {
    const root = makeFolder({ ...workspace, broken: "" });
    const { code, stdout } = await runProgram(bin, root, ["run", "p", "--date", "2026-01-15"]);
    expect(code).toBe(1);
    expect(stdout).toContain("✗ load.load failed: the script ended with exit code 7\n    │ out\n    │ err\n    │ the warehouse is away\n");
    expect(stdout).toContain("p failed in ");
    const words = (pattern: RegExp) => pattern.exec(stdout)?.[1]?.split(" ") ?? [];
    const log = await runProgram(bin, root, words(/all of its log: tradewind (.*)/));
    expect(log).toMatchObject({ code: 0, stdout: "out\n", stderr: expect.stringContaining("the warehouse is away") });
    spawnSync("rm", [join(root, "broken")]);
    const again = await runProgram(bin, root, words(/go on from here: tradewind (.*?) {3}/));
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("1 ran, 1 cached") });
  });

  test("what was planned before is used again only while nothing changed", async () => {
    const root = makeFolder(workspace);
    const plans = join(root, ".tradewind/cache/plans");
    const rows = async (...args: string[]) =>
      /(\d+) rows/.exec((await runProgram(bin, root, ["run", "p", "--date", "2026-01-15", ...args])).stdout)?.[1];
    expect(await rows()).toBe("3");
    expect(readdirSync(plans)).toHaveLength(1);
    expect(await rows()).toBe("3");
    expect(await rows("--set", "rows=4")).toBe("4");
    expect(await rows("--env", "prod")).toBe("5");
    writeFiles(root, { "operators/make/make.sh": 'echo n; seq "$1"; echo more\n' });
    expect(await rows()).toBe("4");
    writeFiles(root, { "tradewind.yaml": "default_env: dev\nvars: { rows: 9 }\n" });
    expect(await rows()).toBe("10");
    for (const name of readdirSync(plans)) writeFiles(plans, { [name]: "{" });
    expect(await rows()).toBe("10");
    writeFiles(root, { "pipelines/p.yaml": "dag: {" });
    expect(await runProgram(bin, root, ["run", "p"])).toMatchObject({ code: 2, stderr: expect.stringContaining("pipelines/p.yaml:1:") });
  });

  test("json is an event a line", async () => {
    const root = makeFolder(workspace);
    const { stdout } = await runProgram(bin, root, ["run", "p", "--format", "json"]);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ event: "run-start", run: { dag_id: "p", state: "running" } });
    expect(events).toContainEqual(expect.objectContaining({ event: "log", task: "load.load", stream: "stderr", line: "err" }));
    expect(events.at(-1)).toMatchObject({ event: "run-end", run: { state: "success", tasks: { "extract.make": { rows: 3 } } } });
  });

  test.each([
    [["run", "q"], 2, 'unknown pipeline "q"; there are: p'],
    [["run", "p", "--env", "prdo"], 2, 'unknown environment "prdo"; did you mean "prod"?'],
    [["run", "p", "--only", "lod"], 1, 'pipeline p has no task or group "lod"; did you mean "load"?'],
    [["run", "p", "--param", "notes=x"], 1, 'pipeline p has no run parameter "notes"; did you mean "note"?'],
    [["run", "p", "--date", "15.01.2026"], 1, '"15.01.2026" is no day; write it as 2013-01-31'],
    [["run", "p", "--only", "load.load"], 1, "no run has made it yet"],
    [["run"], 2, "missing required argument 'pipeline'"],
    [["show", "latest"], 1, "there are no runs yet"],
    [["logs", "latest", "load"], 1, "there are no runs yet"],
  ])("%j is one sentence", async (args, code, message) => {
    const root = makeFolder(workspace);
    const done = await runProgram(bin, root, args);
    expect(done).toMatchObject({ code, stderr: expect.stringContaining(message) });
    expect(done.stderr).not.toMatch(/\n\s+at /);
  });

  test("outside of a workspace", async () => {
    const folder = makeFolder();
    expect(await runProgram(bin, folder, ["run", "p"])).toMatchObject({ code: 1, stderr: expect.stringContaining("no tradewind.yaml in") });
  });

  test("errors in the pipeline are shown as check shows them; those of others are not in the way", async () => {
    const root = makeFolder({ ...workspace, "pipelines/other.yaml": "dag: { name: other }\ntasks: { a: { operator_type: mak } }\n" });
    expect((await runProgram(bin, root, ["run", "p"])).code).toBe(0);
    const { code, stderr } = await runProgram(bin, root, ["run", "other"]);
    expect(code).toBe(1);
    expect(stderr).toContain("pipelines/other.yaml:2:");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("a .env file gives connections; a broken one is named without its text", async () => {
    const root = makeFolder({
      ...workspace,
      "operators/ask/operator.yaml": `operator: ask
params:
  connection: { type: connection }
effects: writes
job:
  execution_script: echo "$AIRFLOW_CONN_DWH" | sed "s/.*@//"
`,
      "pipelines/ask.yaml":
        "dag: { name: ask, schedule: null, start_date: 2026-01-01 }\ntasks: { a: { operator_type: ask, connection: dwh } }\n",
    });
    const without = await runProgram(bin, root, ["run", "ask"]);
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining("set AIRFLOW_CONN_DWH in the environment or in .env") });
    writeFiles(root, { ".env": "# warehouse\nexport AIRFLOW_CONN_DWH='postgresql://u:s3cr#t@host/db'  # mine\n" });
    expect(await runProgram(bin, root, ["run", "ask"])).toMatchObject({ code: 0 });
    expect((await runProgram(bin, root, ["logs", "latest", "a"])).stdout).toBe("host/db\n");
    writeFiles(root, { ".env": "AIRFLOW_CONN_DWH='oops\n" });
    const broken = await runProgram(bin, root, ["run", "ask"]);
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining(".env:1: expected KEY=VALUE") });
    expect(broken.stderr).not.toContain("oops");
  });
});

describe("runs, show, logs", () => {
  test("list what ran, newest first, and show one", async () => {
    const root = makeFolder(workspace);
    expect(await runProgram(bin, root, ["runs"])).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("no runs yet") });
    await runProgram(bin, root, ["run", "p", "--date", "2026-01-14"]);
    await runProgram(bin, root, ["run", "p", "--date", "2026-01-15", "--env", "prod"]);
    const { stdout } = await runProgram(bin, root, ["runs"]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/\s+/g, " ")),
    ).toEqual([
      expect.stringMatching(/^success p local \d+\.\d s 2 ran local__2026-01-15T03-00-00Z__/),
      expect.stringMatching(/^success p local \d+\.\d s 2 ran local__2026-01-14T03-00-00Z__/),
    ]);
    const one = await runProgram(bin, root, ["show", "local__2026-01-14"]);
    expect(one.stdout).toMatch(/data {2}8 B, 3 rows {2}sha256 [0-9a-f]{16}… {2}runs\/p\/local__2026-01-14/);
    expect(one.stdout).toMatch(/\n {4}(memory \S+ \S+, )?(cpu \S+ s, )?disk \S+ \S+, uploaded 8 B/);
    const data = JSON.parse((await runProgram(bin, root, ["show", "latest", "--format", "json"])).stdout);
    expect(data).toMatchObject({ state: "success", logical_date: "2026-01-15T03:00:00+00:00" });
    expect(data.tasks[0].attempts[0].result.outputs.data).toMatchObject({ rows: 5, type: "csv" });
    expect(await runProgram(bin, root, ["show", "local__2026"])).toMatchObject({ code: 1, stderr: expect.stringContaining("fits 2 runs") });
    expect(await runProgram(bin, root, ["show", "lately"])).toMatchObject({ code: 1, stderr: expect.stringContaining('no run "lately"') });
    expect(await runProgram(bin, root, ["logs", "latest", "lod"])).toMatchObject({ code: 1, stderr: expect.stringContaining("no task") });
    expect(await runProgram(bin, root, ["logs", "latest", "load", "--attempt", "4"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("task load.load has no attempt 4; its last is 1"),
    });
  });

  test("an attempt whose launcher died is lost, one that gives signs of life is running", async () => {
    const root = makeFolder(workspace);
    await runProgram(bin, root, ["run", "p"]);
    const run = join(root, ".tradewind/store/dev/runs/p/scheduled__2026-01-15T03%3A00%3A00%2B00%3A00");
    const sign = (task: string, name: string, value: object, minutes: number) => {
      writeFiles(run, { [`${task}/attempt-1/${name}`]: JSON.stringify(value) });
      const then = Date.now() / 1000 - minutes * 60;
      utimesSync(join(run, task, "attempt-1", name), then, then);
    };
    const claimed = { at: "2026-01-16T00:00:00.000Z", host: "worker-1", pid: 7 };
    for (const task of ["extract.make", "load.load"]) sign(task, "request.json", { claimed }, 10);
    sign("extract.make", "alive.json", { proto: 1, at: claimed.at, phase: "run", every: 5, host: "worker-1", pid: 7 }, 0);
    const show = async () => (await runProgram(bin, root, ["show", "scheduled__2026-01-15"])).stdout;
    const running = await show();
    expect(running).toMatch(/^p running/);
    expect(running).toMatch(/attempt 1 {2}running on worker-1 \(run\), last sign of life 20/);
    expect(running).toMatch(/attempt 1 {2}lost on worker-1: its launcher died, last sign of life 20/);
    sign("extract.make", "alive.json", { proto: 1, at: claimed.at, phase: "run", every: 5, host: "worker-1", pid: 7 }, 2);
    expect(await show()).toMatch(/^p lost/);
    expect((await runProgram(bin, root, ["runs"])).stdout).toMatch(/^lost .*2 lost/m);
  });

  test("the log of a cache hit is that of the run that did the work", async () => {
    const root = makeFolder(workspace);
    for (let n = 0; n < 2; n++) await runProgram(bin, root, ["run", "p", "--date", "2026-01-14"]);
    const log = await runProgram(bin, root, ["logs", "latest", "make"]);
    expect(log).toMatchObject({ stdout: "making 3 for nobody on 2026-01-14\n", stderr: expect.stringContaining("taken from run local__") });
  });

  test("a log with damaged lines is shown without them", async () => {
    const root = makeFolder(workspace);
    await runProgram(bin, root, ["run", "p"]);
    const store = join(root, ".tradewind/store/dev");
    const log = readdirSync(store, { recursive: true, encoding: "utf8" }).find((path) => /extract\.make.*log\.ndjson$/.test(path));
    appendFileSync(join(store, log ?? ""), 'null\n{"event":"log"}\n{"event":"lo');
    const { code, stdout, stderr } = await runProgram(bin, root, ["logs", "latest", "make"]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringMatching(/^making 3 for nobody on .*\n$/), stderr: "" });
  });
});

describe("publish", () => {
  test("puts code into the store once, and dags where Airflow reads them", async () => {
    const root = makeFolder(workspace);
    const first = await runProgram(bin, root, ["publish"]);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("p: 1 of 1 put into") });
    expect(readdirSync(join(root, ".tradewind/store/dev/code"))).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.tar\.gz$/)]);
    const [archive] = readdirSync(join(root, ".tradewind/store/dev/code"));
    const listed = spawnSync("tar", ["-tzf", join(root, ".tradewind/store/dev/code", archive ?? "")], { encoding: "utf8" });
    expect(listed.stdout).toBe("make.sh\noperator.yaml\n");
    expect((await runProgram(bin, root, ["publish", "p"])).stdout).toContain("p: 0 of 1 put into");
    const early = await runProgram(bin, root, ["publish", "--dags", "out"]);
    expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining("dags/dev lacks p.py: run tradewind compile --env dev first") });
    expect(existsSync(join(root, "out"))).toBe(false);
    expect(await runProgram(bin, root, ["compile", "--env", "dev"])).toMatchObject({ code: 0 });
    expect(await runProgram(bin, root, ["publish", "--dags", "out"])).toMatchObject({ code: 0 });
    expect(readdirSync(join(root, "out"))).toEqual(["p.py"]);
    expect(readFileSync(join(root, "out/p.py"), "utf8")).toBe(readFileSync(join(root, "dags/dev/p.py"), "utf8"));
    writeFiles(root, { "operators/make/make.sh": 'echo m; seq "$1"\n' });
    const stale = await runProgram(bin, root, ["publish", "--dags", "out"]);
    expect(stale).toMatchObject({ code: 1, stderr: expect.stringContaining("dags/dev is not current (p.py)") });
  });
});

describe("operator_type: job", () => {
  test("runs a script of the task's own between other tasks", async () => {
    const root = makeFolder({
      "tradewind.yaml": "",
      "score/score.sh": 'sed "s/$/,$PARAM_THRESHOLD/" "$INPUT_DATA" > "$OUTPUT_SCORES"; cat "$INPUT_ALL"/* > "$OUTPUT_ALL"\n',
      "pipelines/p.yaml": `dag: { name: p }
tasks:
  make:
    operator_type: job
    outputs: { data: csv }
    job: { execution_script: 'printf "n\\n1\\n" > "$OUTPUT_DATA"' }
  score:
    operator_type: job
    needs: [make]
    inputs: { data: , all: [make, ./score/score.sh] }
    outputs: { scores: csv, all: text }
    threshold: 0.5
    job: { execution_script: bash score.sh, code: score }
  tell:
    operator_type: job
    inputs: { scores: score:scores, all: score:all }
    job: { execution_script: 'cat "$INPUT_SCORES" "$INPUT_ALL"; basename "$INPUT_SCORES"' }
`,
    });
    const done = await runProgram(bin, root, ["run", "p"]);
    expect(done.code, done.stdout + done.stderr).toBe(0);
    const logs = await runProgram(bin, root, ["logs", "latest", "tell"]);
    expect(logs.stdout).toContain("n,0.5\n");
    expect(logs.stdout).toMatch(/1,0\.5\n[\s\S]*n\n[\s\S]*sed "s[\s\S]*scores\.csv/);
  });
});

describe("launch", () => {
  test("runs an operator of the workspace by hand", async () => {
    const root = makeFolder(workspace);
    const args = ["launch", "--operator", "operators/make", "--param", "rows=4", "--output", "data=out.csv"];
    const done = await runProgram(bin, root, args);
    expect(done).toMatchObject({ code: 0, stdout: "making 4 for \ndata  10 B, 4 rows  out.csv\n", stderr: "" });
    expect(readFileSync(join(root, "out.csv"), "utf8")).toBe("n\n1\n2\n3\n4\n");
    expect(existsSync(join(root, ".tradewind/store"))).toBe(false);
    expect(await runProgram(bin, root, args)).toMatchObject({ code: 1, stderr: expect.stringContaining("out.csv is there already") });
    const load = await runProgram(bin, root, ["launch", "--operator", "operators/load", "--input", "data=out.csv"]);
    expect(load).toMatchObject({ code: 0, stdout: "out\n", stderr: "err\n" });
  });

  test("runs an operator that is in no workspace", async () => {
    const folder = makeFolder({
      "make/operator.yaml": workspace["operators/make/operator.yaml"],
      "make/make.sh": workspace["operators/make/make.sh"],
    });
    const done = await runProgram(bin, folder, ["launch", "--operator", "make", "--param", "rows=2"]);
    expect(done).toMatchObject({ code: 0, stdout: "making 2 for \ndata  6 B, 2 rows  not kept; --output data=PATH keeps it\n" });
  });

  const jobFile = `job:
  resourse_flavor: cpu-2gb
  docker_image: python3-11
  excecution_time: 60 minutes
  execution_script: |
    echo "$PARAM_THRESHOLD $(cat "$INPUT_DATA") $(ls)"
    printf "a\\\\nb\\\\n" > "$OUTPUT_SCORES"
  code: .
`;

  test("runs a job's file that is in no workspace, without the limits that only settings know", async () => {
    const folder = makeFolder({ "score/job.yaml": jobFile, "score/model.txt": "m", "data.txt": "d" });
    const args = ["launch", "score/job.yaml", "-p", "threshold=0.5", "--input", "data=data.txt", "--output", "scores=scores.csv"];
    const done = await runProgram(bin, folder, args);
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^0.5 d job.yaml\nmodel.txt\nscores {2}.* 1 row {2}scores.csv\n$/),
    });
    expect(done.stderr).toContain("score/job.yaml is in no workspace, so nothing says what the resource_flavor `cpu-2gb` is");
    expect(done.stderr).toContain("docker_image `python3-11`");
    expect(done.stderr).toContain("score/job.yaml:2:3: warning: `resourse_flavor` is read as `resource_flavor`");
    expect(done.stderr).toContain("score/job.yaml:4:3: warning: `excecution_time` is read as `execution_time`");
    expect(readFileSync(join(folder, "scores.csv"), "utf8")).toMatch(/^a/);
    const fixed = await runProgram(bin, join(folder, "score"), ["check", "--fix", join(folder, "score/job.yaml")]);
    expect(fixed).toMatchObject({ code: 0, stderr: "repaired 2 mistakes\n\n", stdout: expect.stringContaining("no problems") });
    expect(readFileSync(join(folder, "score/job.yaml"), "utf8")).toBe(
      jobFile.replace("resourse", "resource").replace("excecution", "execution"),
    );
  });

  test("runs a job's file of a workspace with its settings, and checks it", async () => {
    const root = makeFolder({
      "tradewind.yaml": "flavors: { small: { cpu: 1, memory: 1 GB } }\ndefault_env: dev\n",
      "env/dev.yaml": "",
      "jobs/count.yaml":
        "params: { rows: { type: integer, minimum: 1 } }\noutputs: { data: csv }\njob: { resource_flavor: small, execution_script: 'seq 0 $PARAM_ROWS > $OUTPUT_DATA' }\n",
      "jobs/wrong.yaml": "job: { resource_flavor: smal, execution_script: 'true' }\n",
      "jobs/broken.yaml": "job: { execution_script: 'true'\n",
      "jobs/flat.yaml": "resource_flavor: small\nexecution_script: 'true'\n",
    });
    const launch = (...args: string[]) => runProgram(bin, root, ["launch", ...args]);
    expect(await launch("jobs/count.yaml", "-p", "rows=3")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("data  8 B, 3 rows"),
    });
    expect(await launch("jobs/count.yaml", "-p", "rows=0")).toMatchObject({ code: 2, stderr: expect.stringContaining("--param rows") });
    expect(await launch("jobs/count.yaml")).toMatchObject({ code: 1, stderr: expect.stringContaining("lacks the parameter `rows`") });
    expect(await launch("jobs/count.yaml", "--output", "dat=x")).toMatchObject({ code: 2, stderr: expect.stringContaining('"data"') });
    const wrong = await launch("jobs/wrong.yaml");
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("jobs/wrong.yaml:1:25: error: the resource flavor `smal`") });
    const flat = await runProgram(bin, root, ["check", "jobs/count.yaml"]);
    expect(flat).toMatchObject({ code: 0, stdout: "checked jobs/count.yaml in dev: no problems\n" });
    expect(await launch("jobs/broken.yaml", "-p", "a=b")).toMatchObject({ code: 1, stderr: expect.stringContaining("this is not YAML") });
    expect(await launch("jobs/flat.yaml")).toMatchObject({ code: 1, stderr: expect.stringContaining("it belongs under `job:`") });
  });

  test.each([
    [["--operator", "operators/none"], 1, "operators/none holds no operator.yaml"],
    [["none.yaml"], 1, "there is no job's file none.yaml"],
    [["operators/make"], 1, "operators/make is a folder, not a job's file; an operator is launched by --operator operators/make"],
    [["operators/make/make.sh"], 2, "a job's file is YAML"],
    [["--param", "a=b"], 2, "name one thing to launch"],
    [["--operator", "operators/make", "--param", "row=4"], 2, 'unknown parameter "row"; did you mean "rows"?'],
    [["--operator", "operators/make", "--param", "rows=0"], 2, "--param rows: "],
    [["--operator", "operators/make"], 1, "rows"],
    [["--operator", "operators/load", "--input", "data=none.csv"], 1, "input data: none.csv does not exist"],
    [["--operator", "operators/make", "--param", "rows=1", "--output", "dta=x"], 2, 'unknown output "dta"; did you mean "data"?'],
  ])("launch %j is one sentence", async (args, code, message) => {
    const done = await runProgram(bin, makeFolder(workspace), ["launch", ...args]);
    expect(done).toMatchObject({ code, stderr: expect.stringContaining(message) });
    expect(done.stderr).not.toMatch(/\n\s+at /);
  });
});
