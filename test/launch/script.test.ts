/** What a script sees, and what becomes of what it does. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { OutputPlan } from "../../src/protocol/plan.ts";
import { createFolderStore } from "../../src/storage/folder.ts";
import { makeBench, param } from "./request.ts";

// Other work on the machine may slow everything down.
vi.setConfig({ testTimeout: 30_000 });

const text: OutputPlan = { type: "text", extension: ".txt", dir: false };
const folder: OutputPlan = { type: "dir", extension: "", dir: true };

async function readOutput(bench: ReturnType<typeof makeBench>, key: string | undefined): Promise<string> {
  const bytes = await createFolderStore(bench.store).get(key ?? "");
  return Buffer.from(bytes ?? []).toString("utf8");
}

describe("what a script sees", () => {
  test("parameters arrive byte for byte", async () => {
    const bench = makeBench();
    const hard = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.constantFrom(
        "",
        "\n",
        "a\n",
        "\r\n",
        "'\"`$(touch x)${HOME}\\",
        "{{ ds }}",
        "-n",
        "--help",
        "é\u0301",
        "x".repeat(100 * 1024),
        "\u{1F600}\n".repeat(9000),
      ),
    );
    await fc.assert(
      fc.asyncProperty(hard, async (value) => {
        fc.pre(!value.includes("\0") && !/\p{Surrogate}/u.test(value));
        const result = await bench.run({
          script: 'printf %s "$PARAM_VALUE" > "$OUTPUT_DATA"',
          params: { value: param(value) },
          outputs: { data: text },
          cache: { read: false, fresh: false, reads: false },
        });
        expect(result.message).toBeUndefined();
        expect(await readOutput(bench, result.outputs.data?.key)).toBe(value);
      }),
      { numRuns: 40 },
    );
  });

  test("numbers, booleans, lists and maps are JSON; null has no variable; the empty string has one", async () => {
    const bench = makeBench();
    await bench.run({
      script: 'echo "$PARAM_RATE $PARAM_ON $PARAM_LIST $PARAM_MAP ${PARAM_NONE-unset} [${PARAM_EMPTY-unset}]"',
      params: {
        rate: param(0.5),
        on: param(true),
        list: param([1, "a b"]),
        map: param({ k: [null] }),
        none: param(null),
        empty: param(""),
      },
    });
    expect(bench.lines()).toEqual(['0.5 true [1,"a b"] {"k":[null]} unset []']);
  });

  test("nothing of the worker's environment but the short list", async () => {
    const secrets = {
      AIRFLOW__CORE__FERNET_KEY: "k",
      AIRFLOW_CONN_OTHER: "postgres://x",
      AWS_SECRET_ACCESS_KEY: "s",
      BASH_ENV: "/x",
      USER: "me",
      VIRTUAL_ENV: "/v",
    };
    const bench = makeBench({
      ...secrets,
      LANG: "C.UTF-8",
      HTTPS_PROXY: "http://p",
      no_proxy: "x",
      PIP_INDEX_URL: "http://i",
      UV_INDEX_URL: "u",
      TZ: "UTC",
      LC_ALL: "C",
    });
    const result = await bench.run({ script: "env -0 | cut -z -d= -f1 | tr '\\0' '\\n' | sort", env: { MODEL_HOME: "/m" } });
    expect(result.status).toBe("success");
    const seen = bench.lines().filter((name) => !["_", "SHLVL", "PWD", "OLDPWD"].includes(name));
    expect(seen).toEqual(
      [
        "HOME",
        "HTTPS_PROXY",
        "LANG",
        "LC_ALL",
        "MODEL_HOME",
        "PATH",
        "PIP_INDEX_URL",
        "PYTHONUNBUFFERED",
        "TMPDIR",
        "TRADEWIND_COOKIE",
        "TRADEWIND_RUNNER",
      ].concat(["TRADEWIND_TASK_FILE", "TZ", "UV_INDEX_URL", "no_proxy"]),
    );
  });

  test("TRADEWIND_TASK_FILE says the same as JSON", async () => {
    const bench = makeBench();
    const result = await bench.run({
      script: 'cp "$TRADEWIND_TASK_FILE" "$OUTPUT_DATA"; echo "$OUTPUT_DATA"',
      params: { n: param({ a: [1] }) },
      outputs: { data: text },
    });
    const told = JSON.parse(await readOutput(bench, result.outputs.data?.key));
    expect(told).toMatchObject({ task: "extract.flights", params: { n: { a: [1] } }, outputs: { data: bench.lines()[0] } });
  });

  test("stdin is empty, the folder is fresh and writable, TMPDIR is its own", async () => {
    const bench = makeBench();
    const script = 'cat; ls -A; touch here; echo "${TMPDIR#"$(dirname "$PWD")"/}"; touch "$TMPDIR/x"; echo "$-" | grep -q e';
    expect(await bench.run({ script })).toMatchObject({ status: "success" });
    expect(await bench.run({ script, run_id: "second" })).toMatchObject({ status: "success" });
    expect(bench.lines()).toEqual(["tmp"]); // the second run was a hit
  });

  test("pipefail and -e hold; the script's text is never spliced", async () => {
    const bench = makeBench();
    expect(await bench.run({ script: "false | true; echo no" })).toMatchObject({ exit_code: 1 });
    expect(await bench.run({ script: "false\necho no" })).toMatchObject({ exit_code: 1 });
    const result = await bench.run({ script: "echo '{{ ds }}' \"it's\" # \\\\ `echo 1`\nexit 0" });
    expect(result.status).toBe("success");
    expect(bench.lines()).toEqual(["{{ ds }} it's"]);
  });

  test("a parameter that no variable can hold is refused in a sentence", async () => {
    const bench = makeBench();
    expect(await bench.run({ params: { big: param("x".repeat(200_000)) } })).toMatchObject({
      status: "failed",
      reason: "bad-parameter",
      exit_code: 65,
      retryable: false,
      message:
        'parameter "big" is 200011 bytes; an environment variable holds 131072 at most, so put it into a file and bind that to an input',
    });
    expect((await bench.run({ params: { nul: param("a\0b") } })).message).toContain("NUL");
    const env = await bench.run({ env: { FROM_JOB: "a\0b" } });
    expect(env).toMatchObject({ reason: "bad-parameter", message: expect.stringContaining("FROM_JOB holds a NUL") });
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}`, param("x".repeat(120_000))]));
    expect(await bench.run({ params: many })).toMatchObject({ reason: "bad-parameter", exit_code: 65 });
  });

  test("a parameter is checked against its schema after templates", async () => {
    const bench = makeBench();
    const result = await bench.run({ params: { threshold: { value: 3, schema: { type: "number", maximum: 1 } } } });
    expect(result).toMatchObject({ reason: "bad-parameter", exit_code: 65, retryable: false });
    expect(result.message).toContain('parameter "threshold"');
  });
});

describe("outputs", () => {
  const end = (changes: Parameters<ReturnType<typeof makeBench>["run"]>[0]) => makeBench().run({ outputs: { data: text }, ...changes });

  test("no output is a failure that names port and variable", async () => {
    expect(await end({ script: "true" })).toMatchObject({
      status: "failed",
      reason: "missing-output",
      exit_code: 73,
      retryable: false,
      outputs: {},
      message: 'the script ended well but did not write its output "data"; it must write the file $OUTPUT_DATA',
    });
    expect(await end({ script: "true", effects: "reads" })).toMatchObject({ reason: "missing-output", retryable: true });
  });

  test.each([
    ["a link", 'echo x > x; ln -s "$PWD/x" "$OUTPUT_DATA"', "is a link"],
    ["a link to nothing", 'ln -s /nonexistent "$OUTPUT_DATA"', "is a link"],
    ["a folder", 'mkdir "$OUTPUT_DATA"', "must be a file"],
    ["a pipe", 'mkfifo "$OUTPUT_DATA"', "pipe"],
  ])("%s is no file", async (_, script, message) => {
    const result = await end({ script });
    expect(result).toMatchObject({ status: "failed", reason: "bad-output", exit_code: 73, outputs: {} });
    expect(result.message).toContain(message);
  });

  test("a folder is kept file by file, and staged again", async () => {
    const bench = makeBench();
    const made = await bench.run({
      script:
        'mkdir -p "$OUTPUT_DATA/sub dir/é"; echo 1 > "$OUTPUT_DATA/b"; echo 2 > "$OUTPUT_DATA/sub dir/é/a b"; : > "$OUTPUT_DATA/empty"',
      outputs: { data: folder },
    });
    expect(made.outputs.data).toMatchObject({ dir: true, size: 4 });
    const read = await bench.run({
      task: "read",
      script: 'cd "$INPUT_DATA"; find . -type f | sort | while read -r f; do echo "$f=$(cat "$f")"; done; echo x > b',
      inputs: {
        data: { types: ["dir"], optional: false, many: false, sources: [{ kind: "task", task: "extract.flights", port: "data" }] },
      },
    });
    expect(read.message).toBeUndefined();
    expect(bench.lines()).toEqual(["./b=1", "./empty=", "./sub dir/é/a b=2"]);
  });

  test.each([
    ["a link", 'ln -s /etc/passwd "$OUTPUT_DATA/x"'],
    ["a pipe", 'mkfifo "$OUTPUT_DATA/x"'],
  ])("a folder with %s is refused", async (_, script) => {
    const result = await makeBench().run({ script: `mkdir "$OUTPUT_DATA"; ${script}`, outputs: { data: folder } });
    expect(result).toMatchObject({ reason: "bad-output", exit_code: 73 });
  });

  test("names in a folder that no store can keep are told as such", async () => {
    const folder = { data: { type: "dir", extension: "", dir: true } };
    const inFolder = (name: string) => `mkdir -p "$OUTPUT_DATA"; echo x > "$OUTPUT_DATA/"${name}`;
    const broken = await makeBench().run({ outputs: folder, script: inFolder("$'\\xff'") });
    expect(broken).toMatchObject({ reason: "bad-output", message: expect.stringContaining("not UTF-8") });
    const long = await makeBench().run({ outputs: folder, script: inFolder(`'${"ü".repeat(100)}'`) });
    expect(long).toMatchObject({ reason: "bad-output", message: expect.stringContaining("too long") });
  });

  test("a file where a folder is declared", async () => {
    const result = await makeBench().run({ script: 'echo x > "$OUTPUT_DATA"', outputs: { data: folder } });
    expect(result.message).toBe('output "data" must be a folder, but $OUTPUT_DATA is a file');
  });

  test("an output called like a record does not replace it", async () => {
    const bench = makeBench();
    const json: OutputPlan = { type: "json", extension: ".json", dir: false };
    const result = await bench.run({
      script: 'echo 1 > "$OUTPUT_RESULT"; echo 2 > "$OUTPUT_REQUEST"; mkdir "$OUTPUT_LOG"; echo 3 > "$OUTPUT_LOG/a"; echo logged',
      outputs: { result: json, request: json, log: folder },
    });
    expect(result.status).toBe("success");
    expect(await readOutput(bench, result.outputs.result?.key)).toBe("1\n");
    expect(await readOutput(bench, result.outputs.request?.key)).toBe("2\n");
    const base = "runs/flights/manual__2026-01-01T00%3A00%3A00%2B00%3A00/extract.flights/attempt-1";
    expect(JSON.parse(await readOutput(bench, `${base}/result.json`))).toEqual(result);
    expect(await readOutput(bench, `${base}/log.ndjson`)).toContain("logged");
  });

  test("rows of a csv are records less the header", async () => {
    const bench = makeBench();
    const rows = async (content: string): Promise<number | undefined> => {
      const csv: OutputPlan = { type: "csv", extension: ".csv", dir: false };
      const result = await bench.run({
        script: 'printf %s "$PARAM_TEXT" > "$OUTPUT_DATA"',
        params: { text: param(content) },
        outputs: { data: csv },
      });
      return result.outputs.data?.rows;
    };
    expect(await rows("")).toBe(0);
    expect(await rows("a,b")).toBe(0);
    expect(await rows("a,b\n1,2")).toBe(1);
    expect(await rows("a,b\r\n1,2\r\n\r\n")).toBe(1);
    expect(await rows('a\n"x\ny"\n"say ""hi""\n"\n')).toBe(2);
    expect(await rows('size\n5" disk\n3" disk\n7"\n')).toBe(3);
    expect(await rows('a,b\n,""\n"",\n')).toBe(2);
  });
});

describe("inputs", () => {
  const needs = (port: string, more: object = {}) => ({
    data: { types: ["any"], optional: false, many: false, sources: [{ kind: "task" as const, task: "extract.flights", port }], ...more },
  });

  test("a script may change and delete its input; the artifact stays", async () => {
    const bench = makeBench();
    const made = await bench.run({ script: 'echo one > "$OUTPUT_DATA"', outputs: { data: text } });
    const spoil = { task: "spoil", inputs: needs("data"), cache: { read: false, fresh: false, reads: false } };
    expect(await bench.run({ ...spoil, script: 'echo two >> "$INPUT_DATA"; rm "$INPUT_DATA"' })).toMatchObject({ status: "success" });
    expect(await bench.run({ ...spoil, script: 'rm -rf "$(dirname "$INPUT_DATA")" "$PWD"; true' })).toMatchObject({ status: "success" });
    expect(await readOutput(bench, made.outputs.data?.key)).toBe("one\n");
    expect(await bench.run({ ...spoil, script: 'test "$(cat "$INPUT_DATA")" = one' })).toMatchObject({ status: "success" });
  });

  test("what is missing is named, with what there is", async () => {
    const bench = makeBench();
    expect(await bench.run({ task: "load", inputs: needs("data") })).toMatchObject({
      reason: "missing-input",
      exit_code: 66,
      message: 'input "data" needs extract.flights:data, but extract.flights has not committed a result in this run; run it first',
    });
    await bench.run({ script: 'echo > "$OUTPUT_ROWS"', outputs: { rows: text } });
    expect((await bench.run({ task: "load", inputs: needs("data") })).message).toContain('has no output "data", only rows');
    expect(await bench.run({ task: "load", inputs: needs("data", { optional: true }), script: 'echo "${INPUT_DATA-none}"' })).toMatchObject(
      { status: "success" },
    );
    expect(bench.lines()).toEqual(["none"]);
    await bench.run({ script: "exit 1" });
    expect((await bench.run({ task: "load", inputs: needs("rows") })).message).toContain(
      "extract.flights ended as failed: the script ended with exit code 1",
    );
  });

  test("a wrong type is named", async () => {
    const bench = makeBench();
    await bench.run({ script: 'echo > "$OUTPUT_DATA"', outputs: { data: text } });
    expect(await bench.run({ task: "load", inputs: needs("data", { types: ["csv", "parquet"] }) })).toMatchObject({
      reason: "bad-input",
      exit_code: 65,
      message: 'input "data" takes csv or parquet, but extract.flights:data is text',
    });
  });

  test("an artifact that changed in the store is noticed", async () => {
    const bench = makeBench();
    const made = await bench.run({ script: 'echo one > "$OUTPUT_DATA"', outputs: { data: text } });
    writeFileSync(join(bench.store, made.outputs.data?.key ?? ""), "two\n");
    const result = await bench.run({ task: "load", inputs: needs("data") });
    expect(result).toMatchObject({ reason: "bad-input", exit_code: 65 });
    expect(result.message).toContain("digest differs");
  });

  test("a many port is a folder in the order of its sources, an absolute path is read in place", async () => {
    const bench = makeBench();
    await bench.run({ script: 'echo one > "$OUTPUT_DATA"', outputs: { data: text } });
    mkdirSync(join(bench.folder, "in"));
    writeFileSync(join(bench.folder, "in/my file.csv"), "a\n1\n");
    const sources = [
      { kind: "path" as const, path: join(bench.folder, "in/my file.csv") },
      { kind: "task" as const, task: "extract.flights", port: "data" },
    ];
    const result = await bench.run({
      task: "merge",
      script: 'cd "$INPUT_DATA"; for f in *; do echo "$f: $(tail -1 "$f")"; done; tail -1 "$INPUT_ONE"',
      inputs: {
        data: { types: ["any"], optional: false, many: true, sources },
        one: { types: ["csv"], optional: false, many: false, sources: sources.slice(0, 1) },
      },
    });
    expect(result.message).toBeUndefined();
    expect(bench.lines()).toEqual(["000-my file.csv: 1", "001-extract.flights.txt: one", "1"]);
    expect(
      (
        await bench.run({
          inputs: { one: { types: ["csv"], optional: false, many: false, sources: [{ kind: "path", path: "/nonexistent/x.csv" }] } },
        })
      ).message,
    ).toBe('input "one": there is no file /nonexistent/x.csv on this machine');
  });
});
