/** Work that is done again and again beside other work, at a pace: signs of life, the log of a script that still runs. */

export interface Pacer {
  /** No more of it; resolves when what was going on is done, or is not worth waiting for any longer. */
  stop(): Promise<void>;
}

/** Longest wait for what is going on, in milliseconds. */
const patience = 5_000;

/**
 * Does `work` after the first of `seconds`, again after the second, and so on; the last of them counts for all that follow. What it throws
 * is forgotten: it is done again. A turn begins when the one before has ended. Its timer keeps no process alive.
 */
export function startPace(seconds: readonly [number, ...number[]], work: () => Promise<void>): Pacer {
  let going: Promise<void> = Promise.resolve();
  let turn = 0;
  let timer: NodeJS.Timeout;
  let stopped = false;
  const wait = (): void => {
    const next = seconds[Math.min(turn++, seconds.length - 1)] ?? seconds[0];
    timer = setTimeout(() => {
      going = work().catch(() => {});
      void going.then(() => stopped || wait());
    }, next * 1000);
    timer.unref();
  };
  wait();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      let patienceTimer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        patienceTimer = setTimeout(resolve, patience);
      });
      await Promise.race([going, enough]);
      clearTimeout(patienceTimer);
    },
  };
}
