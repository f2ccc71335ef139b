/**
 * Kubernetes reads `$(NAME)` and `$$` in the values of a container's variables, after Airflow has rendered them. What is written here
 * comes out of both as the same characters. The algorithm is k8s.io/kubernetes third_party/forked/golang/expansion.
 */
import type { EnvEntry } from "../../protocol/request-env.ts";
import { template, verbatim } from "./field.ts";

/** A text that Kubernetes leaves as `text`. A `$` alone means nothing to it, except before a character beyond ASCII, which it would tear apart. */
function escapeDollars(text: string): string {
  return text.replaceAll(/\$(?=[$(]|[^\0-\x7f])/g, "$$$$");
}

/** One variable of the request, as the field of a KubernetesPodOperator. */
export function podFieldText(entry: EnvEntry): string {
  if (!entry.template) return verbatim(escapeDollars(entry.text));
  if (isDates(entry.text)) return template(entry.text);
  // Airflow drops the last line end of a template; inside of a block it would stay.
  return `{% filter replace("$", "$$") %}${entry.text.replace(/\n$/, "")}{% endfilter %}`;
}

const dates =
  /\{\{ *(?:run_id|ds|ds_nodash|ts|ts_nodash|ts_nodash_with_tz|logical_date|data_interval_(?:start|end))(?: *\| *(?:ds|ds_nodash|ts|ts_nodash|string))? *\}\}/g;

/** True when nothing that is rendered can hold a `$`: only dates stand in the text. */
function isDates(text: string): boolean {
  return !/\$|\{[{%#]/.test(text.replaceAll(dates, ""));
}
