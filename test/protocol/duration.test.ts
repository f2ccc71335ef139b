import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../src/protocol/duration.ts";

test.each([
  [0, 0],
  [90, 90],
  ["90", 90],
  ["90s", 90],
  ["60 minutes", 3600],
  ["1 minute", 60],
  ["1h 30m", 5400],
  ["1h30m", 5400],
  ["1.5 hours", 5400],
  ["2 Days", 172_800],
  ["1 week", 604_800],
  ["PT1H", 3600],
  ["P1DT2H3M4S", 93_784],
  ["P2W", 1_209_600],
  ["PT0.5H", 1800],
  [" 5 min ", 300],
])("%j is %d seconds", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each([
  "",
  " ",
  "soon",
  "h",
  "-5",
  "-5m",
  "5 parsecs",
  "30m 1h",
  "1h 2h",
  "1M",
  "1H",
  "PT",
  "P",
  "P1Y",
  "P1M",
  "PT1",
  "1.5s",
  "1h,30m",
  "1e3",
  "1h 30",
  "0x10",
  "∞",
  "99999999999999999999",
  "200 weeks".repeat(40),
])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e12])("%d is no duration", (number) => {
  expect(parseDuration(number)).toBeUndefined();
});

test("what is printed is read back", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 3_000_000_000 }), (seconds) => parseDuration(formatDuration(seconds)) === seconds));
});

test("no text breaks it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9PTHMSDWhmsdw. ]{0,20}$/)), (text) => {
      const seconds = parseDuration(text);
      expect(seconds === undefined || (Number.isInteger(seconds) && seconds >= 0)).toBe(true);
    }),
  );
});
