/** datetime.fromisoformat. */
import { checkFields } from "./date-arithmetic.ts";
import { raise } from "./error.ts";
import { quoteText } from "./text.ts";
import { DateTimeValue } from "./time-types.ts";
import { fixedZone } from "./zones.ts";

const pattern = /^(\d{4})-?(\d\d)-?(\d\d)(?:[^0-9](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?)?$/;

/** A date with or without a time and an offset; `otherwise` answers for a text that is none. */
export function parseIso(
  text: string,
  otherwise: () => never = () => raise("ValueError", `Invalid isoformat string: ${quoteText(text)}`),
): DateTimeValue {
  const found = pattern.exec(text);
  if (found === null) return otherwise();
  const [, year, month, day, hour, minute, second, fraction, offset] = found;
  const number = (digits: string | undefined) => Number(digits ?? 0);
  const fields = {
    year: number(year),
    month: number(month),
    day: number(day),
    hour: number(hour),
    minute: number(minute),
    second: number(second),
    microsecond: Number((fraction ?? "").slice(0, 6).padEnd(6, "0")),
  };
  checkFields(fields);
  if (offset === undefined) return new DateTimeValue(fields, null, 0, false);
  const digits = offset === "Z" ? "" : offset.replace(/\D/g, "");
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4, 6));
  return new DateTimeValue(fields, fixedZone(offset.startsWith("-") ? -seconds : seconds, false), 0, false);
}
