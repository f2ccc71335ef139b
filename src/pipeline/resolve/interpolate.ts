/** Settings put into what a task, a preset or a `defaults` map says. */
import type { Entry } from "../parse/node.ts";
import type { Body } from "../parse/pipeline.ts";
import type { Report } from "../parse/report.ts";
import type { Settings } from "../settings/types.ts";

/** A script is never looked into: `${x}` in it is the shell's. */
export function interpolateBody(body: Body, settings: Settings, report: Report): Body {
  const put = (entries: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> => {
    let changed: Map<string, Entry> | undefined;
    for (const [key, entry] of entries) {
      const value = key === "local" ? entry.value : settings.variables.interpolate(entry.value, report);
      if (value === entry.value) continue;
      changed ??= new Map(entries);
      changed.set(key, { ...entry, value });
    }
    return changed ?? entries;
  };
  const keys = put(body.keys);
  const params = put(body.params);
  return keys === body.keys && params === body.params ? body : { ...body, keys, params };
}
