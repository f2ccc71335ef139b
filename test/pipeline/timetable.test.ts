/** What needs no Airflow; test/airflow/timetable.test.ts compares the rest with it. */
import { describe, expect, test } from "vitest";
import { cronProblem, dateProblem, isoInstant, localDay, parseDate, runOn, zoneProblem } from "../../src/pipeline/timetable.ts";

test.each([
  "0 3 * * *", "*/5 0-23/2 1,15 jan-mar MON", "0 0 L * *", "0 0 ? * fri", "0 0 * * mon#2", "0 0 * * L5", "0 0 29 2 *", "@daily", "@once", "@quarterly",
  "  0   3 * * *  ", "0 0 * * sat-sun", "0 0 * * 7",
])("%j is a schedule", (cron) => {
  expect(cronProblem(cron)).toBeUndefined();
}); // biome-ignore format: a list

test.each([
  ["", "a schedule is empty; write five cron fields, a preset such as @daily, or null"],
  ["* * *", 'cron "* * *" has 3 fields, expected five: minute hour day month weekday'],
  ["0 0 3 * * *", 'cron "0 0 3 * * *" has 6 fields, expected five: minute hour day month weekday; seconds and years are not supported'],
  ["toString", 'cron "toString" has 1 field, expected five: minute hour day month weekday'],
  ["61 * * * *", 'minute "61" is out of range, expected 0 to 59'],
  ["0,61 * * * *", 'minute "0,61": "61" is out of range, expected 0 to 59'],
  ["0 24 * * *", 'hour "24" is out of range, expected 0 to 23'],
  ["0 0 0 * *", 'day of month "0" is out of range, expected 1 to 31'],
  ["0 0 * 13 *", 'month "13" is out of range, expected 1 to 12'],
  ["0 0 * jn *", 'month "jn" is not known; did you mean "jan"?'],
  ["0 0 * * 8", 'day of week "8" is out of range, expected 0 to 6 (Sunday is 0 or 7)'],
  ["0 0 * * noon", 'day of week "noon" is not known; expected a number from 0 to 6 or a name (sun, mon, tue…)'],
  ["*/0 * * * *", 'minute "*/0" has the step 0, expected 1 or more'],
  ["*/x * * * *", 'minute "*/x" has the step "x", expected a whole number'],
  ["1,,2 * * * *", 'minute "1,,2" has an empty item between commas'],
  ["? * * * *", 'minute "?" may not be "?", which stands for any day of month or of week'],
  ["0 0 31 2 *", 'day of month "31" never occurs in month "2", so no run would ever start'],
  ["0 0 31 4,6 *", 'day of month "31" never occurs in month "4,6", so no run would ever start'],
  [
    "59/15 * * * *",
    'minute "59/15" begins at the last minute, so its step does nothing, and versions of Airflow differ about it; write "59"',
  ],
  ["0 0 15W * *", 'day of month "15w" asks for the nearest workday, which not every Airflow understands'],
  ["0 0 * * mon#6", 'day of week "mon#6": a month has weekdays #1 to #5, not #6'],
  [
    "0 0 * * mon,tue#1",
    'day of week "mon,tue#1" mixes plain days with "#" or "L", which Airflow cannot do; write all items one way or the other',
  ],
  ["0 0 13 * fri#2", 'day of month "13" and day of week "fri#2" cannot be combined: with "#" or "L" in one, the other must be "*"'],
  ["H * * * *", 'minute "h" is a hashed or random value, which Airflow does not have'],
  ["@dialy", '"@dialy" is no preset; did you mean "@daily"?'],
  ["@Daily", '"@Daily" is no preset; did you mean "@daily"?'],
  [
    "@continuous",
    '"@continuous" is no preset; the presets are @hourly, @daily, @midnight, @weekly, @monthly, @quarterly, @yearly, @annually, @once',
  ],
  ["0\u00a03 * * *", 'cron "0\u00a03 * * *" holds a character that is not ASCII'],
])("%j is none", (cron, problem) => {
  expect(cronProblem(cron)).toBe(problem);
});

test.each([
  "UTC",
  "Europe/Moscow",
  "Asia/Kolkata",
  "America/Argentina/Buenos_Aires",
  "Etc/GMT+3",
  "US/Pacific",
  "EST5EDT",
  "America/Port-au-Prince",
  "GMT",
])("%s is a zone", (zone) => {
  expect(zoneProblem(zone)).toBeUndefined();
});

test.each([
  ["", '"" is no IANA time zone, such as Europe/Moscow or UTC'],
  ["utc", '"utc" is no IANA time zone; did you mean "UTC"?'],
  ["europe/moscow", '"europe/moscow" is no IANA time zone; did you mean "Europe/Moscow"?'],
  ["asia/kolkata", '"asia/kolkata" is no IANA time zone; did you mean "Asia/Kolkata"?'],
  ["Moscow", '"Moscow" is no IANA time zone; did you mean "Europe/Moscow"?'],
  ["New York", '"New York" is no IANA time zone; did you mean "America/New_York"?'],
  ["Europe/Mosow", '"Europe/Mosow" is no IANA time zone; did you mean "Europe/Moscow"?'],
  ["+03:00", '"+03:00" is an offset; name an IANA time zone such as Europe/Moscow or UTC'],
  ["Mars/Olympus", '"Mars/Olympus" is no IANA time zone, such as Europe/Moscow or UTC'],
])("%j is none", (zone, problem) => {
  expect(zoneProblem(zone)).toBe(problem);
});

test("dates are local times", () => {
  expect(parseDate("2026-01-01")).toBe("2026-01-01T00:00:00");
  expect(parseDate("2026-01-01T05:00")).toBe("2026-01-01T05:00:00");
  expect(parseDate("2026-01-01 05:00:07")).toBe("2026-01-01T05:00:07");
  expect(parseDate("2024-02-29")).toBe("2024-02-29T00:00:00");
});

test.each([
  ["2026-02-29", '"2026-02-29" does not exist in the calendar'],
  ["2026-13-01", '"2026-13-01" does not exist in the calendar'],
  ["2026-01-01T24:00:00", '"2026-01-01T24:00:00" does not exist in the calendar'],
  ["2026-01-01T05:00:00Z", '"2026-01-01T05:00:00Z" has an offset from UTC; leave "Z" out: dates are local times in the dag\'s timezone'],
  ["01.02.2026", '"01.02.2026" is no date; write it as 2026-01-31 or 2026-01-31T05:00:00'],
  ["2026-1-1", '"2026-1-1" is no date; write it as 2026-01-31 or 2026-01-31T05:00:00'],
  ["0001-01-01", '"0001-01-01" is before 1970'],
])("%j is no date", (text, problem) => {
  expect(dateProblem(text)).toBe(problem);
  expect(parseDate(text)).toBeUndefined();
});

describe("runs", () => {
  const nightly = { cron: "0 3 * * *", interval: "data" } as const;

  test("of a day", () => {
    expect(runOn(nightly, "Europe/Moscow", { day: "2026-01-15" })).toEqual({
      logical_date: "2026-01-15T00:00:00+00:00",
      data_interval_start: "2026-01-15T00:00:00+00:00",
      data_interval_end: "2026-01-16T00:00:00+00:00",
    });
  });

  test("of now: the interval that is over, and at a tick the one that ends there", () => {
    const start = (now: string) => {
      const run = runOn(nightly, "UTC", { now: Date.parse(now) });
      return "problem" in run ? run.problem : run.logical_date;
    };
    expect(start("2026-01-15T02:59:00Z")).toBe("2026-01-13T03:00:00+00:00");
    expect(start("2026-01-15T03:00:00Z")).toBe("2026-01-14T03:00:00+00:00");
    expect(start("2026-01-15T03:00:01Z")).toBe("2026-01-14T03:00:00+00:00");
  });

  test("without a schedule", () => {
    for (const schedule of [null, { cron: "@once", interval: "data" } as const]) {
      expect(runOn(schedule, "Europe/Moscow", { day: "2026-01-15" })).toMatchObject({ logical_date: "2026-01-14T21:00:00+00:00" });
      expect(runOn(schedule, "UTC", { now: 1_234_567_890_123 })).toEqual({
        logical_date: "2009-02-13T23:31:30.123000+00:00",
        data_interval_start: "2009-02-13T23:31:30.123000+00:00",
        data_interval_end: "2009-02-13T23:31:30.123000+00:00",
      });
    }
  });

  test("that do not exist", () => {
    const weekly = { cron: "0 3 * * mon", interval: "data" } as const;
    expect(runOn(weekly, "Europe/Moscow", { day: "2013-01-15" })).toEqual({
      problem: 'no run of "0 3 * * mon" (Europe/Moscow) has its logical date on 2013-01-15; the nearest are on 2013-01-14 and 2013-01-21',
    });
    expect(runOn(weekly, "UTC", { day: "2013-02-30" })).toEqual({ problem: '"2013-02-30" does not exist in the calendar' });
    expect(runOn(weekly, "UTC", { day: "yesterday" })).toEqual({ problem: '"yesterday" is no day; write it as 2013-01-31' });
  });
});

test("instants and days", () => {
  expect(isoInstant(0)).toBe("1970-01-01T00:00:00+00:00");
  expect(isoInstant(5)).toBe("1970-01-01T00:00:00.005000+00:00");
  expect(localDay(Date.parse("2026-01-15T21:30:00Z"), "Europe/Moscow")).toBe("2026-01-16");
});
