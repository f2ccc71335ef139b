/** Workspaces made in tests, without a disk. */

import { type Compilation, type CompileOptions, compile } from "../../src/pipeline/compile.ts";
import type { Sources } from "../../src/pipeline/sources.ts";
import type { Diagnostic } from "../../src/protocol/diagnostic.ts";
import type { Plan } from "../../src/protocol/plan.ts";

const digest = { sha256: "ab".repeat(32) };

/** Compiles the texts; every folder and file that a pipeline names is there. */
export function compileTexts(files: Readonly<Record<string, string>>, options: CompileOptions = {}): Compilation {
  const sources: Sources = { files: new Map(Object.entries(files)), folders: new Map(), blobs: new Map() };
  const { needs } = compile(sources, options);
  return compile(
    {
      ...sources,
      folders: new Map(needs.folders.map((path) => [path, digest])),
      blobs: new Map(needs.blobs.map((path) => [path, digest])),
    },
    options,
  );
}

/** The Plan of the only pipeline in its default environment; throws what is wrong with it. */
export function planOf(files: Readonly<Record<string, string>>, options: CompileOptions = {}): Plan {
  const { pipelines, diagnostics, environment } = compileTexts(files, options);
  const plan = pipelines.find(({ env }) => env === (options.env ?? environment))?.plan;
  if (plan === undefined) throw new Error(diagnostics.map(describe).join("\n"));
  return plan;
}

/** `unknown-key: …`, a line each. */
export function describe({ code, message }: Diagnostic): string {
  return `${code}: ${message}`;
}
