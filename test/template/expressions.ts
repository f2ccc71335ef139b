/** The table of expressions and what real Airflow made of them; see test/airflow/render.test.ts. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { airflowContext, type RunFacts } from "../../src/template/context.ts";
import { parseTemplate } from "../../src/template/parse.ts";
import { renderTemplate, TemplateError } from "../../src/template/render.ts";

/** `follows: "2.11"` marks the rare place where 3.x is not followed; `note` says why. */
export interface Expression {
  readonly template: string;
  readonly follows?: "2.11";
  readonly note?: string;
}

/** What came out; of an error only its Python class, since messages differ between versions. */
export type Answer = { readonly text: string } | { readonly error: string };

export interface Recorded {
  readonly template: string;
  readonly "3.3": Answer;
  /** Absent when it is that of 3.3. */
  readonly "2.11"?: Answer;
}

function readTable(name: string): unknown {
  return JSON.parse(readFileSync(fileURLToPath(new URL(name, import.meta.url)), "utf8"));
}

export const recordedFile = fileURLToPath(new URL("expressions.airflow.json.golden", import.meta.url));
export const table = readTable("expressions.json") as { readonly facts: RunFacts; readonly expressions: readonly Expression[] };

export function readRecorded(): readonly Recorded[] {
  return readTable("expressions.airflow.json.golden") as readonly Recorded[];
}

const context = airflowContext(table.facts);

/** Our own answer; anything but a TemplateError is a bug and is thrown. */
export function render(template: string): Answer {
  try {
    return { text: renderTemplate(parseTemplate(template), context) };
  } catch (error) {
    if (error instanceof TemplateError) return { error: error.message };
    throw error;
  }
}

/** Equal texts, or errors both. */
export function agrees(ours: Answer, theirs: Answer): boolean {
  return "text" in ours ? "text" in theirs && ours.text === theirs.text : "error" in theirs;
}
