/** Every check of a pipeline. Each is a file beside this one. */
import type { Report } from "../parse/report.ts";
import type { NamedOperator, Pipeline } from "../resolve/pipeline.ts";
import type { Sources } from "../sources.ts";
import { checkColumns } from "./columns.ts";
import { checkContainers } from "./containers.ts";
import { checkCritical } from "./critical.ts";
import { checkCycles } from "./cycles.ts";
import { checkDag } from "./dag.ts";
import { checkDefaults } from "./defaults.ts";
import { checkGroups } from "./groups.ts";
import { checkInputs } from "./inputs.ts";
import { checkJobs } from "./jobs.ts";
import { checkNames } from "./names.ts";
import { checkNeeds } from "./needs.ts";
import { checkOperators } from "./operators.ts";
import { checkParameters } from "./parameters.ts";
import { checkPresets } from "./presets.ts";
import { checkSecrets } from "./secrets.ts";
import { checkShiftedDate } from "./shifted-date.ts";
import type { Check } from "./signature.ts";
import { checkTemplates } from "./templates.ts";
import { checkTypes } from "./types.ts";
import { checkVariables } from "./variables.ts";

const checks: readonly Check[] = [
  checkDag,
  checkShiftedDate,
  checkDefaults,
  checkOperators,
  checkTypes,
  checkNeeds,
  checkInputs,
  checkColumns,
  checkCycles,
  checkParameters,
  checkPresets,
  checkJobs,
  checkContainers,
  checkNames,
  checkGroups,
  checkVariables,
  checkTemplates,
  checkSecrets,
  checkCritical,
];

/** Those that hold for a pipeline that is used as an operator as well. */
const ofUses: readonly Check[] = [checkNeeds, checkInputs, checkParameters];

export function checkPipeline(pipeline: Pipeline, sources: Sources, report: Report): void {
  const whole = pipeline.uses.length === 0 ? pipeline : { ...pipeline, tasks: [...pipeline.tasks, ...pipeline.uses] };
  const noted = notingUses(pipeline, report);
  for (const check of checks) check(ofUses.includes(check) ? whole : pipeline, noted, sources);
}

/** What is said inside of a pipeline that is used as an operator says where that is. */
function notingUses({ file, uses }: Pipeline, report: Report): Report {
  if (uses.length === 0) return report;
  return (code, span, message, more = {}) => {
    const inside = span.file === file ? [] : uses.filter(({ operator }) => fileOf(operator) === span.file);
    const use = inside.find(({ id }) => message.includes(`\`${id}.`)) ?? inside[0];
    const notes = use?.operator ? [{ message: `\`${use.operator.name}\` is used here`, span: use.operator.span }] : [];
    report(code, span, message, { ...more, notes: [...(more.notes ?? []), ...notes] });
  };
}

function fileOf(operator: NamedOperator | undefined): string | undefined {
  return operator?.found?.kind === "manifest" ? operator.found.file : undefined;
}
