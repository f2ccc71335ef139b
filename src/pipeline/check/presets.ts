/** A preset of the dag gives its parameters to the tasks that take them; one that no task takes is for nobody. */
import { nearest } from "../../protocol/suggest.ts";
import { taskKeys } from "../parse/keys.ts";
import { didYouMean, quote, slipOf } from "../parse/report.ts";
import type { Check } from "./signature.ts";

export const checkPresets: Check = ({ dagPresets, tasks }, report) => {
  if (dagPresets.length === 0) return;
  const known = new Set<string>();
  for (const { operator } of tasks) {
    if (operator?.found === undefined || (operator.found.kind === "manifest" && operator.found.broken)) return; // it may take anything
    if (operator.found.kind === "manifest") for (const name of operator.found.params.keys()) known.add(name);
  }
  for (const { preset, span } of dagPresets) {
    for (const { key, keySpan } of preset.body.params.values()) {
      if (known.has(key)) continue;
      const near = didYouMean(nearest(key, [...known, ...taskKeys]));
      const message = `the preset \`${preset.name}\` gives the parameter ${quote(key)}, which no task here takes${near}`;
      report("unknown-parameter", keySpan, message, {
        notes: [{ message: "the pipeline that uses it for all its tasks", span }],
        ...slipOf(key, [...known, ...taskKeys], keySpan),
      });
    }
  }
};
