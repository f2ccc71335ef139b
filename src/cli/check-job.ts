/** `tradewind check job.yaml`: a job's file by itself, as `tradewind launch` would read it. */
import { readFileSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { compileByHand, placeJob } from "./by-hand.ts";
import type { Checked } from "./check.ts";
import type { SettingsOptions } from "./options.ts";

/** A YAML file that has `job:` and is no pipeline and no operator. */
export function isJobFile(path: string): boolean {
  if (!/\.ya?ml$/.test(path) || !statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  const text = readFileSync(path, "utf8");
  return /^\ufeff?job[ \t]*:/m.test(text) && !/^(dag|tasks|operator)[ \t]*:/m.test(text);
}

/** Calls `use` with how the file is checked; what only a launch can give is not missed. */
export async function withJob(name: string, options: SettingsOptions, use: (check: () => Checked) => void): Promise<void> {
  const place = await placeJob(name);
  try {
    const shown = place.shown ?? name;
    const compile = (text?: unknown) => {
      const made = compileByHand(place, options, typeof text === "string" ? text : undefined);
      const given = new Set(["missing-parameter", "missing-input"]);
      return {
        ...made,
        diagnostics: made.diagnostics.filter(({ code, span }) => !given.has(code) || span.start > 0 || span.file !== shown),
      };
    };
    use(() => {
      const { compilation, diagnostics, texts } = compile();
      return {
        root: place.alone ? resolve(".") : place.root,
        texts: new Map([...texts].filter(([path]) => path !== place.job || path === shown)),
        diagnostics,
        files: [shown],
        environments: place.alone ? [] : compilation.pipelines.map(({ env }) => env),
        recheck: (changed) => compile(changed.get(shown)).diagnostics,
        concerns: ({ span }) => span.file === shown,
      };
    });
  } finally {
    rmSync(place.scratch, { recursive: true, force: true });
  }
}
