/** `tradewind debug` over real runs: the same again, beside the run. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeFolder, makeWorkspace, trace, tradewind, writeFiles } from "./tradewind.ts";

const launcher = join(import.meta.dirname, "..", "..", "dist", "launcher.js");
const canary = "s3cr3t-canary-w0rd";

const files = {
  "tradewind.yaml": "vars: {}\n",
  ".env": `AIRFLOW_CONN_DWH=postgresql://u:${canary}@h:5432/db\n`,
  "data.txt": "1\n7\n9\n",
  "operators/extract/operator.yaml":
    'operator: extract\ninputs: { source: { type: text } }\noutputs: { data: { type: text } }\njob: { execution_script: \'cp "$INPUT_SOURCE" "$OUTPUT_DATA"\' }\n',
  "operators/score/operator.yaml": `operator: score
params: { threshold: { type: integer, default: 5 }, note: { type: string, default: "it's \\"quoted\\" $HOME" } }
inputs: { data: { type: text } }
outputs: { scores: { type: text } }
job:
  code: .
  execution_time: 1 minute
  env: { LEVEL: high }
  execution_script: |
    echo "level $LEVEL, $PARAM_NOTE, $(cat greeting)"
    if [ "$PARAM_THRESHOLD" -gt 5 ]; then echo "too high" >&2; exit 3; fi
    cp "$INPUT_DATA" "$OUTPUT_SCORES"
`,
  "operators/score/greeting": "hello\n",
  "operators/random/operator.yaml":
    "operator: random\noutputs: { n: { type: text } }\neffects: none\njob: { execution_script: 'date +%N > \"$OUTPUT_N\"' }\n",
  "operators/load/operator.yaml": `operator: load
params: { dsn: { type: connection }, password: { type: string } }
inputs: { data: { type: text } }
job: { execution_script: 'test -n "$AIRFLOW_CONN_DWH" && echo "with $PARAM_PASSWORD" && cat "$INPUT_DATA" >> "$HOME/loaded"' }
`,
  "pipelines/p.yaml": `dag: { name: p, schedule: null, start_date: 2026-01-01, params: { threshold: { type: integer, default: 9 } } }
tasks:
  extract: { operator_type: extract, inputs: { source: ./data.txt } }
  score: { operator_type: score, inputs: { data: extract }, threshold: "{{ params.threshold }}" }
  random: { operator_type: random }
  load: { operator_type: load, inputs: { data: extract }, dsn: dwh, password: "{{ var.value.password }}" }
`,
};

const under = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(folder, name)).isFile())
    : [];

function digestOf(folder: string): string {
  const hash = createHash("sha256");
  for (const name of under(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest("hex");
}

describe("tradewind debug", { timeout: 60_000 }, async () => {
  const cwd = makeWorkspace(files);
  const store = join(cwd, ".tradewind/store/dev");
  const kept = join(cwd, ".tradewind/debug");
  const env = { AIRFLOW_VAR_PASSWORD: canary };
  const debug = (...args: string[]) => tradewind(["debug", ...args], { cwd });
  const folderIn = (stderr: string): string => /its folder: (\S+)/.exec(stderr)?.[1] ?? "no folder was named";

  test("a failed task fails here as it did there; its folder is kept, and runs again by hand until it is mended", async () => {
    expect((await tradewind(["run", "p"], { cwd, env })).code).toBe(1);
    const before = digestOf(store);
    const done = await debug("latest", "score");
    expect(done.code).toBe(1);
    expect(done.stdout).toBe(`level high, it's "quoted" $HOME, hello\n`);
    expect(done.stderr).toContain("= score: it failed (exit code 3), as it did there");
    expect(digestOf(store)).toBe(before);
    const folder = folderIn(done.stderr);
    expect(readdirSync(folder).sort()).toEqual(["again.sh", "env.sh", "in", "out", "script.sh", "task.json", "tmp", "work"]);
    expect(JSON.parse(readFileSync(join(folder, "task.json"), "utf8"))).toMatchObject({
      run_id: expect.stringMatching(/^debug__/),
      task: "score",
    });
    const again = /again by hand: (\S+)/.exec(done.stderr)?.[1] ?? "";
    const byHand = spawnSync(again, { cwd: "/", encoding: "utf8", env: { PATH: process.env.PATH ?? "", HOME: cwd } });
    expect(byHand).toMatchObject({ status: 3, stdout: done.stdout, stderr: "too high\n" });
    writeFileSync(join(folder, "script.sh"), readFileSync(join(folder, "script.sh"), "utf8").replace("exit 3", "true"));
    writeFileSync(join(folder, "work/greeting"), "mended\n");
    const mended = spawnSync(again, { encoding: "utf8", env: { PATH: process.env.PATH ?? "", HOME: cwd } });
    expect(mended).toMatchObject({ status: 0, stdout: expect.stringContaining("mended") });
    expect(readFileSync(join(folder, "out/scores.txt"), "utf8")).toBe(files["data.txt"]);
    rmSync(kept, { recursive: true });
  });

  test("with another parameter or input it goes well, and leaves nothing", async () => {
    const done = await debug("latest", "score", "--param", "threshold=5");
    expect(done).toMatchObject({ code: 0, stderr: expect.stringContaining("≠ score: there it failed (exit code 3), here it succeeded") });
    expect(under(kept)).toEqual([]);
    writeFiles(cwd, { "other.txt": "42\n" });
    const other = await debug("latest", "score", "--param", "threshold=5", "--input", "data=other.txt", "--keep");
    expect(readFileSync(join(folderIn(other.stderr), "out/scores.txt"), "utf8")).toBe("42\n");
    rmSync(kept, { recursive: true });
  });

  test("what went well there is compared byte by byte", async () => {
    expect((await debug("latest", "extract")).stderr).toBe("= extract: it succeeded, and its outputs are the same bytes as there\n");
    const random = await debug("latest", "random");
    expect(random.code).toBe(0);
    expect(random.stderr).toMatch(/^≠ random: output n is not what it was there: 1\d bytes there, 1\d bytes here\n$/);
  });

  test("what writes asks first, secrets are asked for, and none of them is written down", async () => {
    expect(await debug("latest", "load", "--yes")).toMatchObject({
      code: 1,
      stderr: "tradewind: parameter password held a secret, which is not on record: give it by --param password=VALUE\n",
    });
    expect((await debug("latest", "load", "--param", `password=${canary}`)).stderr).toMatch(
      /changes the outside world .*add --yes, or look around by --shell/,
    );
    const done = await debug("latest", "load", "--yes", "--keep", "--param", `password=${canary}`);
    expect(done).toMatchObject({ code: 0, stdout: "with ***\n" });
    expect(readFileSync(join(cwd, "loaded"), "utf8")).toBe("1\n7\n9\n1\n7\n9\n");
    expect(done.stderr).toContain("set before that, since they hold secrets and are not written down: PARAM_PASSWORD, AIRFLOW_CONN_DWH");
    for (const name of under(kept)) expect(readFileSync(join(kept, name), "utf8"), name).not.toContain(canary);
    rmSync(kept, { recursive: true });
    const hidden = readFileSync(join(cwd, ".env"), "utf8");
    rmSync(join(cwd, ".env"));
    expect((await debug("latest", "load", "--yes", "--param", "password=x")).stderr).toBe(
      'tradewind: connection "dwh" is not here: set AIRFLOW_CONN_DWH in the environment or in .env\n',
    );
    writeFileSync(join(cwd, ".env"), hidden);
  });

  test("a command, or a shell, in the prepared folder", async () => {
    const done = await debug("latest", "score", "--", "bash", "-c", 'echo "$PARAM_THRESHOLD $LEVEL"; cat greeting "$INPUT_DATA"; exit 7');
    expect(done).toMatchObject({ code: 7, stdout: "9 high\nhello\n1\n7\n9\n" });
    expect((await debug("latest", "score", "--", "no-such-program")).stderr).toContain("no-such-program was not found on the task's PATH");
    const shell = spawn(
      process.execPath,
      [join(launcher, "../cli/bin.js"), "debug", "latest", "load", "--shell", "--param", "password=x"],
      {
        cwd,
        env: { PATH: process.env.PATH, HOME: cwd },
      },
    );
    let said = "";
    shell.stdout.on("data", (chunk) => {
      said += chunk;
    });
    shell.stdin.end('echo "${AIRFLOW_CONN_DWH:0:12} $(pwd | grep -c /work$)"; exit 4\n');
    expect(await new Promise((resolve) => shell.on("close", resolve))).toBe(4);
    expect(said).toBe("postgresql:/ 1\n");
    rmSync(kept, { recursive: true });
  });

  test("a task of an Airflow run in the same store", async () => {
    const [run = ""] = readdirSync(join(store, "runs/p"));
    const recorded = JSON.parse(readFileSync(join(store, "runs/p", run, "extract/attempt-1/request.json"), "utf8"));
    const { claimed: _, ...asked } = recorded;
    const request = {
      ...asked,
      run_id: "scheduled__2026-03-15T03:00:00+00:00",
      script: `${asked.script}; echo broken >&2; exit 5`,
      operator_digest: "1".repeat(64),
    };
    const file = join(makeFolder(), "request.json");
    writeFileSync(file, JSON.stringify(request));
    expect(
      spawnSync(process.execPath, [launcher, "launch", "--request", file], { env: { PATH: process.env.PATH ?? "", HOME: cwd } }).status,
    ).toBe(5);
    const before = digestOf(store);
    const done = await debug("scheduled__2026-03-15", "extract");
    expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining("= extract: it failed (exit code 5), as it did there") });
    expect(digestOf(store)).toBe(before);
    rmSync(kept, { recursive: true });
  });

  test("a task of an image runs as a process, with a warning; show names the ways on", async () => {
    const score = files["operators/score/operator.yaml"];
    writeFiles(cwd, { "operators/score/operator.yaml": score.replace("  code: .", "  docker_image: registry.example/score:1\n  code: .") });
    writeFiles(cwd, {
      "pipelines/p.yaml": files["pipelines/p.yaml"].replace("operator_type: score,", "operator_type: score, engine: docker,"),
    });
    const [run = ""] = readdirSync(join(store, "runs/p"));
    const done = await debug(run, "score", "--param", "threshold=1");
    expect(done.code).toBe(0);
    expect(done.stderr).toContain("by its pipeline score runs in registry.example/score:1 (engine docker); here it runs as a process");
    expect((await tradewind(["show", run], { cwd })).stdout).toContain(`the same again here: tradewind debug ${run} score\n`);
    writeFiles(cwd, { "operators/score/operator.yaml": score, "pipelines/p.yaml": files["pipelines/p.yaml"] });
  });

  test("mistakes, and what is no longer there, are one sentence", async () => {
    rmSync(
      join(
        store,
        "runs/p",
        readdirSync(join(store, "runs/p")).find((name) => name.startsWith("local")) ?? "",
        "extract/attempt-1/data.txt",
      ),
    );
    const [local = ""] = readdirSync(join(store, "runs/p"));
    for (const [args, message] of [
      [
        [local, "score"],
        /task score cannot be prepared here: input "data": \S+ is no longer in the store; run the task that made it again/,
      ],
      [[local, "score", "--param", "treshold=1"], /task score has no parameter "treshold"; did you mean "threshold"\?/],
      [[local, "score", "--param", "threshold=high"], /--param .*threshold/],
      [[local, "score", "--input", "dat=x"], /task score has no input "dat"; did you mean "data"\?/],
      [[local, "score", "--input", "data=nowhere.txt"], /nowhere\.txt/],
      [[local, "score", "--shell", "--", "ls"], /--shell and a command after -- do not go together/],
      [[local, "scor"], /the run has no task "scor"; did you mean "score"\?/],
    ] as const) {
      const done = await debug(...args);
      expect(done.code).toBeGreaterThan(0);
      expect(done.stderr).toMatch(message);
      expect(done.stderr).not.toMatch(trace);
      expect(under(kept)).toEqual([]);
    }
  });
});
