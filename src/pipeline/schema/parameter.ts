/** An operator's parameter as an editor checks it: what is rendered or put in later may be any text now. */
import { describeSchema, showValue } from "../../protocol/check-value.ts";
import { isJsonObject, type Json } from "../../protocol/json.ts";
import type { JsonSchema } from "../../protocol/schema.ts";
import type { Parameter } from "../catalog/manifest.ts";
import { holdsSetting, holdsTemplate, matching, name, orNull, type Schema, unless } from "./values.ts";

/** Formats that the compiler checks; to it any other is a note, and an editor would hold it against the value. */
const checkedFormats = new Set<Json | undefined>(["date", "date-time", "time", "email"]);

/** `connections` are offered where one is named. */
export function parameterSchema({ schema, required }: Parameter, connections: readonly string[]): Schema {
  const later = schema.template === false || schema.type === "connection" ? holdsSetting : `${holdsSetting}|${holdsTemplate}`;
  const value = convert(schema, later, connections);
  return { ...unless(later, required ? value : orNull(value)), description: describeParameter(schema, required) };
}

function convert(schema: JsonSchema, later: string, connections: readonly string[]): Schema {
  const { template: _, type, format, ...rest } = schema;
  const inner = (one: JsonSchema) => unless(later, convert(one, later, connections));
  const converted: { [keyword: string]: Json } = {};
  for (const [keyword, value] of Object.entries(rest)) converted[keyword] = value as Json;
  if (type === "connection") {
    Object.assign(converted, matching(`^${name}$`, "the id of a connection, not its address"));
    if (connections.length > 0) converted.examples = connections;
  } else if (type !== undefined) converted.type = type as Json;
  if (format !== undefined && checkedFormats.has(format)) converted.format = format;
  if (schema.items) converted.items = inner(schema.items);
  if (schema.properties)
    converted.properties = Object.fromEntries(Object.entries(schema.properties).map(([key, one]) => [key, inner(one)]));
  if (typeof schema.additionalProperties === "object") converted.additionalProperties = inner(schema.additionalProperties);
  for (const keyword of ["anyOf", "oneOf", "allOf"] as const) {
    const branches = schema[keyword];
    if (branches) converted[keyword] = branches.map((one) => convert(one, later, connections));
  }
  if (schema.not) converted.not = convert(schema.not, later, connections);
  return converted;
}

function describeParameter(schema: JsonSchema, required: boolean): string {
  const facts = [describeSchema(schema)];
  if (schema.default !== undefined) facts.push(`default ${isJsonObject(schema.default) ? "a map" : showValue(schema.default)}`);
  else facts.push(required ? "required" : "optional");
  if (schema.template === false) facts.push("never a template");
  const about = schema.description?.trim() ?? "";
  return `${about}${about === "" ? "" : "\n\n"}${facts.join("; ")}`;
}
