/** Passwords and tokens have no place in a file: they would be in git, in dag.py and in Airflow's pages. A pipeline names a connection. */

import type { Span } from "../../protocol/diagnostic.ts";
import { isTemplate } from "../../protocol/request-env.ts";
import { type Node, toJson } from "../parse/node.ts";
import type { Report } from "../parse/report.ts";
import type { Check } from "./signature.ts";

/** Forms that are nothing but secrets. Repetitions are bounded, so that no text can make the search slow. */
const forms: readonly { readonly what: string; readonly form: RegExp }[] = [
  { what: "an address with a password", form: /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]{0,200}:(?!\{\{|\$\{|\*+@|<)[^\s/:@]{1,200}@/i },
  { what: "a private key", form: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/ },
  { what: "an AWS access key", form: /\b(AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { what: "a GitLab token", form: /\bgl(pat|dt|rt|ptt)-[0-9A-Za-z_-]{20,}/ },
  { what: "a GitHub token", form: /\b(gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{40,})/ },
  { what: "a Slack token", form: /\bxox[abpr]-[0-9A-Za-z-]{10,}/ },
  { what: "an API key", form: /\bsk-[A-Za-z0-9_-]{32,}|\bsk_live_[0-9A-Za-z]{16,}|\bAIza[0-9A-Za-z_-]{35}\b/ },
  { what: "a signed token (JWT)", form: /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,}/ },
  { what: "a password in a connection's text", form: /\bpassword\s*=\s*(?!['"]?(\s|$|\{\{|\$\{|\*|<|:|%\(|\?|\$\d))['"]?[^\s'";,)]{4,}/i },
];

/** A key that names a secret, as its last word. */
const secretKey = /(^|[_.-])(password|passwd|pwd|secret|token|api_?key|secret_?key|access_?key|private_?key|passphrase)$/i;

export const checkSecrets: Check = ({ tasks, settings, dag }, report) => {
  for (const { params, job } of tasks) {
    for (const { name, keySpan, node } of params.values()) lookAt(node, name, keySpan, report);
    for (const { name, keySpan, value } of job?.env ?? []) lookAtText(value, name, keySpan, report);
    if (job?.script) lookAtText(job.script.value, "", job.script.span, report);
  }
  for (const { key, keySpan, value } of dag.paramEntries) lookAt(value, key, keySpan, report);
  for (const { key, keySpan, value } of settings.tree.entries) {
    if (key === "vars" || key === "engines") lookAt(value, key, keySpan, report);
  }
};

function lookAt(node: Node, key: string, keySpan: Span, report: Report): void {
  if (node.via) return; // it is looked at where it was written
  if (node.kind === "list") for (const item of node.items) lookAt(item, key, keySpan, report);
  else if (node.kind === "map") for (const entry of node.entries) lookAt(entry.value, entry.key, entry.keySpan, report);
  else if (typeof node.value === "string") lookAtText(String(toJson(node)), key, keySpan, report);
}

/** The key is underlined, and the text is never repeated: what a message holds ends in a log. */
function lookAtText(text: string, key: string, span: Span, report: Report): void {
  if (span.file === "") return; // given by --set, and in no file
  const found = forms.find(({ form }) => form.test(text));
  if (found !== undefined) {
    report("secret", span, `this holds ${found.what}; keep it in a connection (AIRFLOW_CONN_<ID>, or Airflow's own), and name its id here`);
  } else if (secretKey.test(key) && looksSecret(text)) {
    report("secret-like", span, `\`${key}\` looks like a secret; keep it in a connection, and name its id here`);
  }
}

/** Not a template, a reference, a path, a name in words or a placeholder. */
function looksSecret(text: string): boolean {
  if (text.length < 6 || /\s/.test(text) || isTemplate(text) || text.includes("${") || /^[<*/.]/.test(text)) return false;
  return /[0-9]/.test(text) && /[A-Za-z]/.test(text);
}
