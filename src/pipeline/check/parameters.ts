/** Parameters against the operator's schema. What is rendered at run time is checked again by the launcher. */

import { checkValue } from "../../protocol/check-value.ts";
import type { Note } from "../../protocol/diagnostic.ts";
import { isTemplate } from "../../protocol/request-env.ts";
import type { JsonSchema } from "../../protocol/schema.ts";
import { nearest } from "../../protocol/suggest.ts";
import { type AirflowClass, type AirflowInterface, isPythonName, ownArguments } from "../catalog/airflow.ts";
import { namesConnection } from "../catalog/connection-name.ts";
import type { Manifest, Parameter } from "../catalog/manifest.ts";
import { jobKeys, taskKeys } from "../parse/keys.ts";
import { meantBoolean, meantNumber, writeAs } from "../parse/meant.ts";
import { isNull, type Node, nodeAt, toJson } from "../parse/node.ts";
import { origin } from "../parse/read.ts";
import { didYouMean, type More, quote, type Report, renameTo, slipOf } from "../parse/report.ts";
import type { GivenParam, Task } from "../resolve/pipeline.ts";
import type { Check } from "./signature.ts";

export const checkParameters: Check = ({ tasks }, report) => {
  for (const task of tasks) {
    const operator = task.operator?.found;
    if (operator?.kind === "airflow") checkArguments(task, operator, report);
    if (operator?.kind !== "manifest" || operator.broken) continue;
    for (const given of task.params.values()) {
      const parameter = operator.params.get(given.name);
      if (parameter === undefined) reportUnknown(operator, given, report);
      else checkGiven(parameter, given, report);
    }
    if (!task.enabled || !task.complete) continue;
    for (const { name, required, span } of operator.params.values()) {
      if (!required || task.params.has(name)) continue;
      const notes = span.file.startsWith("builtin/") ? [] : [{ message: "the parameter", span }];
      report(
        "missing-parameter",
        task.nameSpan,
        `task \`${task.id}\` lacks the parameter \`${name}\`, which operator \`${operator.name}\` requires`,
        { notes },
      );
    }
  }
};

function checkGiven(parameter: Parameter, given: GivenParam, report: Report): void {
  const { name, node } = given;
  const { schema, required } = parameter;
  if (isNull(node) && !required) return; // as if it were not given
  const ends = parameter.span.file.startsWith("builtin/") ? [] : [{ message: "the parameter", span: parameter.span }];
  const notes = [...origin(node), ...ends, ...useOf(given)];
  if (schema.type === "connection") {
    checkConnection(name, node, report);
    return;
  }
  const rendered = schema.template !== false;
  for (const { pointer, message } of checkValue(toJson(node), schema)) {
    const at = nodeAt(node, pointer);
    if (rendered && holdsTemplate(at)) continue;
    report("invalid-parameter", at.span, `parameter \`${name}${pointer.replaceAll("/", ".")}\`: ${message}`, {
      notes,
      ...rewritten(at, schema, pointer),
    });
  }
}

/** Where the task names the preset that gives it. */
function useOf({ preset }: GivenParam): readonly Note[] {
  return preset ? [{ message: `the preset \`${preset.preset.name}\` is used here`, span: preset.span }] : [];
}

/** A text, or a list or map around one, that is something else after rendering. */
function holdsTemplate(node: Node): boolean {
  if (node.kind === "scalar") return typeof node.value === "string" && isTemplate(node.value);
  if (node.kind === "list") return node.items.some(holdsTemplate);
  return node.entries.some(({ value }) => holdsTemplate(value));
}

/** A number or boolean where a text is wanted was meant as one; so was a text that only looks like what is wanted. */
function rewritten(node: Node, schema: JsonSchema, pointer: string): Pick<More, "fix"> {
  if (pointer !== "" || node.kind !== "scalar" || node.value === null || node.via || schema.enum !== undefined) return {};
  if (typeof node.value !== "string") return schema.type === "string" ? renameTo(JSON.stringify(node.text), node.text, node.span) : {};
  if (schema.type === "boolean") return writeAs(meantBoolean(node), node);
  const meant = meantNumber(node);
  const fits = schema.type === "number" || (schema.type === "integer" && !meant?.includes("."));
  return fits ? writeAs(meant, node) : {};
}

function checkConnection(name: string, node: Node, report: Report): void {
  const id = node.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
  if (id === undefined) {
    report("invalid-parameter", node.span, `parameter \`${name}\` names a connection, and so is a text`, { notes: origin(node) });
  } else if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(id) || id.length > 200) {
    const hint = id.includes("://") ? "; put the address into AIRFLOW_CONN_<ID> or Airflow's connections, and name its id here" : "";
    const what = id.includes("://") ? "an address" : quote(id);
    report(
      "invalid-name",
      node.span,
      `parameter \`${name}\` names a connection by its id (letters, digits, \`_\` and \`-\`), not ${what}${hint}`,
      { notes: origin(node) },
    );
  }
}

function reportUnknown(operator: Manifest, given: GivenParam, report: Report): void {
  const names = [...operator.params.keys()];
  const near = nearest(given.name, [...names, ...taskKeys]);
  const inJob = jobKeys.includes(given.name);
  const port = operator.inputs.has(given.name);
  const hint = inJob
    ? `; it belongs under \`job:\` as \`job: { ${given.name}: … }\``
    : port
      ? "; it is an input, which belongs under `inputs:`"
      : (misplaced(operator, given) ?? didYouMean(near));
  const notes =
    hint === "" ? [{ message: names.length === 0 ? `\`${operator.name}\` has no parameters` : `it has ${names.join(", ")}` }] : [];
  report("unknown-parameter", given.keySpan, `operator \`${operator.name}\` has no parameter ${quote(given.name)}${hint}`, {
    notes: [...notes, ...useOf(given)],
    ...(inJob || port ? {} : slipOf(given.name, [...names, ...taskKeys], given.keySpan)),
  });
}

/** A key that no operator could have. */
function misplaced({ params }: Manifest, { name, node }: GivenParam): string | undefined {
  if (node.kind === "map" && node.entries.some(({ key }) => key === "operator_type"))
    return "; it is a task, and a task holds no tasks: give it a place beside this one";
  if (/\{\{|\$\{/.test(name)) return "; a key is never a template or a setting";
  if (["depends_on", "upstream", "dependencies", "after"].includes(name)) return "; did you mean `needs`?";
  const connections = [...params.values()].filter(({ schema }) => schema.type === "connection");
  const [only, ...others] = connections;
  return only && others.length === 0 && namesConnection(name) ? didYouMean(only.name) : undefined;
}

/**
 * What we write ourselves cannot be given twice; the rest is held against what the class takes, where that is known. A name that is
 * near to none may be one of another version of the provider, so it is only warned of.
 */
function checkArguments(task: Task, { classPath, known, own }: AirflowClass, report: Report): void {
  const name = own?.name ?? classPath.slice(classPath.lastIndexOf(".") + 1);
  let strange = false;
  for (const given of task.params.values()) {
    const sound = checkArgument(task, given, report);
    if (!sound || known === undefined) continue;
    const param = known.params.get(given.name);
    if (param === undefined && !known.open) {
      const near = nearest(given.name, [...known.params.keys(), ...taskKeys]);
      strange ||= near === undefined;
      const of = known.source === undefined ? "" : ` in ${known.source}`;
      const message = `\`${name}\` has no argument ${quote(given.name)}${of}${didYouMean(near)}`;
      report(near === undefined && own === undefined ? "unknown-argument" : "unknown-parameter", given.keySpan, message, {
        notes: useOf(given),
        ...slipOf(given.name, [...known.params.keys(), ...taskKeys], given.keySpan),
      });
    } else if (param && own) checkOwn(param, given, known, report);
  }
  if (known === undefined || strange || !task.enabled || !task.complete) return;
  for (const { name: param, required, span } of known.params.values()) {
    if (!required || task.params.has(param) || Object.hasOwn(ownArguments, param)) continue;
    const of = known.source === undefined ? "" : ` in ${known.source}`;
    const notes = own === undefined ? [] : [{ message: "the parameter", span }];
    report("missing-parameter", task.nameSpan, `task \`${task.id}\` lacks the argument \`${param}\`, which \`${name}\` requires${of}`, {
      notes,
    });
  }
}

/** The annotations of a class of the workspace are the team's own word. */
function checkOwn({ schema, span }: Parameter, { name, node }: GivenParam, { templateFields }: AirflowInterface, report: Report): void {
  if (isNull(node)) return;
  if (schema.type === "connection") {
    checkConnection(name, node, report);
    return;
  }
  const rendered = templateFields === undefined || templateFields.includes(name);
  for (const { pointer, message } of checkValue(toJson(node), schema)) {
    const at = nodeAt(node, pointer);
    if (rendered && holdsTemplate(at)) continue;
    const notes = [...origin(node), { message: "the parameter", span }];
    report("invalid-parameter", at.span, `parameter \`${name}${pointer.replaceAll("/", ".")}\`: ${message}`, { notes });
  }
}

/** False, with a diagnostic, when it cannot be an argument at all. */
function checkArgument(task: Task, { name, keySpan }: GivenParam, report: Report): boolean {
  const own = Object.hasOwn(ownArguments, name) ? ownArguments[name] : undefined;
  if (own !== undefined)
    report("unknown-parameter", keySpan, `the argument \`${name}\` of task \`${task.id}\` is given by ${own}; take it away`);
  else if (!isPythonName(name))
    report("invalid-name", keySpan, `${quote(name)} is no name of an argument in Python: letters, digits and \`_\``);
  return own === undefined && isPythonName(name);
}
