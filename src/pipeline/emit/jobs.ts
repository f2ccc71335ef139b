/** The operator of a job, by its engine. */
import type { EngineName, JobTaskPlan, Plan } from "../../protocol/plan.ts";
import { dockerArguments, dockerOperator } from "./docker.ts";
import type { Imports } from "./imports.ts";
import { podArguments, podOperator } from "./kubernetes.ts";
import { bashOperator, processArguments } from "./process.ts";
import type { Argument } from "./python.ts";
import type { TaskTexts } from "./texts.ts";

const operators: { readonly [engine in EngineName]: string } = { process: bashOperator, docker: dockerOperator, kubernetes: podOperator };

/** Path of the class: Airflow's own, or what the settings put in its place. */
export function jobOperator(plan: Plan, { engine }: JobTaskPlan): string {
  return plan.engines[engine]?.operator ?? operators[engine];
}

/** What the class is given, beside what all operators take. */
export function jobArguments(plan: Plan, task: JobTaskPlan, imports: Imports, texts: TaskTexts): readonly Argument[] {
  switch (task.engine) {
    case "process":
      return processArguments(plan, task, texts);
    case "docker":
      return dockerArguments(plan, task, imports, texts);
    case "kubernetes":
      return podArguments(plan, task, imports, texts);
  }
}
