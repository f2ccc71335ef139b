/** Every check of a pipeline. Each is a file beside this one. */
import type { Report } from "../parse/report.ts";
import type { Pipeline } from "../resolve/pipeline.ts";
import type { Sources } from "../sources.ts";
import { checkCritical } from "./critical.ts";
import { checkCycles } from "./cycles.ts";
import { checkDag } from "./dag.ts";
import { checkDefaults } from "./defaults.ts";
import { checkInputs } from "./inputs.ts";
import { checkJobs } from "./jobs.ts";
import { checkNames } from "./names.ts";
import { checkNeeds } from "./needs.ts";
import { checkOperators } from "./operators.ts";
import { checkParameters } from "./parameters.ts";
import { checkPresets } from "./presets.ts";
import { checkSecrets } from "./secrets.ts";
import { checkShiftedDate } from "./shifted-date.ts";
import { checkTemplates } from "./templates.ts";
import { checkTypes } from "./types.ts";
import { checkVariables } from "./variables.ts";

export type Check = (pipeline: Pipeline, report: Report, sources: Sources) => void;

const checks: readonly Check[] = [
  checkDag,
  checkShiftedDate,
  checkDefaults,
  checkOperators,
  checkTypes,
  checkNeeds,
  checkInputs,
  checkCycles,
  checkParameters,
  checkPresets,
  checkJobs,
  checkNames,
  checkVariables,
  checkTemplates,
  checkSecrets,
  checkCritical,
];

export function checkPipeline(pipeline: Pipeline, sources: Sources, report: Report): void {
  for (const check of checks) check(pipeline, report, sources);
}
