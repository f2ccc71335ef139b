import { describe, expect, test } from "vitest";
import { parseEnv, readEnvironment } from "../../src/workspace/dotenv.ts";
import { makeFolder } from "./temporary.ts";

const parse = (text: string) => {
  const values = parseEnv(text);
  return values instanceof Map ? Object.fromEntries(values) : values.problem;
};

describe("parseEnv", () => {
  test.each([
    ["A=1\nB = two \r\n", { A: "1", B: "two" }],
    ["# comment\n\n  export A=1", { A: "1" }],
    ["A=", { A: "" }],
    ["A=x#y # z", { A: "x#y" }],
    ["A='it # is $HOME \\n'", { A: "it # is $HOME \\n" }],
    ['A="a\\"b\\n\\\\ \\$x" # c', { A: 'a"b\n\\ $x' }],
    ["AIRFLOW_CONN_DWH=postgresql://u:p%2F@h:5432/d?x=1", { AIRFLOW_CONN_DWH: "postgresql://u:p%2F@h:5432/d?x=1" }],
    ["\ufeffA=1", { A: "1" }],
    ["A=1\nA=2", { A: "2" }],
  ])("%j", (text, values) => {
    expect(parse(text)).toEqual(values);
  });

  test.each(["A", "1A=x", "A='x", 'A="x', "A='x'y", "=x"])("%j is no setting; its text is not shown", (line) => {
    expect(parse(`# first\n${line}`)).toBe(".env:2: expected KEY=VALUE, KEY='VALUE' or KEY=\"VALUE\"");
  });
});

test("the process's own environment is stronger than .env", () => {
  const root = makeFolder({ ".env": "A=file\nB=file\n" });
  expect(readEnvironment(root, { A: "process" })).toEqual({ env: { A: "process", B: "file" } });
  expect(readEnvironment(makeFolder(), { A: "process" })).toEqual({ env: { A: "process" } });
});
