/** What YAML means here: version 1.2, with merge keys, and every value in its place. */
import { expect, test } from "vitest";
import { type Node, toJson } from "../../src/pipeline/parse/node.ts";
import { reportTo } from "../../src/pipeline/parse/report.ts";
import { parseYaml } from "../../src/pipeline/parse/yaml.ts";
import type { Diagnostic } from "../../src/protocol/diagnostic.ts";

function read(text: string): { root: Node | undefined; json: unknown; said: string[] } {
  const diagnostics: Diagnostic[] = [];
  const { root } = parseYaml("a.yaml", text, reportTo(diagnostics));
  return { root, json: root && toJson(root), said: diagnostics.map(({ code, span }) => `${code} ${text.slice(span.start, span.end)}`) };
}

test("scalars are those of the 1.2 core schema", () => {
  const { json, said } = read("a: true\nb: null\nc: ~\nd: 1.50\ne: -7\nf: 1e3\ng: 2026-01-01\nh: 'no'\ni: \"1:30\"\nj: 0x1F\nk:\n");
  expect(json).toEqual({ a: true, b: null, c: null, d: 1.5, e: -7, f: 1000, g: "2026-01-01", h: "no", i: "1:30", j: 31, k: null });
  expect(said).toEqual([]);
});

test("what YAML 1.1 reads otherwise is a warning, at the value and at the key", () => {
  const { json, said } = read("on: yes\na: 0o17\nb: 1:30\nc: 1_000\nd: 012\ne: off\n");
  expect(json).toEqual({ on: "yes", a: 15, b: "1:30", c: "1_000", d: 12, e: "off" });
  expect(said).toEqual(["yaml-1.1 yes", "yaml-1.1 on", "yaml-1.1 0o17", "yaml-1.1 1:30", "yaml-1.1 1_000", "yaml-1.1 012", "yaml-1.1 off"]);
});

test("aliases and merge keys; the map's own keys win, then the first of the merged", () => {
  const text = "x: &x { a: 1, b: 1 }\ny: &y { b: 2, c: 2 }\nz:\n  <<: [*x, *y]\n  a: 3\nw: *x\n";
  const { json, said } = read(text);
  expect(json).toMatchObject({ z: { a: 3, b: 1, c: 2 }, w: { a: 1, b: 1 } });
  expect(said).toEqual([]);
});

test("an alias stands where it is used, and knows where its value was written", () => {
  const text = "a: &a hello\nb: *a\n";
  const { root } = read(text);
  const entry = root?.kind === "map" ? root.entries[1] : undefined;
  expect(entry && text.slice(entry.value.span.start, entry.value.span.end)).toBe("*a");
  expect(entry?.value.via && text.slice(entry.value.via.start, entry.value.via.end)).toBe("hello");
});

test("numbers keep how they were written, for versions", () => {
  const { root } = read("python: 3.10\n");
  const node = root?.kind === "map" ? root.entries[0]?.value : undefined;
  expect(node).toMatchObject({ value: 3.1, text: "3.10" });
});

test("numbers that JSON cannot hold are refused, and those that it can are not", () => {
  expect(read("a: 9007199254740993\nb: .nan\nc: 1e400\nd: 9007199254740991\ne: 1e21\n").said).toEqual([
    "inexact-number 9007199254740993",
    "inexact-number .nan",
    "inexact-number 1e400",
  ]);
});

test("keys of a prototype are keys like others", () => {
  const { json, said } = read("__proto__: 1\nconstructor: 2\n");
  expect(Object.keys(json as object)).toEqual(["__proto__", "constructor"]);
  expect(said).toEqual([]);
});

test("several faults are told in one run, at most five of syntax", () => {
  expect(read("a: 1\na: 2\nb: !x 1\nc: *none\n").said).toEqual(["duplicate-key a", "yaml-tag 1", "yaml-alias *none"]);
  expect(read(Array.from({ length: 20 }, (_, i) => `k${i}: a: b`).join("\n")).said.length).toBeLessThanOrEqual(5);
});

test("a byte order mark and line ends of Windows are no fault", () => {
  const { json, said } = read("\ufeffa: 1\r\nb:\r\n  - x\r\n");
  expect(json).toEqual({ a: 1, b: ["x"] });
  expect(said).toEqual([]);
});
