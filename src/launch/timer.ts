/** Timers for limits that people write: setTimeout takes what is over 2^31 ms (24.8 days) for no time at all. */

const longest = 2 ** 31 - 1;

/** Calls `onDue` once, `seconds` from now; the answer stops it. */
export function startTimer(seconds: number, onDue: () => void): () => void {
  let left = seconds * 1000;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const next = Math.min(left, longest);
    left -= next;
    timer = setTimeout(left > 0 ? wait : onDue, next);
  };
  wait();
  return () => clearTimeout(timer);
}
