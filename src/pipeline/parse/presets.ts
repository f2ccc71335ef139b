/** presets/*.yaml: named bundles of what tasks say again and again. */
import type { Span } from "../../protocol/diagnostic.ts";
import type { Node } from "./node.ts";
import { type Body, namePattern, parseDefaultsBody } from "./pipeline.ts";
import { readMap, readString } from "./read.ts";
import { quote, type Report } from "./report.ts";

export interface Preset {
  readonly name: string;
  readonly nameSpan: Span;
  /** Of its whole map. */
  readonly span: Span;
  readonly body: Body;
}

/** A file holds any number of presets by name; each has task keys, parameters and `job`, and may say by `description` what it is for. */
export function parsePresets(root: Node, report: Report): readonly Preset[] {
  const map = readMap(root, "a file of presets", report);
  return (map?.entries ?? []).flatMap(({ key, keySpan, value }) => {
    const what = `preset \`${key}\``;
    if (!namePattern.test(key)) {
      report("invalid-name", keySpan, `${quote(key)} is no name of a preset: letters, digits, \`_\` and \`-\`, and no digit first`);
    }
    const inner = readMap(value, what, report);
    if (inner === undefined) return [];
    const about = inner.entries.find((entry) => entry.key === "description");
    if (about) readString(about.value, `\`description\` of ${what}`, report);
    const said = { ...inner, entries: inner.entries.filter((entry) => entry !== about) };
    return [{ name: key, nameSpan: keySpan, span: value.span, body: parseDefaultsBody(said, what, report, ["presets"]) }];
  });
}
