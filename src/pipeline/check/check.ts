/** Every check of a pipeline. Each is a file beside this one. */
import type { Report } from "../parse/report.ts";
import type { Pipeline } from "../resolve/pipeline.ts";
import type { Sources } from "../sources.ts";

export type Check = (pipeline: Pipeline, report: Report, sources: Sources) => void;

const checks: readonly Check[] = [];

export function checkPipeline(pipeline: Pipeline, sources: Sources, report: Report): void {
  for (const check of checks) check(pipeline, report, sources);
}
