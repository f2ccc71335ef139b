/** pendulum's format(): tokens as in moment.js, in English. */
import { dayOfYear, isoCalendar, offsetOf, utcMicros, weekday } from "./calendar.ts";
import { raise } from "./error.ts";
import { DAYS, MONTHS } from "./strftime.ts";
import { offsetText, pad } from "./time-text.ts";
import { DateTimeValue, type DateValue } from "./time-types.ts";

const tokens =
  /\[([^[]*)\]|\\(.)|(Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|eo?|E{1,4}|w[o|w]?|W[o|W]?|Qo?|YYYY|YY|Y|gg(?:ggg?)?|GG(?:GGG?)?|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?|LTS|LT|LL?L?L?)/g;

const composed: { readonly [token: string]: string } = {
  LTS: "h:mm:ss A",
  LT: "h:mm A",
  L: "MM/DD/YYYY",
  LL: "MMMM D, YYYY",
  LLL: "MMMM D, YYYY h:mm A",
  LLLL: "dddd, MMMM D, YYYY h:mm A",
};

/** 1st, 2nd, 3rd, 11th. */
function ordinal(value: number): string {
  const teen = value % 100 >= 11 && value % 100 <= 13;
  return `${value}${teen ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th")}`;
}

/** Formats by tokens; text in `[…]` and what is no token stays. */
export function formatTokens(value: DateTimeValue | DateValue, pattern: string): string {
  return pattern.replace(tokens, (whole, bracketed: string | undefined, escaped: string | undefined, token: string | undefined) => {
    if (bracketed) return bracketed;
    if (escaped) return escaped;
    // pendulum fails on empty brackets; so do we.
    if (token === undefined) return raise("TypeError", `\`${whole}\` is no token of format()`);
    const pattern_ = composed[token];
    return pattern_ === undefined ? formatToken(value, token) : formatTokens(value, pattern_);
  });
}

function formatToken(value: DateTimeValue | DateValue, token: string): string {
  const { year, month, day } = value;
  const fromMonday = weekday(year, month, day);
  const fromSunday = (fromMonday + 1) % 7;
  const quarter = Math.ceil(month / 3);
  switch (token) {
    case "YYYY":
    case "Y":
      return String(year);
    case "YY":
      return String(year).slice(2);
    case "Q":
      return String(quarter);
    case "Qo":
      return ordinal(quarter);
    case "MMMM":
      return MONTHS[month - 1] ?? "";
    case "MMM":
      return (MONTHS[month - 1] ?? "").slice(0, 3);
    case "MM":
      return pad(month);
    case "M":
      return String(month);
    case "Mo":
      return ordinal(month);
    case "DD":
      return pad(day);
    case "D":
      return String(day);
    case "Do":
      return ordinal(day);
    case "DDDD":
      return pad(dayOfYear(year, month, day), 3);
    case "DDD":
      return String(dayOfYear(year, month, day));
    case "DDDo":
      return ordinal(dayOfYear(year, month, day));
    case "dddd":
      return DAYS[fromMonday] ?? "";
    case "ddd":
      return (DAYS[fromMonday] ?? "").slice(0, 3);
    case "dd":
      return (DAYS[fromMonday] ?? "").slice(0, 2);
    case "d":
      return String(fromSunday);
    case "do":
      return ordinal(fromSunday);
    case "e":
      return String(fromSunday);
    case "eo":
      return ordinal(fromSunday + 1);
    case "E":
      return String(fromMonday + 1);
    case "wo":
      return ordinal(isoCalendar(year, month, day).week);
    default:
      return value instanceof DateTimeValue
        ? formatClockToken(value, token)
        : raise("AttributeError", `a date has nothing for the token \`${token}\``);
  }
}

function formatClockToken(value: DateTimeValue, token: string): string {
  const { hour, minute, second, microsecond } = value;
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  const offset = offsetOf(value);
  const seconds = () => (utcMicros(value) - BigInt(microsecond)) / 1_000_000n;
  switch (token) {
    case "HH":
      return pad(hour);
    case "H":
      return String(hour);
    case "hh":
      return pad(hour12);
    case "h":
      return String(hour12);
    case "mm":
      return pad(minute);
    case "m":
      return String(minute);
    case "ss":
      return pad(second);
    case "s":
      return String(second);
    case "S":
    case "SS":
    case "SSS":
    case "SSSS":
    case "SSSSS":
    case "SSSSSS":
      return pad(microsecond, 6).slice(0, token.length);
    case "X":
      return String(seconds());
    case "x":
      return String(seconds() * 1000n + BigInt(Math.floor(microsecond / 1000)));
    case "A":
      return hour >= 12 ? "PM" : "AM";
    case "zz":
      return value.zone === null ? "" : value.zone.rules.abbreviation(utcMicros(value));
    case "z":
      return value.zone?.rules.name ?? "";
    case "Z":
    case "ZZ":
      return offset === undefined ? "" : offsetText(offset - (offset % 60), token === "Z" ? ":" : "");
    default:
      return token;
  }
}
