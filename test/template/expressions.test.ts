import { describe, expect, it } from "vitest";
import { agrees, readRecorded, render, table } from "./expressions.ts";

describe("rendering as recorded from real Airflow", () => {
  const recorded = readRecorded();

  it("has an answer for every expression of the table", () => {
    expect(recorded.map(({ template }) => template)).toEqual(table.expressions.map(({ template }) => template));
    expect(recorded.length).toBeGreaterThanOrEqual(500);
  });

  it.each(table.expressions.map((expression, index) => [expression.template, expression, recorded[index]] as const))(
    "%j",
    (template, expression, answer) => {
      const theirs = expression.follows === "2.11" ? answer?.["2.11"] : answer?.["3.3"];
      const ours = render(template);
      expect(theirs !== undefined && agrees(ours, theirs), `${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`).toBe(true);
    },
  );

  it("follows 3.x wherever it does not say otherwise, and says why", () => {
    const strays = table.expressions.filter(({ follows }) => follows !== undefined);
    expect(strays.length).toBeLessThanOrEqual(3);
    for (const { note } of strays) expect(note).toMatch(/3\.3/);
  });
});
