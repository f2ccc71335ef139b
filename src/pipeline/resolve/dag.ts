/** The facts of `dag:`. */
import type { JsonSchema } from "../../protocol/schema.ts";
import { readSchema } from "../catalog/schema.ts";
import { type Entry, isNull, type Node, toJson } from "../parse/node.ts";
import type { PipelineDocument } from "../parse/pipeline.ts";
import { integerFrom, oneOf, type Reader, readBoolean, readMap, readString } from "../parse/read.ts";
import type { Report } from "../parse/report.ts";
import type { Settings } from "../settings/types.ts";
import type { Dag, Sourced } from "./pipeline.ts";

export function resolveDag(document: PipelineDocument, settings: Settings, report: Report): Dag {
  const entryOf = (key: string) => dagEntry(document, key, settings, report);
  const read = <T>(key: string, reader: Reader<T>): Sourced<T> | undefined => readEntry(entryOf(key), `\`${key}\``, reader, report);
  const optional = <K extends string, T>(key: K, found: T | undefined) =>
    found === undefined ? {} : ({ [key]: found } as { [key in K]: T });

  const name = read("name", readString);
  const schedule = document.dag.has("schedule") && entryOf("schedule") === undefined ? null : readSchedule(entryOf("schedule"), report);
  const catchup = read("catchup", readBoolean);
  const critical = read("critical", readBoolean);
  const params = entryOf("params");
  const paramEntries = (params && readMap(params.value, "`params`", report)?.entries) ?? [];
  const timezone = document.dag.has("timezone") ? read("timezone", readString) : { value: "UTC", span: document.dagSpan };
  return {
    span: document.dagSpan,
    ...optional("name", name),
    ...optional("dagId", name && makeDagId(settings, name.value)),
    ...optional("description", read("description", readString)),
    ...(document.dag.has("schedule") ? optional("schedule", schedule) : { schedule: null }),
    interval: read("interval", oneOf(["data", "trigger"] as const))?.value ?? "data",
    ...optional("timezone", timezone),
    ...optional("startDate", read("start_date", readString)),
    ...optional("endDate", read("end_date", readString)),
    catchup: catchup?.value ?? false,
    ...optional("catchupSpan", catchup?.span),
    ...optional("maxActiveRuns", read("max_active_runs", integerFrom(1))),
    ...optional("owner", read("owner", readString)),
    tags: readTags(entryOf("tags"), report),
    critical: critical?.value ?? false,
    ...optional("criticalSpan", critical?.span),
    ...optional("baseResource", read("base_resource", readString)),
    params: Object.fromEntries(paramEntries.map((entry) => [entry.key, readParam(entry, report)])),
    paramEntries,
  };
}

/** What `dag:` says under the key, with settings put in. */
export function dagEntry({ dag }: PipelineDocument, key: string, settings: Settings, report: Report): Entry | undefined {
  const entry = dag.get(key);
  if (entry === undefined || isNull(entry.value)) return undefined;
  return { ...entry, value: settings.variables.interpolate(entry.value, report) };
}

/** The entry's value by `reader`, with its place. */
export function readEntry<T>(entry: Entry | undefined, what: string, reader: Reader<T>, report: Report): Sourced<T> | undefined {
  if (entry === undefined) return undefined;
  const value = reader(entry.value, what, report);
  return value === undefined ? undefined : sourced(value, entry.value);
}

export function sourced<T>(value: T, node: Node): Sourced<T> {
  return { value, span: node.span, ...(node.via ? { via: node.via } : {}) };
}

function readSchedule(entry: Entry | undefined, report: Report): Sourced<string> | undefined {
  return readEntry(entry, "`schedule`", readString, report);
}

function readTags(entry: Entry | undefined, report: Report): readonly Sourced<string>[] {
  if (entry === undefined) return [];
  const items = entry.value.kind === "list" ? entry.value.items : [entry.value];
  return items.flatMap((item) => {
    const tag = readString(item, "a tag", report);
    return tag === undefined ? [] : [sourced(tag, item)];
  });
}

/** A run parameter is a schema, or a plain value, which is its default. */
function readParam({ key, value }: Entry, report: Report): JsonSchema {
  if (value.kind === "map") return readSchema(value, `run parameter \`${key}\``, report) ?? {};
  const given = toJson(value);
  if (given === null) return { default: null };
  if (Array.isArray(given)) return { type: "array", default: given };
  const type = typeof given;
  if (type === "number") return { type: Number.isInteger(given) ? "integer" : "number", default: given };
  return { type: type === "boolean" ? "boolean" : "string", default: given };
}

function makeDagId(settings: Settings, name: string): string {
  const facts: { [name: string]: string } = { name, env: settings.env, project: settings.project ?? "" };
  return settings.dagId.replaceAll(/\{(name|env|project)\}/g, (_, key: string) => facts[key] ?? "");
}
