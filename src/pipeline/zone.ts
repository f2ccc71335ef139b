/** Time zones by the platform's own tables (Intl), and wall-clock times in them as Airflow reads them. */
import { nearest } from "../protocol/suggest.ts";

/** What is wrong with a zone's name, or undefined. Names are IANA's, spelled exactly, since Airflow looks them up as files. */
export function zoneProblem(name: string): string | undefined {
  if (name === "UTC") return undefined; // Intl takes 20 ms to load its tables
  if (/^[+-]?\d/.test(name)) return `"${name}" is an offset; name an IANA time zone such as Europe/Moscow or UTC`;
  const found = resolvedZone(name);
  if (found !== undefined && isSpelledAsFiled(name, found)) return undefined;
  const near = nearestZone(name);
  return `"${name}" is no IANA time zone${near === undefined ? ", such as Europe/Moscow or UTC" : `; did you mean "${near}"?`}`;
}

/** The zone that somebody probably meant, city names alone included: `Moscow`. */
export function nearestZone(name: string): string | undefined {
  const all = ["UTC", ...Intl.supportedValuesOf("timeZone")];
  const wanted = name.trim().replaceAll(" ", "_");
  const lower = wanted.toLowerCase();
  const exact = all.find((zone) => zone.toLowerCase() === lower) ?? all.find((zone) => zone.toLowerCase().endsWith(`/${lower}`));
  if (exact !== undefined) return exact;
  if (resolvedZone(wanted) !== undefined)
    return lower.replaceAll(/(^|[/_-])([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
  const near = nearest(wanted, all);
  if (near !== undefined) return near;
  const city = nearest(
    wanted,
    all.map((zone) => zone.slice(zone.lastIndexOf("/") + 1)),
  );
  return city === undefined ? undefined : all.find((zone) => zone.endsWith(`/${city}`));
}

const resolved = new Map<string, string | undefined>();

/** Kept by name: a workspace has a thousand pipelines and two zones, and Intl takes half a millisecond. */
function resolvedZone(name: string): string | undefined {
  if (!resolved.has(name)) resolved.set(name, resolveZone(name));
  return resolved.get(name);
}

function resolveZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function isSpelledAsFiled(name: string, resolved: string): boolean {
  if (resolved.toLowerCase() === name.toLowerCase()) return resolved === name;
  return (
    name.split("/").every((part) => /^[A-Z]/.test(part)) &&
    (name.includes("/") ? /[a-z]|^Etc\//.test(name) || name === name.toUpperCase() : true)
  );
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const numeric = "numeric";
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    era: "short",
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  });
  formatters.set(zone, made);
  return made;
}

/** Wall-clock time of an instant, as naive milliseconds (cron.ts). The zone must be one that zoneProblem accepts. */
export function toNaive(instant: number, zone: string): number {
  if (zone === "UTC") return instant;
  const part: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(instant)) part[type] = Number(value);
  const whole = Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day ?? 1, part.hour ?? 0, part.minute ?? 0, part.second ?? 0);
  return whole + (((instant % 1000) + 1000) % 1000);
}

/**
 * Instant of a wall-clock time as Airflow's `make_aware` takes it: of two (the clock went back) the later one; in a gap (the clock
 * went forward) the time that the old offset gives. Both are the smaller of the two offsets.
 */
export function toInstant(naive: number, zone: string): number {
  const day = 86_400_000;
  const offsets = [naive - day, naive + day].map((guess) => toNaive(guess, zone) - guess);
  const candidates = [...new Set(offsets)].map((offset) => naive - offset);
  const real = candidates.filter((instant) => toNaive(instant, zone) === naive);
  return Math.max(...(real.length > 0 ? real : candidates));
}

/** First instant of a local day, given as naive midnight: after a gap at midnight it is later, of two midnights it is the first. */
export function startOfDay(midnight: number, zone: string): number {
  const day = 86_400_000;
  const offsets = [midnight - day, midnight + day].map((guess) => toNaive(guess, zone) - guess);
  const candidates = [...new Set(offsets)].map((offset) => midnight - offset).sort((a, b) => a - b);
  const real = candidates.find((instant) => toNaive(instant, zone) === midnight);
  return real ?? toInstant(midnight, zone);
}
