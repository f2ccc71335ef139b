/** `tradewind why` over real runs: each run changes one thing. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeWorkspace, trace, tradewind, writeFiles } from "./tradewind.ts";

const operator = (name: string, rest: string) => ({ [`operators/${name}/operator.yaml`]: `operator: ${name}\n${rest}` });

const scoreScript = 'while read -r x; do [ "$x" -lt "$PARAM_THRESHOLD" ] || echo "$x"; done < "$INPUT_DATA" > "$OUTPUT_SCORES"';
const score = (script: string, more = "") =>
  operator(
    "score",
    `params: { threshold: { type: integer, default: 5 }, columns: { type: array, items: { type: string }, default: [a, b] } }
inputs: { data: { type: text } }
outputs: { scores: { type: text } }
job: { execution_script: '${script.replaceAll("'", "''")}'${more} }
`,
  );

const pipeline = (values: string, extra = "") => ({
  "pipelines/p.yaml": `dag: { name: p, schedule: null, start_date: 2026-01-01 }
tasks:
  extract: { operator_type: extract, inputs: { source: ./data.txt } }
  score: { operator_type: score, inputs: { data: extract }, ${values} }
  load: { operator_type: load, inputs: { data: score } }
${extra}`,
});

const files = {
  "tradewind.yaml": "vars: {}\n",
  "data.txt": "1\n7\n9\n",
  ...operator(
    "extract",
    'inputs: { source: { type: text } }\noutputs: { data: { type: text } }\njob: { execution_script: \'cp "$INPUT_SOURCE" "$OUTPUT_DATA"\' }\n',
  ),
  ...score(scoreScript),
  ...operator("load", "inputs: { data: { type: text } }\njob: { execution_script: 'true' }\n"),
  ...pipeline("threshold: 5"),
};

describe("tradewind why", { timeout: 120_000 }, async () => {
  const cwd = makeWorkspace(files);
  const run = (...args: string[]) => tradewind(["run", "p", ...args], { cwd });
  const why = async (...args: string[]): Promise<string> => {
    const done = await tradewind(["why", ...args], { cwd });
    expect(done.stderr).toBe("");
    expect(done.code).toBe(0);
    return done.stdout;
  };

  test("the first run, a hit, and what writes", async () => {
    await run();
    expect(await why("latest", "score")).toMatch(
      /^score ran\nrun local__\S+, attempt 1\n {2}no earlier run of this dag has a result of it\n$/,
    );
    await run();
    expect(await why("latest", "score")).toMatch(/^score was taken from the cache: run local__\S+ \(0 min ago\) had done the same work\n/);
    expect(await why("latest", "load")).toContain("its effects are `writes`: it changes the outside world");
    await run("--fresh", "score");
    expect(await why("latest", "score")).toMatch(/ {2}the run was started with --fresh for it\n {2}the work is the same as in run local__/);
    await run("--no-cache", "--only", "score");
    expect(await why("latest", "score")).toContain("the run was started with --no-cache");
    expect(await why("latest", "extract")).toMatch(/^extract was taken from run local__\S+ .*: --from, --to or --only left it out/);
  });

  test("a parameter, deep in a list too", async () => {
    writeFiles(cwd, pipeline("threshold: 6, columns: [a, c]"));
    await run();
    expect(await why("latest", "score")).toMatch(
      /^score ran, since 2 things are not as in run local__\S+ \(0 min ago\)\n.*\n {2}parameter threshold {2}5 → 6\n {2}parameter columns\[1\] {2}"b" → "c"\n$/,
    );
    const json = JSON.parse((await tradewind(["why", "latest", "score", "--format", "json"], { cwd })).stdout);
    expect(json).toMatchObject({ how: "ran", causes: [{ cause: "changed" }], unrepeatable: false });
    expect(json.differences).toEqual([
      { part: "parameter", path: "threshold", before: 5, after: 6, hidden: false },
      { part: "parameter", path: "columns[1]", before: "b", after: "c", hidden: false },
    ]);
  });

  test("the script, with its lines; job.env; then the packed code", async () => {
    writeFiles(cwd, score(`${scoreScript}; true`, ", env: { LEVEL: high }"));
    await run();
    const text = await why("latest", "score");
    expect(text).toMatch(/^ {2}script\n {4}@ line 1\n {4}-while .*\n {4}\+while .*; true$/m);
    expect(text).toMatch(/^ {2}job\.env LEVEL {2}not there → "high"$/m);
    writeFiles(cwd, { ...score(`${scoreScript}; true`, ", env: { LEVEL: high }, code: ."), "operators/score/x.py": "1\n" });
    await run();
    expect(await why("latest", "score")).toMatch(/since one thing is not .*\n.*\n {2}code {2}files of the operator's code folder/);
    writeFiles(cwd, { "operators/score/x.py": "2\n" });
    await run();
    expect(await why("latest", "score")).toMatch(/since one thing is not .*\n.*\n {2}code {2}files of the operator's code folder/);
  });

  test("a port's type, and the list of parameters", async () => {
    const changed = score(scoreScript)["operators/score/operator.yaml"] ?? "";
    writeFiles(cwd, { "operators/score/operator.yaml": changed.replace("scores: { type: text }", "scores: { type: json }") });
    writeFiles(cwd, {
      "operators/load/operator.yaml":
        (files as Record<string, string>)["operators/load/operator.yaml"]?.replace("type: text", "type: any") ?? "",
    });
    await run();
    expect(await why("latest", "score")).toMatch(/^ {2}port scores {2}\{"type":"text",.*\} → \{"type":"json",.*\}$/m);
    writeFiles(cwd, {
      "operators/score/operator.yaml": changed
        .replace("scores: { type: text }", "scores: { type: json }")
        .replace("params:", "version: 2\nparams:"),
    });
    await run();
    expect(await why("latest", "score")).toContain("operator  its version, or the list of its parameters");
  });

  test("an input's content, with the why of the task that made it", async () => {
    writeFiles(cwd, { "data.txt": "1\n7\n9\n11\n" });
    await run();
    expect(await why("latest", "score")).toMatch(
      /^ {2}input data {2}other content: 6 B → 9 B\n {4}from extract, which ran, since one thing is not as in run .*\n {6}input source {2}other content: 6 B → 9 B\n$/m,
    );
  });

  test("--than another run, failures, artifacts that are gone, and work that is never the same twice", async () => {
    const [first = ""] = readdirSync(join(cwd, ".tradewind/store/dev/runs/p"));
    expect(await why("latest", "score", "--than", first)).toContain('parameter columns[1]  "b" → "c"');
    writeFiles(cwd, score('date +%N > "$OUTPUT_SCORES"; sleep 0.01'));
    await run();
    await run("--fresh", "score");
    expect(await why("latest", "score")).toContain("the same work made other bytes than then");
    writeFiles(cwd, score("echo no >&2; exit 3"));
    await run();
    await run();
    expect(await why("latest", "score")).toMatch(
      /^score ran \(failed\)\n.*\n {2}the same work failed in run .*, and failures are tried again/,
    );
    writeFiles(cwd, { ...score(scoreScript), ...pipeline("threshold: 8") });
    await run();
    const newest = readdirSync(join(cwd, ".tradewind/store/dev/runs/p")).at(-1) ?? "";
    rmSync(join(cwd, ".tradewind/store/dev/runs/p", newest, "score/attempt-1/scores.txt"));
    await run();
    expect(await why("latest", "score")).toMatch(/had done the same work, but what it made is no longer in the store/);
  });

  test("mistakes are one sentence", async () => {
    for (const [args, message] of [
      [["why", "latest", "scor"], /the run has no task "scor"; did you mean "score"\?/],
      [["why", "nobody", "score"], /no run "nobody"; the newest is local__/],
      [["why", "latest", "score", "--attempt", "9"], /task score has no attempt 9; its last is 1/],
      [["why", "latest", "score", "--than", "nobody"], /no run "nobody"/],
      [["why", "latest"], /missing required argument 'task'/],
    ] as const) {
      const done = await tradewind([...args], { cwd });
      expect(done.code).toBeGreaterThan(0);
      expect(done.stderr).toMatch(message);
      expect(done.stderr).not.toMatch(trace);
    }
  });
});
