/** The reader of code archives against what a hostile or damaged one may hold. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTar, TarError } from "../../src/launch/tar.ts";

interface Member {
  readonly name: string;
  readonly type?: string;
  readonly bytes?: string | Buffer;
  /** What the header says, where that is not the truth. */
  readonly size?: number | string;
  readonly mode?: string;
}

function member({ name, type = "0", bytes = "", size, mode = "0000644\0" }: Member): Buffer {
  const content = Buffer.from(bytes);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write(mode, 100);
  header.write(typeof size === "string" ? size : `${(size ?? content.length).toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

const archive = (...members: readonly Member[]) => Buffer.concat([...members.map(member), Buffer.alloc(1024)]);
const record = (key: string, value: string) => {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  const length = rest + String(rest + String(rest).length).length;
  return `${length} ${key}=${value}\n`;
};
const pax = (...records: readonly string[]): Member => ({ name: "pax", type: "x", bytes: records.join("") });
const names = (tar: Uint8Array) => [...readTar(tar)].map(({ path }) => path);

describe("refuses", () => {
  test.each<[string, readonly Member[], RegExp]>([
    ["a path out of the folder", [{ name: "../a" }], /would leave the folder/],
    ["one in the middle", [{ name: "a/../../b" }], /would leave the folder/],
    ["an absolute path", [{ name: "/etc/passwd" }], /would leave the folder/],
    ["an empty name", [{ name: "" }], /would leave the folder/],
    ["a name that is a dot", [{ name: "./a" }], /would leave the folder/],
    ["a symbolic link", [{ name: "a", type: "2" }], /a link or a device/],
    ["a hard link", [{ name: "a", type: "1" }], /a link or a device/],
    ["a device", [{ name: "a", type: "3" }], /a link or a device/],
    ["a pipe", [{ name: "a", type: "6" }], /a link or a device/],
    ["GNU's long names", [{ name: "././@LongLink", type: "L", bytes: "../../a" }], /a link or a device/],
    ["a sparse file", [{ name: "a", type: "S" }], /a link or a device/],
    ["pax: a path out of the folder", [pax(record("path", "../../etc/passwd")), { name: "good" }], /would leave the folder/],
    ["pax: an absolute path", [pax(record("path", "/etc/passwd")), { name: "good" }], /would leave the folder/],
    ["pax: a path that ends early", [pax(record("path", "a\0/../../b")), { name: "good" }], /would leave the folder/],
    ["pax: the last of two paths", [pax(record("path", "good"), record("path", "../bad")), { name: "good" }], /would leave the folder/],
    ["pax: a size beyond the end", [pax(record("size", "999999999999")), { name: "a" }], /is cut short/],
    ["pax: a size below zero", [pax(record("size", "-512")), { name: "a" }], /has a damaged header/],
    ["pax: a size in words", [pax(record("size", "1e3")), { name: "a" }], /has a damaged header/],
    ["pax: a size in hex", [pax(record("size", "0x200")), { name: "a" }], /has a damaged header/],
    ["pax: a record longer than its block", [{ name: "pax", type: "x", bytes: "99 path=a\n" }, { name: "a" }], /has a damaged header/],
    ["pax: a record of no length", [{ name: "pax", type: "x", bytes: "0 path=a\n" }, { name: "a" }], /has a damaged header/],
    ["pax: a record without a key", [{ name: "pax", type: "x", bytes: "6 abc\n" }, { name: "a" }], /has a damaged header/],
    ["pax: no record", [{ name: "pax", type: "x", bytes: "nonsense" }, { name: "a" }], /has a damaged header/],
    ["a size beyond the end", [{ name: "a", size: 0o77777777777 }], /is cut short/],
    ["a size in GNU's base 256", [{ name: "a", size: "\x80\0\0\0\0\0\0\x7f\0\0\0\0" }], /not UTF-8|damaged header/],
    ["one name twice", [{ name: "a" }, { name: "b" }, { name: "a" }], /holds "a" twice/],
    ["a file that is a folder of another", [{ name: "a" }, { name: "a/b" }], /holds "a" as a file and as a folder/],
    ["a folder that is a file", [{ name: "a/b/c" }, { name: "a/b" }], /holds "a\/b" as a file and as a folder/],
  ])("%s", (_, members, message) => expect(() => names(archive(...members))).toThrow(message));

  test("an archive without an end, an empty one, and what is none", () => {
    expect(() => names(member({ name: "a" }))).toThrow("has no end");
    expect(() => names(Buffer.alloc(0))).toThrow("has no end");
    expect(() => names(Buffer.from("nonsense".repeat(200)))).toThrow(/damaged header|is not a tar archive/);
  });

  test("a hundred thousand files and one", () => {
    const members = Array.from({ length: 100_001 }, (_, index) => member({ name: `f${index}` }));
    expect(() => names(Buffer.concat([...members, Buffer.alloc(1024)]))).toThrow("holds more than 100000 files");
  });
});

test("a bit for others to run it as its owner is not taken over", () => {
  const [file] = readTar(archive({ name: "run.sh", mode: "0006755\0" }));
  expect(file).toMatchObject({ path: "run.sh", executable: true });
});

test("names that differ in case only, folders and what a global header says are no fault", () => {
  const members = [{ name: "global", type: "g", bytes: record("path", "../x") }, { name: "d/", type: "5" }, { name: "a" }, { name: "A" }];
  expect(names(archive(...members))).toEqual(["a", "A"]);
});

test("whatever bytes are changed: a TarError, or paths that stay inside", () => {
  const good = archive({ name: "d/a.py", bytes: "x".repeat(700) }, pax(record("path", "long/name.py")), { name: "short", bytes: "y" });
  const change = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
  const mend = (tar: Buffer) => {
    // Checksums that fit, so that what lies behind them is reached.
    for (let at = 0; at + 512 <= tar.length; at += 512) {
      if (tar.toString("latin1", at + 257, at + 262) !== "ustar") continue;
      tar.write("        ", at + 148);
      const sum = tar.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
      tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148);
    }
    return tar;
  };
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.boolean(), (changes, mended) => {
      const tar = Buffer.from(good);
      for (const { at, byte } of changes) tar[at] = byte;
      try {
        for (const { path } of readTar(mended ? mend(tar) : tar)) {
          expect(path.split("/").every((name) => name !== "" && name !== "." && name !== ".." && !name.includes("\0"))).toBe(true);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(TarError);
      }
    }),
    { numRuns: 1000 },
  );
});
