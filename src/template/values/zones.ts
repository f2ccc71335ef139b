/** Time zones by name, from the platform's own tables (Intl). */
import { raise } from "./error.ts";
import { offsetText } from "./time-text.ts";
import { type ZoneRules, ZoneValue } from "./time-types.ts";

/** Abbreviations of tzdata, `standard summer`, which Intl does not know; zones without one print their offset, as in tzdata. */
const abbreviations: { readonly [zone: string]: string } = {
  "Africa/Cairo": "EET EEST",
  "Africa/Johannesburg": "SAST",
  "Africa/Lagos": "WAT",
  "Africa/Nairobi": "EAT",
  "America/Anchorage": "AKST AKDT",
  "America/Chicago": "CST CDT",
  "America/Denver": "MST MDT",
  "America/Halifax": "AST ADT",
  "America/Los_Angeles": "PST PDT",
  "America/Mexico_City": "CST CDT",
  "America/New_York": "EST EDT",
  "America/Phoenix": "MST",
  "America/Toronto": "EST EDT",
  "America/Vancouver": "PST PDT",
  "Asia/Hong_Kong": "HKT",
  "Asia/Jakarta": "WIB",
  "Asia/Jerusalem": "IST IDT",
  "Asia/Karachi": "PKT",
  "Asia/Kolkata": "IST",
  "Asia/Calcutta": "IST",
  "Asia/Manila": "PST",
  "Asia/Seoul": "KST",
  "Asia/Shanghai": "CST",
  "Asia/Taipei": "CST",
  "Asia/Tokyo": "JST",
  "Atlantic/Reykjavik": "GMT",
  "Australia/Adelaide": "ACST ACDT",
  "Australia/Brisbane": "AEST",
  "Australia/Melbourne": "AEST AEDT",
  "Australia/Perth": "AWST",
  "Australia/Sydney": "AEST AEDT",
  "Europe/Dublin": "GMT IST",
  "Europe/Kaliningrad": "EET",
  "Europe/Lisbon": "WET WEST",
  "Europe/London": "GMT BST",
  "Europe/Moscow": "MSK",
  "Europe/Simferopol": "MSK",
  "Pacific/Auckland": "NZST NZDT",
  "Pacific/Honolulu": "HST",
  "US/Central": "CST CDT",
  "US/Eastern": "EST EDT",
  "US/Mountain": "MST MDT",
  "US/Pacific": "PST PDT",
  GMT: "GMT",
  CET: "CET CEST",
  EET: "EET EEST",
  WET: "WET WEST",
};
const centralEurope =
  /^Europe\/(Amsterdam|Andorra|Belgrade|Berlin|Bratislava|Brussels|Budapest|Copenhagen|Gibraltar|Ljubljana|Luxembourg|Madrid|Malta|Monaco|Oslo|Paris|Podgorica|Prague|Rome|San_Marino|Sarajevo|Skopje|Stockholm|Tirane|Vaduz|Vatican|Vienna|Warsaw|Zagreb|Zurich)$/;
const easternEurope = /^Europe\/(Athens|Bucharest|Chisinau|Helsinki|Kiev|Kyiv|Mariehamn|Riga|Sofia|Tallinn|Vilnius)$/;

const utcNames = new Set(["UTC", "Etc/UTC", "Zulu", "Etc/Zulu", "Universal", "UCT"]);
const known = new Map<string, ZoneValue>();

export const UTC = makeUtc("UTC", "Timezone('UTC')");
/** datetime.timezone.utc. */
export const STANDARD_UTC = makeUtc("UTC", "datetime.timezone.utc");

function makeUtc(name: string, text: string): ZoneValue {
  return new ZoneValue({ name, offset: () => 0, abbreviation: () => "UTC", dst: () => 0 }, text);
}

/** pendulum.timezone(name); ValueError for a name that the platform does not know. */
export function zoneByName(name: string): ZoneValue {
  if (name === "UTC" || name === "utc") return UTC;
  const found = known.get(name);
  if (found !== undefined) return found;
  const rules = utcNames.has(name) ? UTC.rules : readRules(name);
  const zone = new ZoneValue(rules === UTC.rules ? { ...rules, name } : rules, `Timezone('${name}')`);
  known.set(name, zone);
  return zone;
}

/** A fixed offset, as in `2024-01-01T00:00:00+03:00`; UTC for 0. */
export function fixedZone(seconds: number, pendulum: boolean): ZoneValue {
  if (seconds === 0) return pendulum ? UTC : STANDARD_UTC;
  const name = pendulum ? offsetText(seconds) : `UTC${offsetText(seconds)}`;
  const text = pendulum ? `FixedTimezone(${seconds}, name="${name}")` : `datetime.timezone(datetime.timedelta(${fixedText(seconds)}))`;
  return new ZoneValue({ name, offset: () => seconds, abbreviation: () => name, dst: () => 0 }, text);
}

function fixedText(seconds: number): string {
  return seconds < 0 ? `days=-1, seconds=${seconds + 86400}` : `seconds=${seconds}`;
}

function readRules(name: string): ZoneRules {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return raise("ValueError", `there is no time zone '${name}'`);
  }
  const hours = new Map<number, number>();
  const offset = (micros: bigint): number => {
    const seconds = Number(micros / 1_000_000n);
    // Offsets change on whole quarters of an hour.
    const quarter = Math.floor(seconds / 900);
    const cached = hours.get(quarter);
    if (cached !== undefined) return cached;
    const computed = computeOffset(format, quarter * 900);
    if (hours.size > 10_000) hours.clear();
    hours.set(quarter, computed);
    return computed;
  };
  const dst = (micros: bigint): number => offset(micros) - standardOffset(offset, micros);
  const [standard, summer] = abbreviationsOf(name);
  const abbreviation = (micros: bigint): string => {
    const chosen = dst(micros) === 0 ? standard : summer;
    return chosen ?? numericAbbreviation(offset(micros));
  };
  return { name, offset, dst, abbreviation };
}

/** The smaller offset of the surrounding year: summer time is what is added to it. */
function standardOffset(offset: (micros: bigint) => number, micros: bigint): number {
  const halfYear = 182n * 86_400_000_000n;
  return Math.min(offset(micros), offset(micros - halfYear), offset(micros + halfYear));
}

function abbreviationsOf(name: string): readonly (string | undefined)[] {
  if (centralEurope.test(name)) return ["CET", "CEST"];
  if (easternEurope.test(name)) return ["EET", "EEST"];
  return abbreviations[name]?.split(" ") ?? [];
}

function numericAbbreviation(seconds: number): string {
  const text = offsetText(seconds, "");
  return text.endsWith("00") ? text.slice(0, 3) : text;
}

function computeOffset(format: Intl.DateTimeFormat, seconds: number): number {
  const parts: { [type: string]: string } = {};
  for (const { type, value } of format.formatToParts(new Date(seconds * 1000))) parts[type] = value;
  const number = (type: string) => Number(parts[type]);
  const year = parts.era === "BC" ? 1 - number("year") : number("year");
  const local = new Date(0);
  local.setUTCFullYear(year, number("month") - 1, number("day"));
  local.setUTCHours(number("hour"), number("minute"), number("second"));
  return local.getTime() / 1000 - seconds;
}
