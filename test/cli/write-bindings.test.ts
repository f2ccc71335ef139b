/** Bindings written out mean what they meant: the plans stay, and nothing is left to write. */
import { describe, expect, test } from "vitest";
import { writeBindings } from "../../src/cli/write-bindings.ts";
import { compileTexts, planOf } from "../pipeline/workspace.ts";

const operators = {
  "operators/join/operator.yaml":
    "operator: join\ninputs: { left: csv, right: { type: csv }, all: { type: json, many: true } }\noutputs: { data: csv, left: csv, right: csv, facts: json }\njob: { execution_script: 'true' }\n",
  "operators/read/operator.yaml": "operator: read\noutputs: { left: csv, facts: json }\njob: { execution_script: 'true' }\n",
  "operators/other/operator.yaml": "operator: other\noutputs: { right: csv }\njob: { execution_script: 'true' }\n",
};

const text = `dag: { name: daily }
tasks:
  extract:
    one: { operator_type: read }
    two: { operator_type: other }
  block:
    operator_type: join # one of ours
    needs: [extract]
  flow: { operator_type: join, needs: [extract] }
  begun:
    operator_type: join
    inputs:
      right: extract.two
    needs: [extract]
  begun_in_flow: { operator_type: join, inputs: { left: "extract.one:left" }, needs: [extract] }
  done: { operator_type: join, inputs: { left: block:left, right: block:right, all: [block:facts] } }
`;

function write(pipeline: string, more: Readonly<Record<string, string>> = {}) {
  const files = { "tradewind.yaml": "", ...operators, ...more, "pipelines/daily.yaml": pipeline };
  const { texts, written } = writeBindings(new Map(Object.entries(files)), ["pipelines/daily.yaml"], new Map());
  return { files: { ...files, ...Object.fromEntries(texts) }, text: texts.get("pipelines/daily.yaml"), written };
}

describe("--write-bindings", () => {
  test("in the style of what is there, and nothing else", () => {
    const { text: now, written } = write(text);
    expect(written).toBe(4);
    expect(now).toBe(`dag: { name: daily }
tasks:
  extract:
    one: { operator_type: read }
    two: { operator_type: other }
  block:
    operator_type: join # one of ours
    inputs: { left: extract.one:left, right: extract.two:right, all: [extract.one:facts] }
    needs: [extract]
  flow: { operator_type: join, inputs: { left: extract.one:left, right: extract.two:right, all: [extract.one:facts] }, needs: [extract] }
  begun:
    operator_type: join
    inputs:
      left: extract.one:left
      all: [extract.one:facts]
      right: extract.two
    needs: [extract]
  begun_in_flow: { operator_type: join, inputs: { right: extract.two:right, all: [extract.one:facts], left: "extract.one:left" }, needs: [extract] }
  done: { operator_type: join, inputs: { left: block:left, right: block:right, all: [block:facts] } }
`);
  });

  test("the plan stays, and once is enough", () => {
    const { files } = write(text);
    const { source: _before, ...before } = planOf({ "tradewind.yaml": "", ...operators, "pipelines/daily.yaml": text });
    const { source: _after, ...after } = planOf(files);
    expect(after).toEqual(before);
    expect(write(files["pipelines/daily.yaml"] ?? "")).toMatchObject({ text: undefined, written: 0 });
    expect(compileTexts(files).diagnostics).toEqual([]);
  });

  test("other line ends and letters stay", () => {
    const dressed = `# é😀\n${text}`.replaceAll("\n", "\r\n");
    expect(write(dressed).text?.replaceAll("\r\n", "\n")).toBe(`# é😀\n${write(text).text}`);
    expect(write(dressed).text?.replaceAll("\r\n", "")).not.toContain("\n");
  });

  test.each([
    ["a file with errors", text.replace("[extract]", "[extrac]")],
    [
      "a family",
      "dag: { name: daily }\ntasks:\n  a: { operator_type: read }\n  b: { operator_type: other }\n  c: { operator_type: join, for_each: { x: [1, 2] }, needs: [a, b] }\n",
    ],
  ])("%s is left alone", (_, wrong) => {
    expect(write(wrong)).toMatchObject({ text: undefined, written: 0 });
  });
});
