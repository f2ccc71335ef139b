/** Templates in parameters: that Jinja can read them, and that Airflow knows the names in them. */

import type { Span } from "../../protocol/diagnostic.ts";
import { isTemplate } from "../../protocol/request-env.ts";
import { nearest } from "../../protocol/suggest.ts";
import { checkTemplate, type TemplateName, templateNames } from "../../template/names.ts";
import { parseTemplate } from "../../template/parse.ts";
import type { Code } from "../codes.ts";
import type { Node } from "../parse/node.ts";
import { origin } from "../parse/read.ts";
import { didYouMean, type Report, renameTo } from "../parse/report.ts";
import type { Pipeline } from "../resolve/pipeline.ts";
import type { Sources } from "../sources.ts";
import type { Check } from "./signature.ts";

const codes: { readonly [kind in "unknown" | "not-local" | "removed-in-3"]: Code } = {
  unknown: "template-name",
  "not-local": "template-not-local",
  "removed-in-3": "template-removed",
};

export const checkTemplates: Check = (pipeline, report, sources) => {
  for (const { operator, params, enabled } of pipeline.tasks) {
    const found = operator?.found;
    if (found === undefined || !enabled) continue;
    for (const { name, node } of params.values()) {
      const schema = found.kind === "manifest" ? found.params.get(name)?.schema : {};
      if (schema === undefined || schema.template === false || schema.type === "connection") continue;
      checkNode(node, pipeline, sources, found.kind === "airflow", report);
    }
  }
};

function checkNode(node: Node, pipeline: Pipeline, sources: Sources, airflow: boolean, report: Report): void {
  if (node.kind === "list") for (const item of node.items) checkNode(item, pipeline, sources, airflow, report);
  else if (node.kind === "map") for (const { value } of node.entries) checkNode(value, pipeline, sources, airflow, report);
  else if (typeof node.value === "string" && isTemplate(node.value)) checkText(node, node.value, pipeline, sources, airflow, report);
}

/** `airflow`: the task runs only there, so nothing need be known here. */
function checkText(node: Node, text: string, { dag, settings }: Pipeline, sources: Sources, airflow: boolean, report: Report): void {
  const parsed = parseTemplate(text);
  const notes = origin(node);
  const place = (offset: number, length: number) => placeIn(node.span, text, offset, length, sources);
  for (const { message, offset, length } of parsed.errors)
    report("template-syntax", place(offset, length), `this template is not Jinja: ${message}`, { notes });
  if (parsed.errors.length > 0) return;
  const names = templateNames(parsed);
  for (const { message, offset, length, kind } of checkTemplate(parsed, names)) {
    const macro = settings.macros.find((one) => isMacro(one, text, offset, length, names));
    const actual = macro !== undefined ? "not-local" : kind;
    if (actual === "not-local" && airflow) continue;
    const said = macro === undefined ? message : `\`${macro}\` is one of your Airflow's macros, which a local run does not have`;
    const at = place(offset, length);
    // Of the names that Airflow 3 has no more, the one whose successor is the same thing.
    const same = actual === "removed-in-3" && text.slice(offset, offset + length) === "execution_date";
    report(codes[actual], at, said, { notes, ...(same ? renameTo("logical_date", "execution_date", at) : {}) });
  }
  for (const { path, offset, parts, guarded } of names) {
    const [first, param] = path;
    if (first !== "params" || param === undefined || guarded || Object.hasOwn(dag.params, param)) continue;
    const known = Object.keys(dag.params);
    const near = didYouMean(nearest(param, known));
    const has = known.length === 0 ? "it has none under `dag.params`" : `it has ${known.join(", ")}`;
    const at = parts[1] ?? { offset, length: param.length };
    const message = `the pipeline has no run parameter \`${param}\`${near === "" ? `; ${has}` : near}`;
    report("template-name", place(at.offset, at.length), message, { notes });
  }
}

function isMacro(macro: string, text: string, offset: number, length: number, names: readonly TemplateName[]): boolean {
  if (text.slice(offset, offset + length) === macro) return true;
  const named = (name: string) => name === macro || name.startsWith(`${macro}.`);
  return names.some(({ name, parts, ...at }) => named(name) && (at.offset === offset || parts.some((part) => part.offset === offset)));
}

/** The place in the file: exact where the text stands there as it is, else where the same words stand, else the whole value. */
function placeIn(span: Span, text: string, offset: number, length: number, sources: Sources): Span {
  const file = sources.files.get(span.file);
  if (typeof file !== "string") return span;
  const written = file.slice(span.start, span.end);
  const whole = written.indexOf(text);
  const words = text.slice(offset, offset + length);
  const at = whole >= 0 ? whole + offset : words === "" ? -1 : written.indexOf(words);
  const unique = whole >= 0 || (at >= 0 && written.indexOf(words, at + 1) < 0);
  if (!unique || at < 0) return span;
  const start = span.start + at;
  return { file: span.file, start, end: Math.min(start + Math.max(length, 1), span.end) };
}
