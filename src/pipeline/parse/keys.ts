/** The keys of a pipeline and an operator, and how a map's keys are held against them. */
import { nearest } from "../../protocol/suggest.ts";
import type { Entry, MapNode } from "./node.ts";
import { didYouMean, quote, type Report } from "./report.ts";

export const pipelineKeys = ["dag", "tasks", "defaults", "interface"];

export const dagKeys = [
  "name",
  "description",
  "schedule",
  "interval",
  "timezone",
  "start_date",
  "end_date",
  "catchup",
  "base_resource",
  "critical",
  "tags",
  "owner",
  "max_active_runs",
  "params",
  "presets",
  "notify",
];

/** Complete: any other key of a task is a parameter of its operator. */
export const taskKeys = [
  "operator_type",
  "description",
  "needs",
  "inputs",
  "params",
  "presets",
  "enabled",
  "partition",
  "for_each",
  "checks",
  "deliver",
  "job",
  "engine",
  "retries",
  "retry_delay",
  "execution_timeout",
  "trigger_rule",
  "pool",
  "queue",
  "priority_weight",
  "local",
];

/** Task keys that say what this one task is, and so cannot be a default of many. */
export const ownKeys = ["operator_type", "description", "needs", "inputs", "local"];

export const jobKeys = [
  "resource_flavor",
  "docker_image",
  "execution_time",
  "stage_time",
  "grace",
  "execution_script",
  "code",
  "package",
  "requirements",
  "env",
];

/** What old files say, and what it is called. */
const misspelled: { readonly [key: string]: string } = {
  base_resourse: "base_resource",
  resourse_flavor: "resource_flavor",
  excecution_time: "execution_time",
};

/** Keys that a later version of Tradewind reads. */
const later: { readonly [key: string]: string } = {
  presets: "presets",
  partition: "partitioned tasks",
  for_each: "`for_each`",
  checks: "checks of artifacts",
  deliver: "deliveries",
  interface: "pipelines as operators",
  notify: "notifications",
};

/** The entry under its right name, with a warning when an old file misspells it. */
export function acceptKey(entry: Entry, keys: readonly string[], report: Report): Entry {
  const right = Object.hasOwn(misspelled, entry.key) ? misspelled[entry.key] : undefined;
  if (right === undefined || !keys.includes(right)) return entry;
  const fix = { title: `write ${right}`, edits: [{ span: entry.keySpan, text: right }] };
  report("misspelled-key", entry.keySpan, `${quote(entry.key)} is read as \`${right}\`; write it so`, { fix });
  return { ...entry, key: right };
}

/** True, with a diagnostic, when the key is one that this version refuses. */
export function refuseLater(entry: Entry, report: Report): boolean {
  const what = Object.hasOwn(later, entry.key) ? later[entry.key] : undefined;
  if (what === undefined) return false;
  report("not-yet", entry.keySpan, `\`${entry.key}\` is not read yet: ${what} come with a later version of Tradewind`);
  return true;
}

/** The entries whose keys are among `keys`, by key; of the others each is a diagnostic. `what` names the map: "`dag`". */
export function readKeys(map: MapNode, keys: readonly string[], what: string, report: Report): ReadonlyMap<string, Entry> {
  const known = new Map<string, Entry>();
  for (const given of map.entries) {
    const entry = acceptKey(given, keys, report);
    if (!keys.includes(entry.key)) reportUnknownKey(entry, keys, what, report);
    else if (known.has(entry.key)) {
      const notes = [{ message: "it stands here already", span: known.get(entry.key)?.keySpan ?? entry.keySpan }];
      report("duplicate-key", entry.keySpan, `the key \`${entry.key}\` stands twice in ${what}`, { notes });
    } else if (!refuseLater(entry, report)) known.set(entry.key, entry);
  }
  return known;
}

export function reportUnknownKey(entry: Entry, keys: readonly string[], what: string, report: Report): void {
  const near = nearest(entry.key, keys);
  const notes = near === undefined ? [{ message: `${what} has ${keys.join(", ")}` }] : [];
  report("unknown-key", entry.keySpan, `${what} has no key ${quote(entry.key)}${didYouMean(near)}`, { notes });
}
