/** A key of `defaults` is a task key, or a parameter that some operator takes: otherwise it would be silently for nobody. */
import { ownKeys, reportUnknownKey, taskKeys } from "../parse/keys.ts";
import type { Check } from "./signature.ts";

export const checkDefaults: Check = ({ defaults, settings, catalog }, report) => {
  const known = new Set<string>();
  for (const { params } of catalog.manifests.values()) for (const name of params.keys()) known.add(name);
  if ([...catalog.manifests.values()].some(({ broken }) => broken)) return;
  for (const { params } of [settings.defaults, ...defaults]) {
    for (const entry of params.values()) {
      if (known.has(entry.key)) continue;
      const keys = taskKeys.filter((key) => !ownKeys.includes(key));
      reportUnknownKey(entry, [...keys, ...known], "`defaults`", report);
    }
  }
};
