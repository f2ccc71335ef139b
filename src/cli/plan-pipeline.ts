/** From a pipeline's name to its Plan, for commands that work with one; what is wrong is printed as `check` prints it. */

import type { Plan } from "../protocol/plan.ts";
import { compileWorkspace } from "../workspace/compile-workspace.ts";
import { printDiagnostics } from "./chosen.ts";
import { countText } from "./diagnostics.ts";
import { Failure, unknownName } from "./errors.ts";
import { choosePipelines, pipelinePath } from "./open-workspace.ts";
import type { SettingsOptions } from "./options.ts";
import { refuseUnreadVariables } from "./overrides.ts";

/** The Plan of `name` in the environment that the options mean. Throws Failure after printing the errors, if there are some. */
export function planPipeline(root: string, name: string, options: SettingsOptions): Plan {
  const set = new Map(Object.entries(options.set ?? {}));
  const compile = (env: string | undefined, pipeline: string | undefined) =>
    compileWorkspace(root, { set, ...(env !== undefined && { env }), ...(pipeline !== undefined && { pipeline }) });

  const path = pipelinePath(root, name);
  let compilation = compile(options.env, name);
  if (compilation.pipelines.length === 0 && path !== name) compilation = compile(options.env, path);
  const { environments, environment } = compilation;
  if (options.env !== undefined && !environments.includes(options.env)) throw unknownName("environment", options.env, environments);
  refuseUnreadVariables(options.set, compilation.texts);
  if (compilation.pipelines.length === 0) {
    const all = compile(options.env, undefined);
    choosePipelines(root, all.pipelines, name); // throws, and names the nearest
  }
  const env = options.env ?? environment;
  const mine = compilation.pipelines.filter((one) => one.env === env);
  const files = [...new Set(mine.map((one) => one.file))];
  if (files.length > 1) throw new Failure(`"${name}" is the name of several pipelines: ${files.join(", ")}; name one by its path`);
  const [found] = mine;
  if (found?.plan !== undefined) return found.plan;
  // Errors of other environments are not this command's business.
  if (options.env === undefined) compilation = compile(env, found?.file ?? name);
  printDiagnostics(
    compilation.diagnostics.filter(({ severity }) => severity === "error"),
    compilation,
    process.stderr,
  );
  throw new Failure(`${found?.file ?? name} cannot run in ${env}: ${countText(compilation.diagnostics)}`);
}
