import fc from "fast-check";
import { expect, test } from "vitest";
import { formatSize, parseSize } from "../../src/protocol/size.ts";

test.each([
  [1024, 1024],
  ["1024", 1024],
  ["10 bytes", 10],
  ["10B", 10],
  ["2 GB", 2e9],
  ["2GB", 2e9],
  ["2 gb", 2e9],
  ["2G", 2e9],
  ["2 GiB", 2 ** 31],
  ["2Gi", 2 ** 31],
  ["2gib", 2 ** 31],
  ["1.5 GB", 1.5e9],
  ["512M", 512e6],
  ["512Mi", 512 * 2 ** 20],
  ["1 kB", 1000],
  ["1 KB", 1000],
  ["1k", 1000],
  ["1 KiB", 1024],
  ["3 TB", 3e12],
])("%j is %d bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(["", "big", "GB", "-2 GB", "2 XB", "100m", "2 GBB", "1,5 GB", "1.5 B", "2 GB 1 MB", "9999999 TB", "1e3"])(
  "%j is no size",
  (text) => {
    expect(parseSize(text)).toBeUndefined();
  },
);

test.each([1.5, -1, Number.NaN])("%d is no size", (number) => {
  expect(parseSize(number)).toBeUndefined();
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1 kB"],
  [1234, "1.2 kB"],
  [336_776, "337 kB"],
  [999_999, "1 MB"],
  [1_200_000_000, "1.2 GB"],
  [5e15, "5000 TB"],
])("%d bytes are shown as %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test("what is shown is read back, to two digits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e15 }), (bytes) => {
      const read = parseSize(formatSize(bytes)) ?? Number.NaN;
      expect(Math.abs(read - bytes) / bytes).toBeLessThanOrEqual(0.05);
    }),
  );
});
