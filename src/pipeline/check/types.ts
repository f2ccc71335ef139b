/** The types of an operator's ports, which settings may add to. */

import type { Span } from "../../protocol/diagnostic.ts";
import { nearest } from "../../protocol/suggest.ts";
import { didYouMean, quote, slipOf } from "../parse/report.ts";
import type { Check } from "./signature.ts";

export const checkTypes: Check = ({ tasks, settings }, report) => {
  const known = [...settings.types.keys()];
  const check = (type: string, span: Span, port: string) => {
    if (type === "any" || settings.types.has(type) || !settings.complete) return;
    const near = didYouMean(nearest(type, [...known, "any"]));
    const notes = near === "" ? [{ message: `there are ${known.join(", ")}, any; more can be given under \`types\` of the settings` }] : [];
    report("unknown-type", span, `port \`${port}\` has the type ${quote(type)}, which does not exist${near}`, {
      notes,
      ...slipOf(type, known, span),
    });
  };
  const manifests = new Set(tasks.flatMap(({ operator }) => (operator?.found?.kind === "manifest" ? [operator.found] : [])));
  for (const { inputs, outputs } of manifests) {
    for (const { name, types, typeSpan } of inputs.values()) for (const type of types) check(type, typeSpan, name);
    for (const { name, type, typeSpan } of outputs.values()) check(type.includes("|") ? "any" : type, typeSpan, name);
  }
};
