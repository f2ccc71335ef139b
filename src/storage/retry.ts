/** Trying again what may succeed the next time: exponential backoff with full jitter, so that many workers do not come back at once. */

export interface RetryPolicy {
  /** Tries in all. */
  readonly attempts: number;
  /** Milliseconds: the wait before try n+1 is random, below `base · 2ⁿ⁻¹` and below `longest`. */
  readonly base: number;
  readonly longest: number;
}

/** Waits about 20 s in all, and a minute at most. */
export const usualRetries: RetryPolicy = { attempts: 12, base: 100, longest: 8_000 };

/** Milliseconds before the try after the `n`th (1 is the first). `random` is in [0, 1). */
export function backoff(policy: RetryPolicy, n: number, random: number): number {
  return random * Math.min(policy.longest, policy.base * 2 ** (n - 1));
}

/** Waits; ends early, without an error, when `signal` is aborted. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end);
  });
}
