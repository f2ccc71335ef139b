/** Scripts that do not end well: they take too long, too much, fork away, or write without end. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { birthOf } from "../../src/launch/processes.ts";
import { type Bench, filesUnder, makeBench, param } from "./request.ts";

// Other work on the machine may slow everything down.
vi.setConfig({ testTimeout: 30_000 });

const attempt = "runs/flights/manual__2026-01-01T00%3A00%3A00%2B00%3A00/extract.flights/attempt-1";

/** Ids that the script wrote, one a line, of processes that must be gone. */
function expectGone(bench: Bench, count: number): void {
  const pids = bench.lines().flatMap((line) => (/^pid \d+$/.test(line) ? [Number(line.slice(4))] : []));
  expect(pids).toHaveLength(count);
  for (const pid of pids) expect(stateOf(pid)).toBe("gone");
}

function stateOf(pid: number): string {
  if (birthOf(pid) === undefined) return "gone";
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // A zombie waits for its parent only; where nobody reaps orphans it stays one.
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z") ? "gone" : stat;
}

const limits = (more: object) => ({ stage_time: 60, grace: 0.5, ...more });

describe("time", () => {
  test("limits of months are no limits of a millisecond", async () => {
    const month = 30 * 24 * 3600;
    const result = await makeBench().run({ script: "sleep 0.2", limits: { execution_time: month, stage_time: month, grace: 1 } });
    expect(result).toMatchObject({ status: "success" });
    const stopped = await makeBench().run({
      script: "trap 'sleep 0.2; echo cleaned; exit 0' TERM; sleep 300 & wait",
      limits: { execution_time: 0.3, stage_time: 60, grace: month },
    });
    expect(stopped).toMatchObject({ reason: "timeout", tail: expect.arrayContaining(["cleaned"]) });
  });

  test("a script that hangs is stopped, its children too", async () => {
    const bench = makeBench();
    const before = Date.now();
    const result = await bench.run({ script: "sleep 300 & echo pid $!; echo waiting; sleep 301", limits: limits({ execution_time: 0.3 }) });
    expect(result).toMatchObject({ status: "failed", reason: "timeout", exit_code: 124, retryable: true });
    expect(result.message).toBe(
      `the script took longer than its execution_time of 0.3 s and was stopped; last lines: ${bench.lines().join(" ⏎ ")}`,
    );
    expect(Date.now() - before).toBeLessThan(8000);
    expectGone(bench, 1);
  });

  test("one that ignores TERM is killed after the grace", async () => {
    const bench = makeBench();
    const before = Date.now();
    const script = "trap 'echo no' TERM; (trap '' TERM; echo pid $BASHPID; sleep 300; sleep 300) & while :; do sleep 300; done";
    const result = await bench.run({ script, limits: limits({ execution_time: 0.3 }) });
    expect(result).toMatchObject({ reason: "timeout", exit_code: 124 });
    expect(Date.now() - before).toBeGreaterThan(700);
    expect(Date.now() - before).toBeLessThan(9000);
    expectGone(bench, 1);
  });

  test("one that cleans up on TERM has the time for it", async () => {
    const bench = makeBench();
    const script = "trap 'sleep 0.2; echo cleaned; exit 0' TERM; sleep 300 & wait";
    const result = await bench.run({ script, limits: { stage_time: 60, grace: 5, execution_time: 0.2 } });
    expect(result).toMatchObject({ reason: "timeout", exit_code: 124 });
    expect(bench.lines().at(-1)).toBe("cleaned"); // bash may tell before that its sleep was terminated
  });

  test("processes that left the session are found by their cookie", async () => {
    const bench = makeBench();
    const script =
      "setsid bash -c 'echo pid $$; setsid sleep 300 & echo pid $!; trap \"\" TERM; sleep 300' & sleep 0.3; echo started; sleep 300";
    const result = await bench.run({ script, limits: limits({ execution_time: 0.8 }) });
    expect(result.reason).toBe("timeout");
    expectGone(bench, 2);
  });

  test("a script that ends but leaves processes is a success, and they are stopped", async () => {
    const bench = makeBench();
    const script = "sleep 300 & echo pid $!; setsid sleep 300 & echo pid $!; sleep 0.1; nohup sleep 300 >/dev/null 2>&1 & echo pid $!";
    const before = Date.now();
    const result = await bench.run({ script, limits: limits({}) });
    expect(result.status).toBe("success");
    expect(Date.now() - before).toBeLessThan(8000);
    expect(bench.events).toContainEqual(
      expect.objectContaining({ event: "warning", message: expect.stringContaining("left processes running") }),
    );
    expectGone(bench, 3);
  });

  test("cancel stops it; the attempt is on record", async () => {
    const bench = makeBench();
    const cancel = new AbortController();
    const running = bench.run({ script: "echo pid $$; sleep 300", limits: limits({}) }, { signal: cancel.signal });
    while (bench.lines().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    cancel.abort();
    expect(await running).toMatchObject({ status: "cancelled", reason: "cancelled", exit_code: 143 });
    expectGone(bench, 1);
    expect(JSON.parse(readFileSync(join(bench.store, attempt, "result.json"), "utf8"))).toMatchObject({ status: "cancelled" });
    expect(await bench.run({}, { signal: AbortSignal.abort() })).toMatchObject({ status: "cancelled", exit_code: 143, attempt: 2 });
  });

  test("a signal that is not ours is named; bash's own codes pass through", async () => {
    expect(await makeBench().run({ script: "kill -SEGV $$" })).toMatchObject({ reason: "signal", exit_code: 139 });
    expect((await makeBench().run({ script: "kill -KILL $$" })).message).toContain("out of memory");
    expect(await makeBench().run({ script: "exit 255" })).toMatchObject({ reason: "exit", exit_code: 255 });
    expect(await makeBench().run({ script: "no-such-command" })).toMatchObject({ reason: "exit", exit_code: 127 });
  });

  test("99 is a skip", async () => {
    expect(await makeBench().run({ script: "exit 99" })).toMatchObject({ status: "skipped", exit_code: 99, retryable: false, outputs: {} });
  });
});

describe("memory", () => {
  const hog = (megabytes: number) =>
    `python3 -c 'b = []\nfor _ in range(${megabytes}): b.append(bytearray(b"x" * 1048576))\nimport time; print("held", flush=True); time.sleep(2)'`;

  test("a hog is stopped and told so", async () => {
    const bench = makeBench();
    const result = await bench.run({ script: hog(600), limits: limits({ memory: 150_000_000 }) });
    expect(result).toMatchObject({ status: "failed", reason: "out-of-memory", exit_code: 137, retryable: true });
    expect(result.message).toContain("150 MB");
    expect(bench.lines()).not.toContain("held");
  });

  test("children count together", async () => {
    const result = await makeBench().run({
      script: `${[1, 2, 3].map(() => `${hog(80)} &`).join(" ")} wait`,
      limits: limits({ memory: 150_000_000 }),
    });
    expect(result).toMatchObject({ reason: "out-of-memory", exit_code: 137 });
  });

  test.each(["", "setsid "])("children whose parents have ended count too, in the group and out of it: %s", async (leave) => {
    const held = hog(100).replace("time.sleep(2)", "time.sleep(6)");
    const script = `${[1, 2].map(() => `( ${leave}${held} & )`).join("; ")}; sleep 6`;
    const result = await makeBench().run({ script, limits: limits({ memory: 150_000_000 }) });
    expect(result).toMatchObject({ reason: "out-of-memory", exit_code: 137 });
  });

  test("what stays below is left alone, and its peak is told", async () => {
    const result = await makeBench().run({ script: hog(60), limits: limits({ memory: 300_000_000 }) });
    expect(result.status).toBe("success");
    expect(result.usage.peak_memory).toBeGreaterThan(60_000_000);
    expect(result.usage.peak_memory).toBeLessThan(300_000_000);
  });

  test("a runtime that reserves much and uses little is not stopped", async () => {
    const script = `node -e 'new WebAssembly.Memory({ initial: 1, maximum: 65536 }); console.log("ok")'`;
    const bench = makeBench();
    expect(await bench.run({ script, limits: limits({ memory: 300_000_000 }) })).toMatchObject({ status: "success" });
    expect(bench.lines()).toEqual(["ok"]);
  });
});

describe("memory that grows from try to try", () => {
  const hold = (megabytes: number) => `python3 -c 'b = bytearray(b"x" * ${megabytes} * 1000000); print("held", flush=True)'`;
  const growing = { stage_time: 60, grace: 0.5, memory: 100_000_000, memory_max: 350_000_000 };
  const work = { script: hold(150), effects: "writes" as const, limits: growing };
  const tries = (number: number) => ({ tries: { number, max: 3, retries: 3 } });

  test("twice as much after each that ran out, up to memory_max; said in log and result", async () => {
    const bench = makeBench();
    const first = await bench.run({ ...work, ...tries(1) });
    expect(first).toMatchObject({ reason: "out-of-memory", retryable: true, usage: { memory_limit: 100_000_000 } });
    expect(first.message).toContain("the next try of this series may use 200 MB");
    const second = await bench.run({ ...work, ...tries(2) });
    expect(second).toMatchObject({ reason: "out-of-memory", usage: { memory_limit: 200_000_000 } });
    expect(second.message).toContain("may use 350 MB");
    const third = await bench.run({ ...work, ...tries(3) });
    expect(third).toMatchObject({ status: "success", usage: { memory_limit: 350_000_000 } });
    expect(bench.events).toContainEqual(
      expect.objectContaining({
        stream: "launcher",
        line: "an earlier try ran out of memory: this one may use 350 MB (memory_max is 350 MB)",
      }),
    );
  });

  test("what a try was given it keeps when it fails otherwise; a new series begins anew", async () => {
    const bench = makeBench();
    await bench.run({ ...work, ...tries(1) });
    expect(await bench.run({ ...work, script: "exit 3", ...tries(2) })).toMatchObject({
      reason: "exit",
      usage: { memory_limit: 200_000_000 },
    });
    expect(await bench.run({ ...work, script: "exit 3", ...tries(3) })).toMatchObject({ usage: { memory_limit: 200_000_000 } });
    const cleared = await bench.run({ ...work, script: "true", tries: { number: 4, max: 6, retries: 3 } });
    expect(cleared.usage.memory_limit).toBe(100_000_000);
  });
});

describe("a limit on the disk", () => {
  const text = { type: "text", extension: ".txt", dir: false };

  test.each(["./big", "$TMPDIR/big", "$OUTPUT_DATA"])("what is written to %s counts; the script is stopped and told so", async (place) => {
    const bench = makeBench();
    const result = await bench.run({
      script: `head -c 60000000 /dev/zero > "${place}"; echo written; sleep 300`,
      outputs: { data: text },
      limits: limits({ disk: 50_000_000 }),
    });
    expect(result).toMatchObject({ status: "failed", reason: "out-of-disk", origin: "script", exit_code: 74, retryable: true });
    expect(result.message).toContain("wrote more than the 50 MB of disk that its resource flavor allows");
    expect(result.usage.peak_disk).toBeGreaterThan(50_000_000);
  });

  test("one that was faster than the measuring is held to it as well", async () => {
    const script = 'head -c 60000000 /dev/zero > "$OUTPUT_DATA"';
    const result = await makeBench().run({ script, outputs: { data: text }, limits: limits({ disk: 50_000_000 }) });
    expect(result).toMatchObject({ reason: "out-of-disk", exit_code: 74, outputs: {} });
  });

  test("holes and second names of a file cost nothing; inputs are not its own", async () => {
    const bench = makeBench();
    const input = join(bench.folder, "input.txt");
    writeFileSync(input, Buffer.alloc(3_000_000));
    const result = await bench.run({
      script: "truncate -s 1G hole; head -c 1000000 /dev/zero > a; ln a b; ln a c; mkdir d; seq 1000 | (cd d; xargs touch)",
      inputs: { data: { types: ["text"], optional: false, many: false, sources: [{ kind: "path", path: input }] } },
      limits: limits({ disk: 2_000_000 }),
    });
    expect(result.status).toBe("success");
    expect(result.usage.peak_disk).toBeGreaterThan(1_000_000);
    expect(result.usage.peak_disk).toBeLessThan(2_000_000);
    expect(result.usage.staged).toBe(3_000_000);
  });
});

test("what was used is in every result", async () => {
  const used = { phases: expect.any(Object), peak_disk: expect.any(Number), memory_limit: 500_000_000 };
  const outputs = { data: { type: "text", extension: ".txt", dir: false } };
  const script = 'python3 -c "import time; b = bytearray(50000000); time.sleep(0.8)"; echo hello > "$OUTPUT_DATA"';
  const made = await makeBench().run({ script, outputs, limits: limits({ memory: 500_000_000 }) });
  expect(made).toMatchObject({ status: "success", usage: { ...used, uploaded: 6, cpu: expect.any(Number) } });
  expect(made.usage.peak_memory).toBeGreaterThan(50_000_000);
  const failed = await makeBench().run({ script: `${script}; exit 3`, outputs, limits: limits({ memory: 500_000_000 }) });
  expect(failed).toMatchObject({ status: "failed", usage: { ...used, cpu: expect.any(Number) } });
});

describe("a full disk", () => {
  function mountSmall(folder: string): void {
    mkdirSync(folder);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], { encoding: "utf8" });
    if (mounted.status !== 0) throw new Error(`this test mounts a small tmpfs, so it must run as root: ${mounted.stderr}`);
    onTestFinished(() => void spawnSync("umount", ["-l", folder]));
  }
  const big = {
    script: 'head -c "$PARAM_SIZE" /dev/zero > "$OUTPUT_DATA"',
    outputs: { data: { type: "text", extension: ".txt", dir: false } },
  };
  const size = (value: number) => ({ params: { size: param(value) } });

  test("of the store: a clear end, nothing half visible, and the next attempt succeeds once there is room", async () => {
    const bench = makeBench();
    mountSmall(bench.store);
    const result = await bench.run({ ...big, ...size(1_000_000) });
    expect(result).toMatchObject({
      status: "failed",
      reason: "disk-full",
      origin: "platform",
      exit_code: 71,
      retryable: true,
      outputs: {},
    });
    expect(result.message).toContain("the disk is full; free some space");
    expect(filesUnder(bench.store).filter((file) => file.includes("data"))).toEqual([]);
    expect(JSON.parse(readFileSync(join(bench.store, attempt, "../result.json"), "utf8"))).toMatchObject({ status: "failed" });
    expect(await bench.run({ ...big, ...size(1000) })).toMatchObject({ status: "success", attempt: 2 });
    expect(() => writeFileSync(join(bench.store, "filler"), Buffer.alloc(1 << 20))).toThrow("ENOSPC");
    expect(await bench.run({ ...big, ...size(10) })).toMatchObject({ status: "failed", reason: "disk-full", exit_code: 71 });
  });

  test("of the scratch folder: the script's own words", async () => {
    const bench = makeBench();
    mountSmall(join(bench.folder, "work"));
    const result = await bench.run({ ...big, ...size(1_000_000) });
    expect(result).toMatchObject({ status: "failed", reason: "disk-full", exit_code: 1 });
    expect(result.message).toContain("No space left on device");
  });
});

describe("output", () => {
  test("hundreds of megabytes of log are bounded in memory and on disk; head and tail stay", async () => {
    const bench = makeBench();
    const before = process.memoryUsage().rss;
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 20);
    const script =
      "echo first; head -c 300000000 /dev/zero | tr '\\0' '\\n'; { yes 'a longer line of text' || :; } | head -c 100000000; echo; echo last";
    const result = await bench.run({ script });
    clearInterval(watch);
    expect(result.status).toBe("success");
    expect(statSync(join(bench.store, attempt, "log.ndjson")).size).toBeLessThan(20 << 20);
    expect(peak - before).toBeLessThan(300 << 20);
    expect(bench.lines()[0]).toBe("first");
    expect(bench.lines().at(-1)).toBe("last");
    expect(result.tail.at(-1)).toBe("last");
    const notes = bench.events.flatMap((event) => (event.event === "log" && event.stream === "launcher" ? [event.line] : []));
    expect(notes).toEqual([expect.stringContaining("writes a lot"), expect.stringMatching(/^\d{9} bytes of output were left out here$/)]);
  }, 30_000);

  test("a long line is cut, bytes that are no UTF-8 are shown, a last line needs no end", async () => {
    const bench = makeBench();
    const result = await bench.run({
      script: "head -c 3000000 /dev/zero | tr '\\0' x; echo; printf 'a\\xff\\xfeb\\r\\n'; printf '\\0'; printf 'é' >&2; exit 1",
    });
    expect(result.exit_code).toBe(1);
    const [long, bytes, ...rest] = bench.lines();
    expect(long?.length).toBeLessThan(40_000);
    expect(long).toMatch(/^x+ … \(\d+ more bytes of this line\)$/);
    expect(bytes).toBe("a\ufffd\ufffdb");
    expect(rest.sort()).toEqual(["\0", "é"]);
    const log = readFileSync(join(bench.store, attempt, "log.ndjson"), "utf8");
    expect(
      log
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).stream),
    ).toContain("stderr");
  });

  test("a character that two chunks share is whole", async () => {
    const bench = makeBench();
    await bench.run({ script: "printf '\\xf0\\x9f'; sleep 0.1; printf '\\x98\\x80\\n'" });
    expect(bench.lines()).toEqual(["\u{1F600}"]);
  });
});
