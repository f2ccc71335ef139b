import { symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findWorkspace, readText, readTexts } from "../../src/workspace/read.ts";
import { makeFolder } from "./temporary.ts";

describe("findWorkspace", () => {
  test("looks upward for tradewind.yaml", () => {
    const root = makeFolder({ "tradewind.yaml": "", "projects/a/pipelines/p.yaml": "" });
    expect(findWorkspace(join(root, "projects/a/pipelines"))).toBe(root);
    expect(findWorkspace(root)).toBe(root);
  });

  test("finds none where none is", () => {
    expect(findWorkspace(makeFolder())).toBeUndefined();
  });
});

describe("readTexts", () => {
  test("reads what the compiler may need, and nothing else", () => {
    const root = makeFolder({
      "tradewind.yaml": "a",
      "README.md": "no",
      "data.yaml": "not in a folder of ours",
      "env/dev.yaml": "b",
      "projects/p/project.yaml": "c",
      "projects/p/pipelines/x.yml": "d",
      "projects/p/operators/f.py": "e",
      "projects/p/operators/score/operator.yaml": "f",
      "projects/p/operators/score/requirements.txt": "g",
      "projects/p/operators/score/score.py": "code, not text for the compiler",
      "operators/x/node_modules/y/operator.yaml": "no",
      "operators/x/.venv/operator.yaml": "no",
      "dags/dev/x.yaml": "no",
      ".tradewind/x.yaml": "no",
      ".git/x.yaml": "no",
    });
    expect(Object.fromEntries(readTexts(root))).toEqual({
      "env/dev.yaml": "b",
      "projects/p/operators/f.py": "e",
      "projects/p/operators/score/operator.yaml": "f",
      "projects/p/operators/score/requirements.txt": "g",
      "projects/p/pipelines/x.yml": "d",
      "projects/p/project.yaml": "c",
      "tradewind.yaml": "a",
    });
  });

  test("follows links, and is not caught by one that leads back", () => {
    const root = makeFolder({ "tradewind.yaml": "", "pipelines/a.yaml": "a" });
    symlinkSync("../pipelines", join(root, "pipelines/again"));
    symlinkSync("a.yaml", join(root, "pipelines/b.yaml"));
    symlinkSync("nowhere", join(root, "pipelines/c.yaml"));
    expect([...readTexts(root).keys()]).toEqual(["pipelines/a.yaml", "pipelines/b.yaml", "tradewind.yaml"]);
  });

  test("an empty folder has no texts", () => {
    expect(readTexts(makeFolder()).size).toBe(0);
  });
});

describe("readText", () => {
  const problem = (content: Uint8Array) => {
    const root = makeFolder({ "a.yaml": content });
    return readText(join(root, "a.yaml"));
  };

  test.each([
    ["zero byte", Buffer.from("dag:\0"), "is binary (a zero byte at offset 4)"],
    ["latin1", Buffer.from("name: caf\xe9", "latin1"), "is not UTF-8 (byte 0xe9 at offset 9); save it as UTF-8"],
    ["cut short", Buffer.from([0x61, 0xe2, 0x82]), "is not UTF-8 (byte 0xe2 at offset 1); save it as UTF-8"],
    ["UTF-16", Buffer.from("\ufeffdag", "utf16le"), "is UTF-16; save it as UTF-8"],
  ])("%s", (_name, bytes, text) => {
    expect(problem(bytes)).toEqual({ problem: text });
  });

  test("a byte order mark is no text", () => {
    expect(problem(Buffer.from("\ufeffdag:"))).toBe("dag:");
  });

  test("larger than 10 MB", () => {
    const root = makeFolder({ "a.yaml": "" });
    truncateSync(join(root, "a.yaml"), 12_000_000);
    expect(readText(join(root, "a.yaml"))).toEqual({ problem: "is 12 MB; a text may have at most 10 MB" });
  });

  test("a file that is gone", () => {
    expect(readText(join(makeFolder(), "a.yaml"))).toEqual({ problem: expect.stringContaining("ENOENT") });
  });
});
