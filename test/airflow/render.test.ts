/**
 * Renders the table of expressions in real Airflow 3.3 and 2.11 and holds our renderer to it, byte for byte.
 * UPDATE_CASES=1 writes the answers down for the fast test (test/template/expressions.test.ts).
 */
import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, agrees, type Recorded, readRecorded, recordedFile, render, table } from "../template/expressions.ts";
import { renderInAirflow } from "./render-in-airflow.ts";

describe("rendering in real Airflow", () => {
  let of3: Answer[] = [];
  let of2: Answer[] = [];

  beforeAll(() => {
    of3 = renderInAirflow("3.3", table);
    of2 = renderInAirflow("2.11", table);
    if (process.env.UPDATE_CASES === "1") writeFileSync(recordedFile, formatRecorded(recordOf(of3, of2)));
  });

  it("equals ours, or both are errors", () => {
    const different = table.expressions.flatMap(({ template, follows }, index) => {
      const theirs = follows === "2.11" ? of2[index] : of3[index];
      const ours = render(template);
      return theirs !== undefined && agrees(ours, theirs) ? [] : [{ template, ours, theirs }];
    });
    expect(different).toEqual([]);
  });

  it("is what was recorded for the fast test", () => {
    expect(readRecorded()).toEqual(recordOf(of3, of2));
  });

  it("differs between 2.11 and 3.3 only where the table says so", () => {
    const different = table.expressions.filter((_, index) => {
      const [three, two] = [of3[index], of2[index]];
      return three === undefined || two === undefined || !agrees(three, two);
    });
    const unexplained = different.filter(({ note }) => note === undefined);
    expect(unexplained.map(({ template }) => template)).toEqual([]);
  });
});

function recordOf(of3: readonly Answer[], of2: readonly Answer[]): Recorded[] {
  return table.expressions.map(({ template }, index) => {
    const three = of3[index] ?? { error: "missing" };
    const two = of2[index] ?? { error: "missing" };
    return { template, "3.3": three, ...(JSON.stringify(two) === JSON.stringify(three) ? {} : { "2.11": two }) };
  });
}

/** One line an expression, so that a change shows as a line in review. */
function formatRecorded(recorded: readonly Recorded[]): string {
  return `[\n${recorded.map((one) => `  ${JSON.stringify(one)}`).join(",\n")}\n]\n`;
}
