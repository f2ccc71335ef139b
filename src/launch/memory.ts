/** How much memory a try may use: more than the one before it in its series, when that one ran out. */
import type { Limits } from "../protocol/request.ts";
import type { Result } from "../protocol/result.ts";

/** Bytes for the try after `last`, the newest result of its series; undefined: no limit. */
export function memoryFor({ memory, memory_max }: Pick<Limits, "memory" | "memory_max">, last: Result | undefined): number | undefined {
  if (memory === undefined || memory_max === undefined) return memory;
  const before = last?.usage.memory_limit ?? memory;
  const wanted = last?.reason === "out-of-memory" && last.origin === "script" ? before * 2 : before;
  return Math.max(memory, Math.min(memory_max, wanted));
}
