/** Durations as people write them: `60 minutes`, `90s`, `1h 30m`, `PT1H`, or a whole number of seconds. */

const secondsOf: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 };

/** Spellings of each unit; a single letter is lower case, since `M` would read as months. */
const units: readonly (readonly [RegExp, string])[] = [
  [/^(?:w|weeks?)$/, "w"],
  [/^(?:d|days?)$/, "d"],
  [/^(?:h|hrs?|hours?)$/, "h"],
  [/^(?:m|mins?|minutes?)$/, "m"],
  [/^(?:s|secs?|seconds?)$/, "s"],
];

/** A hundred years, in seconds: longer is a mistake, and what Airflow stores stays far below its own limits. */
export const longestDuration = 100 * 365 * 86_400;

/**
 * Seconds, or undefined when it is no duration. Units go from large to small, each at most once; fractions are fine as long as
 * the sum is whole seconds (`1.5 hours`). ISO 8601 has weeks to seconds, no years or months, since these have no length.
 */
export function parseDuration(value: string | number): number | undefined {
  if (typeof value === "number") return wholeSeconds(value);
  const text = value.trim();
  if (text.length > 100) return undefined;
  if (/^\d+$/.test(text)) return wholeSeconds(Number(text));
  return text.startsWith("P") ? parseIso(text) : parseWords(text);
}

function parseWords(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*/gy)];
  if (parts.length === 0 || parts.reduce((length, part) => length + part[0].length, 0) !== text.length) return undefined;
  let total = 0;
  let previous = Number.POSITIVE_INFINITY;
  for (const [, amount = "", word = ""] of parts) {
    const spelled = word.length === 1 ? word : word.toLowerCase();
    const unit = units.find(([pattern]) => pattern.test(spelled))?.[1];
    const seconds = unit === undefined ? undefined : secondsOf[unit];
    if (seconds === undefined || seconds >= previous) return undefined;
    previous = seconds;
    total += Number(amount) * seconds;
  }
  return wholeSeconds(total);
}

function parseIso(text: string): number | undefined {
  const number = "(\\d+(?:\\.\\d+)?)";
  const match = new RegExp(`^P(?:${number}W)?(?:${number}D)?(?:T(?=\\d)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`).exec(text);
  if (match === null || match.slice(1).every((part) => part === undefined)) return undefined;
  const sizes = [604_800, 86_400, 3_600, 60, 1];
  return wholeSeconds(sizes.reduce((total, size, index) => total + Number(match[index + 1] ?? 0) * size, 0));
}

function wholeSeconds(seconds: number): number | undefined {
  const rounded = Math.round(seconds);
  return rounded >= 0 && rounded <= longestDuration && Math.abs(seconds - rounded) < 1e-6 ? rounded : undefined;
}

/** The shortest text that parseDuration reads back: `1h 30m`; `0s` for nothing. Seconds must be a whole number. */
export function formatDuration(seconds: number): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const unit of ["d", "h", "m", "s"]) {
    const size = secondsOf[unit] ?? 1;
    const amount = Math.floor(rest / size);
    if (amount > 0) parts.push(`${amount}${unit}`);
    rest -= amount * size;
  }
  return parts.length === 0 ? "0s" : parts.join(" ");
}
