/** What an examination of a store found, one thing a finding. */
import { StoreError } from "./store.ts";

export interface Finding {
  /** One or two words: `read`, `create once`. */
  readonly name: string;
  /** `weak`: it works, and not as well as it could. */
  readonly state: "ok" | "weak" | "failed";
  /** A sentence for a person, without a dot. */
  readonly text: string;
}

/** The finding of `check`, which answers with a sentence, or a whole finding; what a store throws is the sentence of a failed one. */
export async function find(name: string, check: () => Promise<string | Omit<Finding, "name">>): Promise<Finding> {
  try {
    const found = await check();
    return typeof found === "string" ? { name, state: "ok", text: found } : { name, ...found };
  } catch (error) {
    if (!(error instanceof StoreError) && !(error instanceof Error && "code" in error)) throw error;
    return { name, state: "failed", text: error.message };
  }
}

/** "0.4 ms", "12 ms", "3 s". */
export function showMilliseconds(value: number): string {
  if (value >= 1000) return `${Number((value / 1000).toPrecision(2))} s`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** How far the clock that wrote an object differs from ours; `before` and `after` are our instants around the write. */
export function clockFinding(modified: number, before: number, after: number, resolution: number): Omit<Finding, "name"> {
  const ahead = modified - after;
  const behind = before - modified - resolution;
  const difference = Math.max(ahead, behind, 0);
  if (difference < 5000) return { state: "ok", text: "the store's clock and this machine's agree" };
  const text = `the store's clock is ${showMilliseconds(difference)} ${ahead > 0 ? "ahead of" : "behind"} this machine's; set both by NTP`;
  return { state: difference > 15 * 60_000 ? "failed" : "weak", text };
}
