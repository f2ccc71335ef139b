import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesUnder, makeBench } from "./request.ts";

test("a task that does nothing leaves an attempt and a pointer", async () => {
  const bench = makeBench();
  const result = await bench.run();
  expect(result).toMatchObject({ status: "success", exit_code: 0, attempt: 1, retryable: false });
  const pointer = JSON.parse(
    readFileSync(join(bench.store, "runs/flights/manual__2026-01-01T00%3A00%3A00%2B00%3A00/extract.flights/result.json"), "utf8"),
  );
  expect(pointer).toEqual(result);
  expect(existsSync(join(bench.folder, "work"))).toBe(true);
  expect(filesUnder(join(bench.folder, "work"))).toEqual([]);
});

test("a script writes its output, and the next task reads it", async () => {
  const bench = makeBench();
  const csv = { type: "csv", extension: ".csv", dir: false };
  const made = await bench.run({ script: 'printf "a,b\\n1,2\\n3,\\"x\\ny\\"\\n" > "$OUTPUT_DATA"; echo made', outputs: { data: csv } });
  expect(made).toMatchObject({ status: "success", outputs: { data: { rows: 2, size: 16, type: "csv" } } });
  const read = await bench.run({
    task: "load",
    script: 'cat "$INPUT_DATA"; basename "$INPUT_DATA"',
    inputs: { data: { types: ["csv"], optional: false, many: false, sources: [{ kind: "task", task: "extract.flights", port: "data" }] } },
  });
  expect(read.message).toBeUndefined();
  expect(bench.lines()).toEqual(["made", "a,b", "1,2", '3,"x', 'y"', "data.csv"]);
});

test("the script's exit code passes through, with its last lines", async () => {
  const bench = makeBench();
  const result = await bench.run({ script: "echo reading; echo no such table >&2; exit 3" });
  expect(result).toMatchObject({ status: "failed", reason: "exit", origin: "script", exit_code: 3, retryable: true });
  expect(result.message).toBe("the script ended with exit code 3; last lines: reading ⏎ no such table");
});
