/** Texts of several lines become constants, where they read as they are; all others stay in place. */
import type { TaskPlan } from "../../protocol/plan.ts";
import { localName } from "./children.ts";
import type { Names } from "./names.ts";
import { code, type Expression, string, tripleQuote } from "./python.ts";

/** One constant, ready to print. */
export interface Constant {
  readonly name: string;
  readonly code: string;
}

/** Collects the constants of all tasks. */
export class TaskTexts {
  readonly constants: Constant[] = [];
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  /** The value of a task's variable. */
  value(task: TaskPlan, variable: string, text: string): Expression {
    const triple = tripleQuote(text);
    if (triple === undefined) return string(text);
    const suffix = variable.replace(/^(?:PARAM|TRADEWIND)_/, "");
    const name = this.#names.claim(`${localName(task.id)}_${suffix}`.toUpperCase(), `${task.id}_${suffix}`.toUpperCase());
    this.constants.push({ name, code: `${name} = ${triple}` });
    return code(name);
  }
}
