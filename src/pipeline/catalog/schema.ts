/** JSON Schema of parameters, as an operator's manifest and a dag's `params` write it. */
import { checkValue } from "../../protocol/check-value.ts";
import { patternProblem } from "../../protocol/pattern.ts";
import type { JsonSchema } from "../../protocol/schema.ts";
import { nearest } from "../../protocol/suggest.ts";
import { readKeys } from "../parse/keys.ts";
import { isNull, type Node, nodeAt, toJson } from "../parse/node.ts";
import { readMap } from "../parse/read.ts";
import { didYouMean, quote, type Report } from "../parse/report.ts";

/** The keywords, with what an editor says of each. */
export const aboutKeywords = {
  type: "Kind of value; `connection` names a connection.",
  title: "Short name.",
  description: "What the value is for; editors and messages show it.",
  default: "Value that is taken when none is given.",
  examples: "Values that editors offer.",
  enum: "The values that are allowed.",
  const: "The only value that is allowed.",
  minimum: "Smallest number.",
  maximum: "Largest number.",
  exclusiveMinimum: "The number is above this.",
  exclusiveMaximum: "The number is below this.",
  multipleOf: "The number is a multiple of this.",
  minLength: "Fewest characters.",
  maxLength: "Most characters.",
  pattern: "Regular expression that the text matches.",
  format: "date, date-time, time and email are checked; any other is a note.",
  items: "Schema of each item of a list.",
  minItems: "Fewest items.",
  maxItems: "Most items.",
  uniqueItems: "No item stands twice.",
  properties: "Schemas of a map's values, by key.",
  required: "Keys that a map must have.",
  additionalProperties: "false, or the schema of the values of all other keys.",
  anyOf: "The value fits at least one of these.",
  oneOf: "The value fits exactly one of these.",
  allOf: "The value fits all of these.",
  not: "The value does not fit this.",
  template: "false: the value is never rendered as a template.",
};
const keywords = Object.keys(aboutKeywords);

export const valueTypes = ["string", "number", "integer", "boolean", "array", "object", "null", "connection"];

/** What each keyword's own value is; the others hold schemas or any value. */
export const keywordShapes: { readonly [keyword: string]: JsonSchema } = {
  title: { type: "string" },
  description: { type: "string" },
  enum: { type: "array", minItems: 1 },
  examples: { type: "array" },
  minimum: { type: "number" },
  maximum: { type: "number" },
  exclusiveMinimum: { type: "number" },
  exclusiveMaximum: { type: "number" },
  multipleOf: { type: "number", exclusiveMinimum: 0 },
  minLength: { type: "integer", minimum: 0 },
  maxLength: { type: "integer", minimum: 0 },
  pattern: { type: "string" },
  format: { type: "string" },
  minItems: { type: "integer", minimum: 0 },
  maxItems: { type: "integer", minimum: 0 },
  uniqueItems: { type: "boolean" },
  required: { type: "array", items: { type: "string" } },
  template: { type: "boolean" },
};

/** `what` names the parameter: "parameter `threshold`". Undefined when it is no schema at all. */
export function readSchema(node: Node, what: string, report: Report): JsonSchema | undefined {
  const map = readMap(node, `the schema of ${what}`, report);
  if (map === undefined) return undefined;
  let sound = true;
  const refuse: Report = (...problem) => {
    sound = false;
    report(...problem);
  };
  const keys = readKeys(map, keywords, `the schema of ${what}`, refuse);
  for (const { key, value } of keys.values()) {
    const label = `\`${key}\` of ${what}`;
    if (key === "type") checkType(value, label, refuse);
    else if (key === "items" || key === "not" || (key === "additionalProperties" && value.kind === "map")) readSchema(value, label, refuse);
    else if (key === "properties")
      for (const { value: inner } of readMap(value, label, refuse)?.entries ?? []) readSchema(inner, label, refuse);
    else if (/^(anyOf|oneOf|allOf)$/.test(key) && value.kind === "list") for (const item of value.items) readSchema(item, label, refuse);
    else if (keywordShapes[key]) {
      for (const { pointer, message } of checkValue(toJson(value), keywordShapes[key]))
        refuse("invalid-value", nodeAt(value, pointer).span, `${label}: ${message}`);
    }
    const pattern =
      key === "pattern" && value.kind === "scalar" && typeof value.value === "string" ? patternProblem(value.value) : undefined;
    if (pattern !== undefined) refuse("invalid-value", value.span, `${label}: ${pattern}`);
  }
  if (!sound) return {};
  const schema = toJson({ ...map, entries: [...keys.values()] }) as JsonSchema;
  const given = keys.get("default")?.value;
  if (given !== undefined && !isNull(given)) {
    for (const { pointer, message } of checkValue(toJson(given), schema)) {
      report("invalid-value", nodeAt(given, pointer).span, `the default of ${what}: ${message}`);
    }
  }
  return schema;
}

function checkType(node: Node, what: string, report: Report): void {
  for (const item of node.kind === "list" ? node.items : [node]) {
    const name = item.kind === "scalar" ? item.text : "";
    if (item.kind === "scalar" && valueTypes.includes(name)) continue;
    const near = didYouMean(nearest(name, valueTypes));
    report("invalid-value", item.span, `${what} is one of ${valueTypes.join(", ")}, not ${quote(name)}${near}`);
  }
}
