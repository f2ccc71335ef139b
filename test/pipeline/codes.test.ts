/** codes.ts, docs/diagnostics.md and test/cases say the same: no code without a section and a case, no section or case without its code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { codes } from "../../src/pipeline/codes.ts";
import { compile } from "../../src/pipeline/compile.ts";
import { airflowIndex } from "../../src/workspace/airflow-index.ts";
import { caseNames, casesFolder } from "./cases.ts";

const known = Object.keys(codes).sort();
const docs = readFileSync(join(import.meta.dirname, "..", "..", "docs", "diagnostics.md"), "utf8");
const sections = new Map(
  docs
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf("\n")).trim(), section]),
);

function hasExample(section: string): boolean {
  return /```(yaml|python|jinja)/.test(section);
}

function diagnosticsOf(name: string): string {
  return readFileSync(join(casesFolder, name, "diagnostics.txt"), "utf8");
}

test("every code has a section, and every section a code", () => {
  expect([...sections.keys()].sort()).toEqual(known);
});

test("every code has a case of its name that shows it", () => {
  expect(known.filter((code) => !caseNames.includes(code))).toEqual([]);
  expect(known.filter((code) => !diagnosticsOf(code).includes(`[${code}]`))).toEqual([]);
});

test("every code and severity in a case is one of the table", () => {
  for (const name of caseNames) {
    for (const [, severity, code = ""] of diagnosticsOf(name).matchAll(/^\S+ (\w+)\[([a-z0-9.-]+)\]/gm)) {
      expect(`${name}: ${code} ${codes[code as keyof typeof codes]}`).toBe(`${name}: ${code} ${severity}`);
    }
  }
});

describe("the examples of docs/diagnostics.md", () => {
  test.each([...sections].filter(([, text]) => hasExample(text)))("%s", (code, text) => {
    const files = new Map(
      [...text.matchAll(/```(?:yaml|python|jinja)\n# (\S+)\n(.*?)```/gs)].map(([, path = "", body = ""]) => [path, body]),
    );
    const sources = { files, folders: new Map(), blobs: new Map(), airflow: airflowIndex };
    const { needs } = compile(sources);
    const missing = { problem: "does not exist" };
    const folders = new Map(needs.folders.map((path) => [path, missing]));
    const blobs = new Map(needs.blobs.map((path) => [path, missing]));
    const found = compile({ ...sources, folders, blobs }).diagnostics.map((diagnostic) => diagnostic.code);
    expect(found).toContain(code);
  });

  test("are there for nearly all", () => {
    const without = [...sections].filter(([, text]) => !hasExample(text)).map(([code]) => code);
    expect(without.sort()).toEqual(["file-too-large", "too-many-tasks", "unreadable-file", "value-too-large"]);
  });
});
