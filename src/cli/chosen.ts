/** Compiling what a command is about, and saying what is wrong with it. */
import type { CompiledPipeline, CompileOptions } from "../pipeline/compile.ts";
import type { Diagnostic } from "../protocol/diagnostic.ts";
import { compileWorkspace, type WorkspaceCompilation } from "../workspace/compile-workspace.ts";
import { countText, renderForTerminal } from "./diagnostics.ts";
import { Failure, unknownName } from "./errors.ts";
import { choosePipelines, openWorkspace } from "./open-workspace.ts";
import type { SettingsOptions, WorkspaceOption } from "./options.ts";
import { refuseUnreadVariables } from "./overrides.ts";
import { refreshSchemas, usesSchemas } from "./schema-files.ts";
import { createSourceTexts } from "./source-text.ts";
import { type Stream, wantsColor } from "./terminal.ts";

export interface Chosen {
  /** Folder of the workspace. */
  readonly root: string;
  readonly compilation: WorkspaceCompilation;
  /** What the command is about: one entry a pipeline and environment. */
  readonly pipelines: readonly CompiledPipeline[];
  /** Those that concern these pipelines; faults of other pipelines are none of theirs. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles the pipelines that `name` means, or all; in `--env`, or all environments. With all, the editors' schemas are made current. */
export function compileChosen(
  name: string | undefined,
  options: WorkspaceOption & SettingsOptions,
  more: Pick<CompileOptions, "target" | "explain" | "plans"> = {},
): Chosen {
  const root = openWorkspace(options);
  const compilation = compileWorkspace(root, {
    ...more,
    words: name === undefined && usesSchemas(root),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.set === undefined ? {} : { set: new Map(Object.entries(options.set)) }),
  });
  refreshSchemas(root, compilation.words);
  if (options.env !== undefined && !compilation.environments.includes(options.env))
    throw unknownName("environment", options.env, compilation.environments);
  refuseUnreadVariables(options.set, compilation.texts);
  if (name === undefined) return { root, compilation, pipelines: compilation.pipelines, diagnostics: compilation.diagnostics };
  const pipelines = choosePipelines(root, compilation.pipelines, name);
  const others = new Set(compilation.pipelines.filter((one) => !pipelines.includes(one)).map(({ file }) => file));
  for (const { file } of pipelines) others.delete(file);
  const diagnostics = compilation.diagnostics.filter(({ span }) => !others.has(span.file));
  return { root, compilation, pipelines, diagnostics };
}

/** Nobody reads more at once, and the first ones are often the cause of the rest. */
const mostShown = 200;

/** Prints diagnostics for a person. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], texts: ReadonlyMap<string, unknown>, stream: Stream): void {
  if (diagnostics.length === 0) return;
  const style = { color: wantsColor(stream), width: Math.max(40, stream.columns ?? 120) };
  stream.write(`${renderForTerminal(diagnostics.slice(0, mostShown), createSourceTexts(texts), style)}\n`);
  const hidden = diagnostics.length - mostShown;
  if (hidden > 0) stream.write(`… and ${hidden} more; mend these first\n\n`);
}

/** Prints what is wrong to stderr; a Failure when anything is an error. `consequence`: "nothing was written". */
export function refuseErrors({ diagnostics, compilation }: Chosen, consequence: string): void {
  printDiagnostics(diagnostics, compilation.texts, process.stderr);
  if (diagnostics.some(({ severity }) => severity === "error")) throw new Failure(`${countText(diagnostics)}; ${consequence}`);
}
