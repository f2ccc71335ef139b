/** `macros` as Airflow gives it (airflow/sdk/execution_time/macros.py). */
import { LOCAL_MACROS, OTHER_MACROS } from "./airflow-names.ts";
import { callValue } from "./values/access.ts";
import { define, wantInteger, wantText } from "./values/arguments.ts";
import { isTrue } from "./values/compare.ts";
import { addDelta, checkFields } from "./values/date-arithmetic.ts";
import { makeDelta, microsOf } from "./values/delta.ts";
import { raise } from "./values/error.ts";
import { dumpJson, loadJson } from "./values/json.ts";
import { isNumber, isText, textOf, typeName } from "./values/kind.ts";
import { parseIso } from "./values/parse-iso.ts";
import { relativeOf } from "./values/relative.ts";
import { formatTime, parseTime } from "./values/strftime.ts";
import { quoteText, toText } from "./values/text.ts";
import { wantZone } from "./values/time-methods.ts";
import { DateTimeValue, DateValue, TimeValue } from "./values/time-types.ts";
import { Callable, HostObject, type Keywords, type Value } from "./values/types.ts";

const units = {
  days: 86_400_000_000n,
  seconds: 1_000_000n,
  microseconds: 1n,
  milliseconds: 1000n,
  minutes: 60_000_000n,
  hours: 3_600_000_000n,
  weeks: 604_800_000_000n,
};
const unitNames = Object.keys(units) as (keyof typeof units)[];

const timedelta = define(
  "timedelta",
  unitNames.map((unit) => `${unit}?`),
  (...bound) => {
    let micros = 0n;
    unitNames.forEach((unit, index) => {
      const value = bound[index];
      if (value === undefined) return;
      if (!isNumber(value)) raise("TypeError", `unsupported type for timedelta ${unit} component: ${typeName(value)}`);
      else micros += microsOf(value, units[unit]);
    });
    return makeDelta(micros);
  },
);

function clock(name: string): Callable {
  return new Callable(name, () =>
    raise(
      "Refused",
      `datetime.${name}() depends on the time of day, so that every run would differ: use logical_date or data_interval_end`,
    ),
  );
}

function makeDateTime(...bound: (Value | undefined)[]): DateTimeValue {
  const number = (index: number, what: string, otherwise?: number) => wantInteger(bound[index], what, otherwise);
  const fields = {
    year: number(0, "year"),
    month: number(1, "month"),
    day: number(2, "day"),
    hour: number(3, "hour", 0),
    minute: number(4, "minute", 0),
    second: number(5, "second", 0),
    microsecond: number(6, "microsecond", 0),
  };
  checkFields(fields);
  const zone = bound[7] === undefined || bound[7] === null ? null : wantZone(bound[7]);
  return new DateTimeValue(fields, zone, number(8, "fold", 0), false);
}

const classMethods: { readonly [name: string]: Callable } = {
  strptime: define("strptime", ["/", "date_string", "format"], (text, pattern) =>
    parseTime(wantText(text, "the date"), wantText(pattern, "the format")),
  ),
  fromisoformat: define("fromisoformat", ["/", "date_string"], (text) => parseIso(wantText(text, "the date"))),
  combine: define("combine", ["date", "time"], (date, time) => {
    if (!(date instanceof DateValue || date instanceof DateTimeValue) || !(time instanceof TimeValue))
      return raise("TypeError", "combine() takes a date and a time");
    const { year, month, day } = date;
    const { hour, minute, second, microsecond } = time;
    return new DateTimeValue({ year, month, day, hour, minute, second, microsecond }, null, 0, false);
  }),
  now: clock("now"),
  utcnow: clock("utcnow"),
  today: clock("today"),
};

const construct = define(
  "datetime",
  ["year", "month", "day", "hour?", "minute?", "second?", "microsecond?", "tzinfo?", "*", "fold?"],
  makeDateTime,
);
// An unbound method takes the date as its first argument: macros.datetime.strftime(logical_date, "%Y").
const unboundMethods: { readonly [name: string]: Callable } = {
  strftime: define("strftime", ["/", "self", "format"], (date, format) => {
    if (!(date instanceof DateTimeValue)) return raise("TypeError", "strftime() takes a datetime and a format");
    return formatTime(date, wantText(format, "the format"));
  }),
};

const datetime = new Callable("datetime", construct.call, (name) => {
  if (Object.hasOwn(classMethods, name)) return classMethods[name];
  return Object.hasOwn(unboundMethods, name) ? unboundMethods[name] : undefined;
});

const relativedelta = new Callable("relativedelta", (args: readonly Value[], keywords: Keywords) => {
  if (args.some((arg) => arg !== null)) raise("Refused", "relativedelta() takes keyword arguments here, such as months=1");
  const known = ["year", "month", "day", "hour", "minute", "second", "microsecond"].flatMap((unit) => [unit, `${unit}s`]);
  const given = new Map<string, number>();
  for (const [name, value] of keywords) {
    if (name === "weekday" || name === "leapdays" || name === "yearday" || name === "nlyearday")
      raise("Refused", `relativedelta(${name}=…) is not available in a local run`);
    if (!known.includes(name) && name !== "weeks") raise("TypeError", `relativedelta() got an unexpected keyword argument '${name}'`);
    if (value !== null) given.set(name, wantInteger(value, name));
  }
  return relativeOf(given);
});

const parse = define("parse", ["timestr"], (text) => {
  const given = wantText(text, "the date");
  return parseIso(given, () =>
    raise(
      "Refused",
      `a local run reads dates such as 2024-01-31 or 2024-01-31T10:00:00 only, not ${quoteText(given)}: use macros.datetime.strptime`,
    ),
  );
});

function module(name: string, members: { readonly [name: string]: Value }): HostObject {
  return new HostObject(
    "module",
    null,
    (attribute) =>
      Object.hasOwn(members, attribute)
        ? members[attribute]
        : raise("Refused", `${name}.${attribute} is not available in a local run; there is ${Object.keys(members).join(", ")}`),
    Object.keys(members),
  );
}

const dumps = define(
  "dumps",
  ["obj", "*", "skipkeys?", "ensure_ascii?", "check_circular?", "allow_nan?", "cls?", "indent?", "separators?", "default?", "sort_keys?"],
  (...bound) => {
    const [value, , ensureAscii, , , , indent, separators, fallback, sortKeys] = bound;
    if (separators !== undefined && separators !== null) raise("Refused", "dumps(separators=…) is not available in a local run");
    if (fallback !== undefined && fallback !== null)
      raise("Refused", "dumps(default=…) is not available in a local run: use the filter `string` on dates");
    const width = indent === undefined || indent === null ? null : isText(indent) ? textOf(indent) : wantInteger(indent, "indent");
    return dumpJson(value ?? null, { sortKeys: isTrue(sortKeys ?? false), indent: width, ensureAscii: isTrue(ensureAscii ?? true) });
  },
);

const loads = define("loads", ["/", "s"], (text) => loadJson(wantText(text, "the JSON")) ?? raise("ValueError", "the text is no JSON"));

const dsAdd = define("ds_add", ["ds", "days"], (ds, days) => {
  if (!isTrue(days ?? null)) return toText(ds ?? null);
  const date = parseTime(toText(ds ?? null), "%Y-%m-%d");
  const delta = callValue(timedelta, [], new Map([["days", days ?? null]]));
  return formatTime(addDelta(date, delta as ReturnType<typeof makeDelta>, 1), "%Y-%m-%d");
});

const dsFormat = define("ds_format", ["ds", "input_format", "output_format"], (ds, input, output) =>
  formatTime(parseTime(toText(ds ?? null), wantText(input, "the input format")), wantText(output, "the output format")),
);

const members: { readonly [name in (typeof LOCAL_MACROS)[number]]: Value } = {
  datetime,
  timedelta,
  ds_add: dsAdd,
  ds_format: dsFormat,
  json: module("macros.json", { dumps, loads }),
  dateutil: module("macros.dateutil", {
    relativedelta: module("macros.dateutil.relativedelta", { relativedelta }),
    parser: module("macros.dateutil.parser", { parse }),
  }),
};

function isLocal(name: string): name is keyof typeof members {
  return Object.hasOwn(members, name);
}

/** The object `macros`. */
export const MACROS = new HostObject(
  "MacrosAccessor",
  null,
  (name) => {
    if (isLocal(name)) return members[name];
    const why = Object.hasOwn(OTHER_MACROS, name) ? OTHER_MACROS[name] : undefined;
    return why === undefined ? undefined : raise("Refused", `macros.${name} cannot be used in a local run: ${why}`);
  },
  [...LOCAL_MACROS, ...Object.keys(OTHER_MACROS)],
);
