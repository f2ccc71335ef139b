import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hashFile, hashFolder, tarFolder } from "../../src/workspace/pack.ts";
import { makeFolder } from "./temporary.ts";

const pack = (folder: string) => Buffer.concat([...tarFolder(folder)]);

/** What the system's own tar makes of it: path → content. */
function unpack(tar: Uint8Array): Record<string, string> {
  const root = makeFolder({ "a.tar": tar });
  mkdirSync(join(root, "out"));
  execFileSync("tar", ["-xf", join(root, "a.tar"), "-C", join(root, "out")]);
  const names = readdirSync(join(root, "out"), { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => statSync(join(root, "out", name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(root, "out", name), "utf8")]));
}

describe("tarFolder", () => {
  test("the system's tar gives the same files back", () => {
    const deep = `${"d".repeat(90)}/${"e".repeat(90)}/${"f".repeat(90)}/file.py`;
    const files = {
      "a.py": "print(1)\n",
      "empty.txt": "",
      "пакет/модуль.py": "текст",
      [`${"n".repeat(120)}.py`]: "a name that needs pax",
      [`${"p".repeat(80)}/${"q".repeat(80)}`]: "a path that needs a prefix",
      [deep]: "deep",
      big: "x".repeat(600_000),
    };
    expect(unpack(pack(makeFolder(files)))).toEqual(files);
  });

  test("random names of every length come back", () => {
    const segment = fc.string({ unit: fc.constantFrom("a", "b", "_", " ", "é", "😀"), minLength: 1, maxLength: 60 });
    const name = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(name, (path) => {
        const short = path
          .split("/")
          .map((part) => Buffer.from(part).subarray(0, 240).toString().replaceAll("\ufffd", ""))
          .map((part) => part || "x")
          .join("/");
        expect(unpack(pack(makeFolder({ [short]: "content" })))).toEqual({ [short]: "content" });
      }),
      { numRuns: 30 },
    );
  });

  test("depends on names, contents and the executable bit, on nothing else", () => {
    const files = { "b.py": "b", "a/x.py": "x", "run.sh*": "echo" };
    const one = makeFolder(files);
    const two = makeFolder({ "run.sh*": "echo", "a/x.py": "x", "b.py": "b" });
    utimesSync(join(two, "b.py"), 1, 1);
    mkdirSync(join(two, "empty"));
    expect(hashFolder(two)).toEqual(hashFolder(one));
    const plain = makeFolder({ "b.py": "b", "a/x.py": "x", "run.sh": "echo" });
    expect(hashFolder(plain)).not.toEqual(hashFolder(one));
    writeFileSync(join(one, "b.py"), "c");
    expect(hashFolder(two)).not.toEqual(hashFolder(one));
  });

  test("leaves out what tools leave behind", () => {
    const clean = makeFolder({ "a.py": "a" });
    const used = makeFolder({
      "a.py": "a",
      "__pycache__/a.pyc": "1",
      "b.pyc": "2",
      ".git/HEAD": "3",
      ".venv/bin/python": "4",
      ".tradewind/x": "5",
      ".pytest_cache/x": "6",
    });
    expect(hashFolder(used)).toEqual(hashFolder(clean));
  });

  test("of `<folder>/*` leaves out the operators that have a manifest of their own", () => {
    const folder = makeFolder({
      "scoring.py": "a",
      "lib/helper.py": "b",
      "score/operator.yaml": "c",
      "score/score.py": "d",
      "old/operator.yml": "e",
    });
    const listed = execFileSync("tar", ["-t"], { input: Buffer.concat([...tarFolder(`${folder}/*`)]), encoding: "utf8" });
    expect(listed.trim().split("\n")).toEqual(["lib/helper.py", "scoring.py"]);
  });

  test("refuses links and other things that are no files", () => {
    const folder = makeFolder({ "a.py": "a" });
    symlinkSync("/etc/passwd", join(folder, "secrets"));
    expect(hashFolder(folder)).toEqual({ problem: "holds a link: secrets -> /etc/passwd; put a plain file there" });
    const pipe = makeFolder();
    execFileSync("sh", ["-c", `mkfifo "$1"`, "sh", join(pipe, "p")]);
    expect(hashFolder(pipe)).toEqual({ problem: "holds what is no file: p; put a plain file there" });
  });

  test("says what is wrong with a folder or file", () => {
    const folder = makeFolder({ a: "" });
    expect(hashFolder(join(folder, "none"))).toEqual({ problem: "does not exist" });
    expect(hashFolder(join(folder, "a"))).toEqual({ problem: "is no folder" });
    expect(hashFile(join(folder, "none"))).toEqual({ problem: "does not exist" });
    expect(hashFile(folder)).toEqual({ problem: "is no file" });
    expect(hashFile(join(folder, "a"))).toEqual({ sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" });
  });
});
