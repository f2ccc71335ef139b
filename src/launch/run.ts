/** The script under its limits. */
import { writeFileSync } from "node:fs";
import { EXIT } from "../protocol/exit.ts";
import type { Limits, Request } from "../protocol/request.ts";
import type { Usage } from "../protocol/result.ts";
import { Failure, type FailureFacts } from "./failure.ts";
import type { Journal } from "./journal.ts";
import { cancelled } from "./limit.ts";
import type { Masker } from "./mask.ts";
import { createOutput } from "./output.ts";
import type { Scratch } from "./scratch.ts";
import { type Ended, runProcess } from "./spawn.ts";

export interface ScriptEnd {
  readonly usage: Pick<Usage, "peak_memory" | "memory_limit" | "cpu" | "peak_disk">;
  /** Absent when it exited with 0. */
  readonly failure?: FailureFacts;
}

/** Runs it to its end. Throws only when it cannot be started. */
export async function runScript(
  { script, limits }: Pick<Request, "script" | "limits">,
  scratch: Scratch,
  env: { readonly [name: string]: string },
  masker: Masker,
  journal: Journal,
  signal: AbortSignal,
): Promise<ScriptEnd> {
  writeFileSync(scratch.script, script, { mode: 0o600 });
  const output = createOutput(masker, {
    line: (stream, line) => journal.log(stream, line),
    note: (message) => journal.log("launcher", message),
  });
  const { execution_time, memory, disk, grace } = limits;
  const ended = await start(() =>
    runProcess({
      command: ["bash", "-eo", "pipefail", scratch.script],
      cwd: scratch.work,
      env,
      grace,
      ...(execution_time === undefined ? {} : { time: execution_time }),
      ...(memory === undefined ? {} : { memory }),
      disk: { folders: [scratch.work, scratch.tmp, scratch.outputs], ...(disk === undefined ? {} : { limit: disk }) },
      signal,
      onOutput: (stream, chunk) => output.write(stream, chunk),
    }),
  );
  output.end();
  if (ended.leftovers) {
    journal.warn("the script ended but left processes running; they were stopped (wait for background work before the script ends)");
  }
  const failure = ended.stopped === "cancelled" ? cancelled(signal).facts : judge(limits, ended, journal.tail());
  const { peak_memory, cpu, peak_disk } = ended;
  const usage = {
    ...(peak_memory !== undefined && { peak_memory }),
    ...(memory !== undefined && { memory_limit: memory }),
    ...(cpu !== undefined && { cpu }),
    ...(peak_disk !== undefined && { peak_disk }),
  };
  return { usage, ...(failure && { failure }) };
}

async function start(run: () => Promise<Ended>): Promise<Ended> {
  try {
    return await run();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "E2BIG") {
      throw new Failure({
        reason: "bad-parameter",
        origin: "script",
        retryable: false,
        exit_code: EXIT.badInput,
        message:
          "the parameters are too big: together they must fit into the environment of a process (about 2 MB); put the big ones into files",
      });
    }
    if (code === "ENOENT") {
      throw new Failure({
        reason: "internal",
        origin: "platform",
        retryable: true,
        exit_code: EXIT.os,
        message: "bash was not found on PATH; scripts are run by bash, so install it on this machine",
      });
    }
    throw error;
  }
}

const noSpace = /No space left on device|ENOSPC|Disk quota exceeded/;
const outOfMemory = /MemoryError|std::bad_alloc|[Cc]annot allocate memory|OutOfMemory|JavaScript heap out of memory|Unable to allocate/;

function judge(limits: Limits, ended: Ended, tail: readonly string[]): FailureFacts | undefined {
  const { execution_time, memory, memory_max, disk } = limits;
  const script = { origin: "script", retryable: true } as const;
  if (ended.stopped === "timeout") {
    const message = `the script took longer than its execution_time of ${seconds(execution_time ?? 0)} and was stopped${lastLines(tail)}`;
    return { ...script, reason: "timeout", exit_code: EXIT.timeout, message };
  }
  if (ended.memory_kill === "machine") {
    const message = `the machine, or the container around the launcher, had no more memory, and the system killed the script, which was within its own limit; run less beside it${lastLines(tail)}`;
    return { reason: "out-of-memory", origin: "platform", retryable: true, exit_code: EXIT.outOfMemory, message };
  }
  const said =
    !ended.exact && ended.code !== 0 && (tail.some((line) => outOfMemory.test(line)) || (ended.peak_memory ?? 0) > (memory ?? 0) * 0.95);
  if (ended.memory_kill === "limit" || ended.stopped === "out-of-memory" || (memory !== undefined && said)) {
    const seen = ended.peak_memory === undefined ? "" : ` (${megabytes(ended.peak_memory)} were seen)`;
    const next = Math.min(memory_max ?? 0, 2 * (memory ?? 0));
    const advice =
      next > (memory ?? 0)
        ? `the next try of this series may use ${megabytes(next)}`
        : "give the job a bigger resource flavor or read less at once";
    const message = `the script needed more memory than its ${megabytes(memory ?? 0)}${seen}; ${advice}${lastLines(tail)}`;
    return { ...script, reason: "out-of-memory", exit_code: EXIT.outOfMemory, message };
  }
  if (disk !== undefined && (ended.stopped === "out-of-disk" || (ended.peak_disk ?? 0) > disk)) {
    const seen = ended.peak_disk === undefined ? "" : ` (${megabytes(ended.peak_disk)} were seen)`;
    const message = `the script wrote more than the ${megabytes(disk)} of disk that its resource flavor allows${seen}: beside itself, to TMPDIR and as outputs together; raise \`disk\` or remove what is no longer needed${lastLines(tail)}`;
    return { ...script, reason: "out-of-disk", exit_code: EXIT.io, message };
  }
  if (ended.signal !== null) {
    const hint = ended.signal === "SIGKILL" ? ", which is often the system running out of memory" : "";
    const message = `the script was killed by ${ended.signal}${hint}${lastLines(tail)}`;
    return { ...script, reason: "signal", exit_code: 128 + signalNumber(ended.signal), message };
  }
  if (ended.code === 0) return undefined;
  if (ended.code === EXIT.skip) {
    const message = "the script asked to be skipped (exit code 99)";
    return { status: "skipped", reason: "exit", origin: "script", retryable: false, exit_code: EXIT.skip, message };
  }
  if (tail.some((line) => noSpace.test(line))) {
    const message = `the script ended with exit code ${ended.code} since the disk was full; free some space and run again${lastLines(tail)}`;
    return { reason: "disk-full", origin: "platform", retryable: true, exit_code: ended.code ?? EXIT.os, message };
  }
  return {
    ...script,
    reason: "exit",
    exit_code: ended.code ?? EXIT.internal,
    message: `the script ended with exit code ${ended.code}${lastLines(tail)}`,
  };
}

function lastLines(tail: readonly string[]): string {
  const lines = tail.filter((line) => line.trim() !== "").slice(-3);
  return lines.length === 0 ? "; it printed nothing" : `; last lines: ${lines.map((line) => line.slice(0, 300)).join(" ⏎ ")}`;
}

function signalNumber(signal: NodeJS.Signals): number {
  return (
    { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGABRT: 6, SIGFPE: 8, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13, SIGTERM: 15 }[
      signal as string
    ] ?? 0
  );
}

function seconds(value: number): string {
  return value >= 120 && value % 60 === 0 ? `${value / 60} minutes` : `${value} s`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
