/** A small DAG whose tasks are run by the built launcher, under `airflow dags test`: success, skip, a retry, and artifacts in the store. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/provision.mjs";
import { emitDag } from "../../src/pipeline/emit/emit.ts";
import { taskKey } from "../../src/protocol/layout.ts";
import type { JsonSchema } from "../../src/protocol/schema.ts";
import { makeJob, makePlan, makeTask } from "../pipeline/emit/plans.ts";
import type { AirflowVersion } from "./airflow.ts";
import { runDag } from "./run-dag.ts";

const folder = mkdtempSync(join(tmpdir(), "tradewind-dag-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder for PATH with `tradewind`, the built command. */
function installTradewind(): string {
  const command = join(root, "dist", "cli", "bin.js");
  if (!existsSync(command)) execFileSync(process.execPath, [join(root, "scripts", "build.mjs")], { stdio: "inherit" });
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "tradewind"), `#!/bin/sh\nexec "${process.execPath}" "${command}" "$@"\n`);
  chmodSync(join(bin, "tradewind"), 0o755);
  return bin;
}

const text: JsonSchema = { type: "string" };
const output = { text: { type: "text", extension: ".txt", dir: false } };
const input = (task: string) => ({
  text: { types: ["text"], optional: false, many: false, sources: [{ kind: "task" as const, task, port: "text" }] },
});

function smallPlan(version: string) {
  const store = join(folder, `store-${version}`);
  const greeting = "{{ ds }} 'quoted' \"double\" $HOME `id` {% raw %}{{ left }}{% endraw %} ünï\n\nend";
  return makePlan(
    [
      makeTask("make.text", {
        job: makeJob({ script: 'printf %s "$PARAM_GREETING" > "$OUTPUT_TEXT"' }),
        params: { greeting: { value: greeting, schema: text, template: true } },
        outputs: output,
      }),
      makeTask("copy", {
        upstream: ["make.text"],
        retries: 1,
        retry_delay: 1,
        // Fails once: the first try leaves a mark outside of its own folder.
        job: makeJob({
          script: `test -e "${folder}/mark-${version}" || { touch "${folder}/mark-${version}"; exit 5; }\ncat "$INPUT_TEXT" > "$OUTPUT_TEXT"\n`,
        }),
        inputs: input("make.text"),
        outputs: output,
      }),
      makeTask("skip", { upstream: ["copy"], job: makeJob({ script: "exit 99" }), effects: "writes" }),
      makeTask("after_skip", { upstream: ["skip"], job: makeJob({ script: "true" }), effects: "writes" }),
    ],
    { dag_id: "small", schedule: null, timezone: "UTC", start_date: "2020-01-01T00:00:00" },
    { store: { url: store } },
  );
}

describe.each<AirflowVersion>(["3.3", "2.11"])("Airflow %s", (version) => {
  test("runs the launcher", async () => {
    const plan = smallPlan(version);
    const file = join(folder, `small-${version}.py`);
    writeFileSync(file, emitDag(plan, "portable"));
    const done = await runDag(version, file, "small", {
      date: "2026-01-02",
      env: { PATH: `${installTradewind()}:${process.env.PATH ?? ""}` },
    });
    expect(done.tasks, done.log).toMatchObject({
      "make.text": { state: "success" },
      copy: { state: "success", try_number: 2 },
      skip: { state: "skipped" },
      after_skip: { state: "skipped" },
    });
    expect(done.state).toBe("success");
    expect(done.code).toBe(0);
    const result = JSON.parse(readFileSync(join(plan.store.url, taskKey("small", done.run_id, "copy"), "result.json"), "utf8"));
    expect(result).toMatchObject({ status: "success", try_number: 2, task: "copy" });
    const bytes = readFileSync(join(plan.store.url, result.outputs.text.key), "utf8");
    expect(bytes).toBe("2026-01-02 'quoted' \"double\" $HOME `id` {{ left }} ünï\n\nend");
    rmSync(done.home, { recursive: true });
  });
});
