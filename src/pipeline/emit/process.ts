/** The engine `process`: BashOperator, whose command is the launcher. */
import type { JobTaskPlan, Plan } from "../../protocol/plan.ts";
import { environment, withOverride } from "./arguments.ts";
import { fieldText } from "./field.ts";
import { launcherVariables } from "./launcher-command.ts";
import { type Argument, code, literal, named } from "./python.ts";
import { taskEntries } from "./shared.ts";
import type { TaskTexts } from "./texts.ts";

export const bashOperator = "airflow.providers.standard.operators.bash.BashOperator";

export function processArguments(plan: Plan, task: JobTaskPlan, texts: TaskTexts): readonly Argument[] {
  const { env: extra, ...override } = plan.engines.process?.arguments ?? {};
  const entries = [...taskEntries(plan, task), ...launcherVariables(plan)].map((entry) => ({
    key: entry.name,
    value: texts.value(task, entry.name, fieldText(entry)),
  }));
  const fixed = named({ bash_command: code("LAUNCH"), env: environment(extra, entries) });
  const usual = named({ append_env: literal(true), do_xcom_push: literal(false), skip_on_exit_code: literal(99) });
  return withOverride(fixed, override, usual);
}
