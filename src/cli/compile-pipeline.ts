/** A pipeline compiled to its Plan; what is wrong is printed as `check` prints it. Loaded only when no earlier Plan will do. */

import type { CompiledPipeline, CompileOptions } from "../pipeline/compile.ts";
import type { Diagnostic } from "../protocol/diagnostic.ts";
import type { Plan } from "../protocol/plan.ts";
import { compileWorkspace, type WorkspaceCompilation } from "../workspace/compile-workspace.ts";
import { printDiagnostics } from "./chosen.ts";
import { countText } from "./diagnostics.ts";
import { Failure, unknownName } from "./errors.ts";
import { choosePipelines, pipelinePath } from "./open-workspace.ts";
import type { SettingsOptions } from "./options.ts";
import { refuseUnreadVariables } from "./overrides.ts";

export interface PipelinePlan {
  readonly plan: Plan;
  /** The same with all that was asked for. */
  readonly compiled: CompiledPipeline;
  /** The environment that is meant when none is named. */
  readonly usual: string;
  /** What it was compiled from. */
  readonly texts: WorkspaceCompilation["texts"];
}

/** The Plan of `name` in the environment that the options mean. Throws Failure after printing the errors, if there are some. */
export function compilePipeline(
  root: string,
  name: string,
  options: SettingsOptions,
  more: Pick<CompileOptions, "target" | "adapt" | "explain"> = {},
): PipelinePlan {
  const set = new Map(Object.entries(options.set ?? {}));
  const compile = (env: string | undefined, pipeline: string | undefined) =>
    compileWorkspace(root, { ...more, set, ...(env !== undefined && { env }), ...(pipeline !== undefined && { pipeline }) });

  const path = pipelinePath(root, name);
  let compilation = compile(options.env, name);
  if (compilation.pipelines.length === 0 && path !== name) compilation = compile(options.env, path);
  const { environments, environment } = compilation;
  if (options.env !== undefined && !environments.includes(options.env)) throw unknownName("environment", options.env, environments);
  refuseUnreadVariables(options.set, compilation.texts);
  if (compilation.pipelines.length === 0) {
    const all = compile(options.env, undefined);
    // A file that is too broken to have a name may be the one.
    const nameless = new Set(all.pipelines.filter((one) => one.name === one.file).map((one) => one.file));
    printErrors(all, ({ span }) => nameless.has(span.file));
    choosePipelines(root, all.pipelines, name); // throws, and names the nearest
  }
  const env = options.env ?? environment;
  const mine = compilation.pipelines.filter((one) => one.env === env);
  const files = [...new Set(mine.map((one) => one.file))];
  if (files.length > 1) throw new Failure(`"${name}" is the name of several pipelines: ${files.join(", ")}; name one by its path`);
  const [found] = mine;
  if (found?.plan !== undefined) return { plan: found.plan, compiled: found, usual: environment, texts: compilation.texts };
  // Errors of other environments are not this command's business.
  if (options.env === undefined) compilation = compile(env, found?.file ?? name);
  printErrors(compilation, () => true);
  throw new Failure(`${found?.file ?? name} cannot run in ${env}: ${countText(compilation.diagnostics)}`);
}

function printErrors(compilation: WorkspaceCompilation, wanted: (diagnostic: Diagnostic) => boolean): void {
  const errors = compilation.diagnostics.filter((diagnostic) => diagnostic.severity === "error" && wanted(diagnostic));
  if (errors.length > 0) printDiagnostics(errors, compilation.texts, process.stderr);
}
