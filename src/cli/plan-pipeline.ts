/** From a pipeline's name to its Plan, for commands that work with one. */
import type { Plan } from "../protocol/plan.ts";
import { readTexts } from "../workspace/read.ts";
import { pipelinePath } from "./open-workspace.ts";
import type { SettingsOptions } from "./options.ts";
import { readCachedPlan, writeCachedPlan } from "./plan-cache.ts";

/** The Plan of `name` in the environment that the options mean. Throws Failure after printing the errors, if there are some. */
export async function planPipeline(root: string, name: string, options: SettingsOptions): Promise<Plan> {
  const question = { name, path: pipelinePath(root, name), env: options.env, set: options.set ?? {} };
  const known = readCachedPlan(root, question, readTexts(root));
  if (known !== undefined) return known;
  const { compilePipeline } = await import("./compile-pipeline.ts");
  const { plan, texts } = compilePipeline(root, name, options);
  writeCachedPlan(root, question, texts, plan);
  return plan;
}
