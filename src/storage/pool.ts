/** Many small works, a few at a time. */

/**
 * Calls `work` for each item in order, at most `limit` at once. The first failure stops the rest by `signal`, and is thrown
 * once all have ended. Aborting `outer` does the same.
 */
export async function eachOf<T>(
  items: readonly T[],
  limit: number,
  outer: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const onAbort = () => stop.abort(outer?.reason);
  if (outer?.aborted) onAbort();
  outer?.addEventListener("abort", onAbort);
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async () => {
    while (next < items.length && !stop.signal.aborted) {
      const item = items[next++] as T;
      try {
        await work(item, stop.signal);
      } catch (error) {
        failure ??= { error };
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  outer?.removeEventListener("abort", onAbort);
  if (failure) throw failure.error;
  outer?.throwIfAborted();
}
