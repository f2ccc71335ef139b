/** Airflow's templates in a local run. A module of its own, loaded only when a parameter holds one. */
import { airflowContext, type RunFacts } from "../template/context.ts";
import { parseTemplate } from "../template/parse.ts";
import { renderTemplate } from "../template/render.ts";

/** A template that cannot be rendered: one sentence that shows its text. */
export class TemplateProblem extends Error {}

/** Renders texts with what Airflow would know in that task. Throws TemplateProblem. */
export function rendererOf(facts: RunFacts): (text: string) => string {
  const context = airflowContext(facts);
  return (text) => {
    try {
      return renderTemplate(parseTemplate(text), context);
    } catch (error) {
      const shown = text.length > 80 ? `${text.slice(0, 77)}…` : text;
      throw new TemplateProblem(`template ${JSON.stringify(shown)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
}
