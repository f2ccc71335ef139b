/** What a script sees are environment variables: no two things may have one, and none may be larger than the kernel takes. */
import type { Span } from "../../protocol/diagnostic.ts";
import { variableName } from "../../protocol/request-env.ts";
import type { Manifest } from "../catalog/manifest.ts";
import { toJson } from "../parse/node.ts";
import type { Report } from "../parse/report.ts";
import type { Task } from "../resolve/pipeline.ts";
import type { Check } from "./signature.ts";

/** Bytes; Linux takes 128 KiB, name and all, and rendering may add something. */
const largest = 100_000;

export const checkVariables: Check = ({ tasks }, report) => {
  const checked = new Set<Manifest>();
  for (const task of tasks) {
    const operator = task.operator?.found;
    if (operator?.kind !== "manifest") continue;
    if (!checked.has(operator)) {
      checked.add(operator);
      checkOperator(operator, report);
    }
    checkEnv(task, operator, report);
    checkConnections(task, operator, report);
    checkSizes(task, report);
  }
};

interface Named {
  readonly what: string;
  readonly span: Span;
}

function namesOf(operator: Manifest): Map<string, Named[]> {
  const names = new Map<string, Named[]>();
  const add = (prefix: string, kind: string, items: Iterable<{ readonly name: string; readonly span: Span }>) => {
    for (const { name, span } of items) {
      const variable = variableName(prefix, name);
      names.set(variable, [...(names.get(variable) ?? []), { what: `${kind} \`${name}\``, span }]);
    }
  };
  add("PARAM", "parameter", operator.params.values());
  add("INPUT", "input", operator.inputs.values());
  add("OUTPUT", "output", operator.outputs.values());
  return names;
}

function checkOperator(operator: Manifest, report: Report): void {
  for (const [variable, [first, ...others]] of namesOf(operator)) {
    for (const other of others) {
      const notes = first ? [{ message: first.what, span: first.span }] : [];
      report(
        "variable-collision",
        other.span,
        `${other.what} of operator \`${operator.name}\` is the variable ${variable}, as is ${first?.what}`,
        { notes },
      );
    }
  }
}

function checkEnv(task: Task, operator: Manifest, report: Report): void {
  if (task.job === undefined || task.job.env.length === 0) return;
  const taken = namesOf(operator);
  for (const { name, keySpan } of task.job.env) {
    const owner = taken.get(name)?.[0];
    if (owner) report("variable-collision", keySpan, `the variable ${name} of \`job.env\` is that of ${owner.what}`);
    else if (/^(TRADEWIND|AIRFLOW)_/.test(name)) {
      report(
        "variable-collision",
        keySpan,
        `the variable ${name} is not a job's to set: names with TRADEWIND_ and AIRFLOW_ are the launcher's`,
      );
    }
  }
}

function checkConnections(task: Task, operator: Manifest, report: Report): void {
  const seen = new Map<string, { readonly id: string; readonly span: Span }>();
  for (const { name, node } of task.params.values()) {
    if (operator.params.get(name)?.schema.type !== "connection" || node.kind !== "scalar" || typeof node.value !== "string") continue;
    const variable = variableName("AIRFLOW_CONN", node.value);
    const first = seen.get(variable);
    if (first === undefined) seen.set(variable, { id: node.value, span: node.span });
    else if (first.id !== node.value) {
      const notes = [{ message: `\`${first.id}\``, span: first.span }];
      report("variable-collision", node.span, `the connections \`${node.value}\` and \`${first.id}\` are one variable, ${variable}`, {
        notes,
      });
    }
  }
}

function checkSizes(task: Task, report: Report): void {
  const check = (what: string, text: string, span: Span) => {
    if (text.length * 3 <= largest) return;
    const size = new TextEncoder().encode(text).length;
    if (size <= largest) return;
    const message = `${what} of task \`${task.id}\` has ${size} bytes; an environment variable takes ${largest}: put it into a file, and bind that as an input`;
    report("value-too-large", span, message);
  };
  for (const { name, node } of task.params.values()) {
    const value = toJson(node);
    check(`parameter \`${name}\``, typeof value === "string" ? value : JSON.stringify(value), node.span);
  }
  if (task.job?.script) check("the script", task.job.script.value, task.job.script.span);
  const env = task.job?.env ?? [];
  const [first] = env;
  if (first) check("`job.env`", env.map(({ name, value }) => name + value).join(), first.keySpan);
}
