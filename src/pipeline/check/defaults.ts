/** A key of `defaults` is a task key, or a parameter that some operator takes: otherwise it would be silently for nobody. */
import { ownKeys, reportUnknownKey, taskKeys } from "../parse/keys.ts";
import type { Check } from "./signature.ts";

export const checkDefaults: Check = ({ defaults, settings, catalog }, report) => {
  for (const { params } of [settings.defaults, ...defaults]) {
    for (const entry of params.values()) {
      if (catalog.parameters.has(entry.key) || !catalog.complete) continue;
      const keys = taskKeys.filter((key) => !ownKeys.includes(key));
      reportUnknownKey(entry, [...keys, ...catalog.parameters], "`defaults`", report);
    }
  }
};
