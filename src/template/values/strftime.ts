/** strftime in the C locale, with glibc's directives, and strptime. */
import { dayOfYear, daysInMonth, isoCalendar, offsetOf, utcMicros, weekday } from "./calendar.ts";
import { raise } from "./error.ts";
import { quoteText } from "./text.ts";
import { offsetText, pad } from "./time-text.ts";
import { DateTimeValue, type DateValue, type Fields, TimeValue, type ZoneValue } from "./time-types.ts";
import { fixedZone, STANDARD_UTC } from "./zones.ts";

export const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

function fieldsFor(value: DateTimeValue | DateValue | TimeValue): Fields {
  if (value instanceof DateTimeValue) return value;
  if (value instanceof TimeValue)
    return { year: 1900, month: 1, day: 1, hour: value.hour, minute: value.minute, second: value.second, microsecond: value.microsecond };
  return { year: value.year, month: value.month, day: value.day, hour: 0, minute: 0, second: 0, microsecond: 0 };
}

/** Formats by a pattern of `%` directives; one that glibc does not know stays as it is. */
export function formatTime(value: DateTimeValue | DateValue | TimeValue, pattern: string): string {
  const fields = fieldsFor(value);
  return pattern.replace(/%([-_0^#]?)(\d*)(:?[A-Za-z%])/g, (whole, flag: string, width: string, directive: string) => {
    if (directive.startsWith(":") && directive !== ":z") return whole;
    const text = formatDirective(directive, fields, value);
    return text === undefined ? whole : applyFlag(text, flag, width, directive);
  });
}

const spacePadded = new Set(["e", "k", "l"]);

function applyFlag(text: string, flag: string, width: string, directive: string): string {
  let shown = text;
  const numeric = /^[\d ]+$/.test(text);
  if (flag === "-" && numeric) shown = text.replace(/^[0 ]+(?=\d)/, "");
  else if (flag === "_" && numeric) shown = text.replace(/^0+(?=\d)/, (zeros) => " ".repeat(zeros.length));
  else if (flag === "0" && numeric) shown = text.replace(/^ +/, (blanks) => "0".repeat(blanks.length));
  else if (flag === "^") shown = text.toUpperCase();
  else if (flag === "#") shown = directive === "Z" || directive === "p" ? text.toLowerCase() : text.toUpperCase();
  if (width === "") return shown;
  const size = Number(width);
  if (size > 1000) raise("Refused", "a width of more than 1000 in strftime");
  return shown.padStart(size, flag === "_" || (spacePadded.has(directive) && flag !== "0") || !numeric ? " " : "0");
}

function formatDirective(directive: string, f: Fields, value: DateTimeValue | DateValue | TimeValue): string | undefined {
  const day = weekday(f.year, f.month, f.day);
  const yearDay = dayOfYear(f.year, f.month, f.day);
  const iso = () => isoCalendar(f.year, f.month, f.day);
  const hour12 = f.hour % 12 === 0 ? 12 : f.hour % 12;
  const compose = (pattern: string) => formatTime(value, pattern);
  switch (directive) {
    case "%":
      return "%";
    case "a":
      return DAYS[day]?.slice(0, 3);
    case "A":
      return DAYS[day];
    case "b":
    case "h":
      return MONTHS[f.month - 1]?.slice(0, 3);
    case "B":
      return MONTHS[f.month - 1];
    case "c":
      return compose("%a %b %e %H:%M:%S %Y");
    case "C":
      return pad(Math.floor(f.year / 100));
    case "d":
      return pad(f.day);
    case "D":
    case "x":
      return compose("%m/%d/%y");
    case "e":
      return String(f.day).padStart(2);
    case "f":
      return pad(f.microsecond, 6);
    case "F":
      return compose("%Y-%m-%d");
    case "g":
      return pad(iso().year % 100);
    case "G":
      return String(iso().year);
    case "H":
      return pad(f.hour);
    case "I":
      return pad(hour12);
    case "j":
      return pad(yearDay, 3);
    case "k":
      return String(f.hour).padStart(2);
    case "l":
      return String(hour12).padStart(2);
    case "m":
      return pad(f.month);
    case "M":
      return pad(f.minute);
    case "n":
      return "\n";
    case "p":
      return f.hour < 12 ? "AM" : "PM";
    case "P":
      return f.hour < 12 ? "am" : "pm";
    case "r":
      return compose("%I:%M:%S %p");
    case "R":
      return compose("%H:%M");
    case "S":
      return pad(f.second);
    case "s":
      // glibc reads the wall clock in the machine's own zone; servers keep UTC.
      return raise("Refused", "%s in strftime depends on the machine's time zone: use .int_timestamp or .timestamp()");
    case "t":
      return "\t";
    case "T":
    case "X":
      return compose("%H:%M:%S");
    case "u":
      return String(day + 1);
    case "U":
      return pad(Math.floor((yearDay + 6 - ((day + 1) % 7)) / 7));
    case "V":
      return pad(iso().week);
    case "w":
      return String((day + 1) % 7);
    case "W":
      return pad(Math.floor((yearDay + 6 - day) / 7));
    case "y":
      return pad(f.year % 100);
    case "Y":
      return String(f.year);
    case "z":
    case ":z":
      return value instanceof DateTimeValue && value.zone !== null ? offsetText(offsetOf(value) ?? 0, directive === "z" ? "" : ":") : "";
    case "Z":
      return value instanceof DateTimeValue && value.zone !== null ? value.zone.rules.abbreviation(utcMicros(value)) : "";
    default:
      return undefined;
  }
}

const patterns: { readonly [directive: string]: string } = {
  a: DAYS.map((day) => day.slice(0, 3)).join("|"),
  A: DAYS.join("|"),
  b: MONTHS.map((month) => month.slice(0, 3)).join("|"),
  B: MONTHS.join("|"),
  d: "3[01]|[12]\\d|0[1-9]|[1-9]| [1-9]",
  f: "\\d{1,6}",
  H: "2[0-3]|[01]\\d|\\d",
  I: "1[0-2]|0[1-9]|[1-9]| [1-9]",
  j: "36[0-6]|3[0-5]\\d|[12]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0[1-9]|[1-9]",
  m: "1[0-2]|0[1-9]|[1-9]",
  M: "[0-5]\\d|\\d",
  p: "AM|PM",
  S: "6[01]|[0-5]\\d|\\d",
  y: "\\d\\d",
  Y: "\\d\\d\\d\\d",
  z: "[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d(?:\\.\\d{1,6})?)?|Z",
  Z: "UTC|GMT",
};
const compositions: { readonly [directive: string]: string } = {
  c: "%a %b %d %H:%M:%S %Y",
  x: "%m/%d/%y",
  X: "%H:%M:%S",
  D: "%m/%d/%y",
  T: "%H:%M:%S",
  R: "%H:%M",
  F: "%Y-%m-%d",
};

interface Reader {
  readonly expression: RegExp;
  /** The directive of each group. */
  readonly order: readonly string[];
}

const readers = new Map<string, Reader>();

function readerOf(pattern: string): Reader {
  const known = readers.get(pattern);
  if (known !== undefined) return known;
  const order: string[] = [];
  const expanded = pattern.replace(/%([cxX])/g, (_, directive: string) => compositions[directive] ?? "");
  const source = expanded.replace(/%([\s\S]?)|\s+|[\\^$.*+?()[\]{}|]/g, (piece: string, directive: string | undefined) => {
    if (piece.startsWith("%")) {
      if (directive === "%") return "%";
      const body = patterns[directive ?? ""];
      if (body === undefined) return raise("ValueError", `'${directive}' is a bad directive in format ${quoteText(pattern)}`);
      order.push(directive ?? "");
      return `(${body})`;
    }
    return /^\s/.test(piece) ? "\\s+" : `\\${piece}`;
  });
  const reader = { expression: new RegExp(`^${source}`, "i"), order };
  if (readers.size >= 100) readers.clear();
  readers.set(pattern, reader);
  return reader;
}

/** datetime.strptime(text, pattern). */
export function parseTime(text: string, pattern: string): DateTimeValue {
  const { expression, order } = readerOf(pattern);
  const found = expression.exec(text);
  if (found === null) return raise("ValueError", `time data ${quoteText(text)} does not match format ${quoteText(pattern)}`);
  if (found[0].length < text.length) raise("ValueError", `unconverted data remains: ${text.slice(found[0].length)}`);
  return assemble(new Map(order.map((directive, index) => [directive, found[index + 1] ?? ""])));
}

function assemble(parts: ReadonlyMap<string, string>): DateTimeValue {
  const number = (directive: string) => (parts.has(directive) ? Number(parts.get(directive)) : undefined);
  const indexOf = (directive: string, names: readonly string[], length?: number) => {
    const text = parts.get(directive)?.toLowerCase();
    return text === undefined ? undefined : names.findIndex((name) => name.slice(0, length).toLowerCase() === text) + 1;
  };
  const short = number("y");
  const year = number("Y") ?? (short === undefined ? 1900 : short + (short <= 68 ? 2000 : 1900));
  let month = number("m") ?? indexOf("b", MONTHS, 3) ?? indexOf("B", MONTHS) ?? 1;
  let day = number("d") ?? 1;
  const ordinal = number("j");
  if (ordinal !== undefined && !parts.has("m")) {
    day = ordinal;
    for (month = 1; day > daysInMonth(year, month) && month < 12; month++) day -= daysInMonth(year, month);
  }
  if (day > daysInMonth(year, month)) raise("ValueError", "day is out of range for month");
  let hour = number("H") ?? 0;
  const hour12 = number("I");
  if (hour12 !== undefined) hour = (hour12 % 12) + (parts.get("p")?.toUpperCase() === "PM" ? 12 : 0);
  const microsecond = Number((parts.get("f") ?? "0").padEnd(6, "0"));
  const fields = { year, month, day, hour, minute: number("M") ?? 0, second: number("S") ?? 0, microsecond };
  return new DateTimeValue(fields, parseZone(parts.get("z")), 0, false);
}

function parseZone(text: string | undefined): ZoneValue | null {
  if (text === undefined) return null;
  if (text === "Z" || text === "z") return STANDARD_UTC;
  const digits = text.replace(/\D/g, "");
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4, 6) || 0);
  return fixedZone(text.startsWith("-") ? -seconds : seconds, false);
}
