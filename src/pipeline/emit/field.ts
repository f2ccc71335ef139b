/**
 * The only two writers into an operator's template fields. Airflow renders them with Jinja, reads a file in place of a text that ends
 * like a script, drops a last line end and turns CR into LF; these rules were checked against Airflow 2.10 to 3.4 (test/airflow).
 */
import type { EnvEntry } from "../../protocol/request-env.ts";

/** Endings for which Airflow reads a file instead: those of BashOperator, and of the other operators that run jobs. */
const fileEnding = /\.(?:sh|bash|env|yaml|yml|json)$/;

/** What the author wrote as a template, to be rendered; never taken for a file's name. */
export function template(text: string): string {
  return fileEnding.test(text) ? `${text}{# #}` : text;
}

/** A text that comes out of Airflow's renderer as the very same characters. */
export function verbatim(text: string): string {
  const escaped = text.replaceAll(/\{(?=[{%#\r])/g, "{{ '{' }}").replaceAll("\r", "{{ '\\r' }}");
  if (escaped.endsWith("\n")) return `${escaped}{# #}`;
  // The line end that Airflow drops lets a text of several lines stand in its literal as it is written.
  if (escaped.includes("\n")) return `${escaped}\n`;
  return fileEnding.test(escaped) ? `${escaped}{# #}` : escaped;
}

/** One variable of the request, as the field's text. */
export function fieldText(entry: EnvEntry): string {
  return entry.template ? template(entry.text) : verbatim(entry.text);
}
