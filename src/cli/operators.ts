/** `tradewind operators`: every operator in reach, and how each is used. */
import { Command, Option } from "commander";
import { ownArguments } from "../pipeline/catalog/airflow.ts";
import { type Columns, listColumns } from "../pipeline/catalog/columns.ts";
import type { InputPort, Parameter } from "../pipeline/catalog/manifest.ts";
import { describeSchema, showValue } from "../protocol/check-value.ts";
import { unknownName } from "./errors.ts";
import { openWorkspace } from "./open-workspace.ts";
import { airflowPages, type OperatorPage, workspacePages } from "./operator-pages.ts";
import { type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";
import { columnsOf, createPaint, type Paint, pad, visible, wantsColor, wrap } from "./terminal.ts";

interface OperatorsOptions extends WorkspaceOption {
  readonly format: "text" | "json" | "markdown";
  readonly airflow?: boolean;
}

export function operatorsCommand(): Command {
  const command = new Command("operators")
    .description("list the operators, or show how one is used")
    .argument("[name]", "name of an operator, or a class of Airflow's standard providers")
    .addOption(new Option("--format <format>", "how to print them").choices(["text", "json", "markdown"]).default("text"))
    .option("--airflow", "list the operators of Airflow's standard providers too")
    .action((name: string | undefined, options: OperatorsOptions) => operators(name, options));
  return withExamples(withWorkspace(command), "tradewind operators", "tradewind operators pg_to_csv", "tradewind operators S3ListOperator");
}

function operators(name: string | undefined, options: OperatorsOptions): void {
  const own = workspacePages(openWorkspace(options));
  const shown = name === undefined ? [...own, ...(options.airflow ? airflowPages() : [])] : findPages(name, own);
  if (options.format === "json") console.log(JSON.stringify(shown.map(operatorData), null, 2));
  else if (options.format === "markdown") console.log(shown.map(markdownOf).join("\n"));
  else if (name === undefined) list(shown, options.airflow ?? false);
  else for (const page of shown) describe(page, createPaint(wantsColor(process.stdout)));
}

function findPages(name: string, own: readonly OperatorPage[]): readonly OperatorPage[] {
  const found = own.filter((page) => page.name === name);
  if (found.length > 0) return found;
  const airflow = airflowPages(name);
  if (airflow.length > 0) return airflow;
  const classes = airflowPages().map((page) => page.name.slice(page.name.lastIndexOf(".") + 1));
  throw unknownName("operator", name, [...new Set([...own.map((page) => page.name), ...(/[A-Z]/.test(name) ? classes : [])])]);
}

function list(found: readonly OperatorPage[], all: boolean): void {
  const paint = createPaint(wantsColor(process.stdout));
  const rows = found.map(({ name, place, description }) => ({ name, place, about: firstLine(description ?? "") }));
  const names = Math.max(0, ...rows.map(({ name }) => columnsOf(name)));
  const places = Math.max(0, ...rows.map(({ place }) => columnsOf(place)));
  for (const { name, place, about } of rows)
    console.log(`${paint("bold", pad(visible(name), names))}  ${paint("dim", pad(visible(place), places))}  ${visible(about)}`);
  console.log("\nAn operator of Airflow is named by its class: operator_type: airflow.providers.standard.sensors.bash.BashSensor");
  if (!all) console.log("--airflow lists those of the standard providers.");
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}

function describe(page: OperatorPage, paint: Paint): void {
  console.log(`${paint("bold", visible(page.name))}  ${paint("dim", visible(page.file ?? page.place))}`);
  if (page.description !== undefined) for (const line of wrap(visible(page.description.trim()), 100)) console.log(line);
  const rows = (title: string, lines: readonly (readonly [string, string])[]) => {
    if (lines.length === 0) return;
    console.log(`\n${title}:`);
    const width = Math.max(...lines.map(([name]) => columnsOf(name)));
    for (const [name, text] of lines) {
      const [first = "", ...rest] = wrap(visible(text), Math.max(40, 98 - width));
      console.log(`  ${pad(visible(name), width)}  ${first}`);
      for (const line of rest) console.log(`  ${" ".repeat(width)}  ${line}`);
    }
  };
  for (const { title, lines } of sectionsOf(page)) rows(title, lines);
  if (page.airflow) console.log(`\nand what all of Airflow's operators take: tradewind operators ${basePath}`);
  console.log(`\nexample:\n${exampleOf(page)}`);
}

interface Section {
  readonly title: string;
  readonly lines: readonly (readonly [name: string, text: string])[];
}

function sectionsOf(page: OperatorPage): readonly Section[] {
  const { params, inputs, outputs, effects } = page;
  const usual = page.airflow ? ofEveryOperator(page) : new Map<string, string>();
  const given = params.filter((param) => usual.get(param.name) !== JSON.stringify(param));
  return [
    {
      title: page.airflow ? "arguments" : "parameters",
      lines: given.map((param) => [param.name, describeParameter(param, page)] as const),
    },
    { title: "inputs", lines: inputs.map((port) => [port.name, describeInput(port)] as const) },
    { title: "outputs", lines: outputs.map(({ name, type, columns }) => [name, `${type}${describeColumns(columns)}`] as const) },
    { title: "effects", lines: effects === undefined ? [] : [[effects, aboutEffects[effects]] as const] },
  ].filter(({ lines }) => lines.length > 0);
}

const basePath = "airflow.sdk.BaseOperator";

/** What all of Airflow's operators take is told once, on the page of their base; what Tradewind writes itself, nowhere. */
function ofEveryOperator({ params }: OperatorPage): ReadonlyMap<string, string> {
  const base = airflowPages(basePath).flatMap((page) => page.params);
  const own = params.filter(({ name }) => Object.hasOwn(ownArguments, name));
  const all = base.length === params.length ? own : [...base, ...own];
  return new Map(all.map((param) => [param.name, JSON.stringify(param)]));
}

const aboutEffects = {
  none: "the same inputs give the same outputs: a repeated run takes them from the cache",
  reads: "looks at the outside world: only local runs take its outputs from the cache, and say how old they are",
  writes: "changes the outside world: it is done again in every run",
} as const;

function describeParameter({ name, schema, required }: Parameter, { airflow, templates }: OperatorPage): string {
  const facts = [describeSchema(schema)];
  if (schema.default !== undefined) facts.push(`default ${showValue(schema.default)}`);
  else facts.push(required ? "required" : "optional");
  if (schema.template === false) facts.push("never a template");
  if (airflow && templates?.includes(name)) facts.push("may be a template");
  return `${facts.join("; ")}${schema.description === undefined ? "" : `. ${schema.description.trim()}`}`;
}

function describeInput({ types, optional, many, columns }: InputPort): string {
  return `${types.join(" or ")}${many ? ", any number of them" : ""}${optional ? "; optional" : ""}${describeColumns(columns)}`;
}

function describeColumns(columns: Columns | undefined): string {
  return columns === undefined ? "" : `; columns ${listColumns(columns)}`;
}

/** A task that uses it, with what is required. */
function exampleOf(page: OperatorPage): string {
  const lines = ["tasks:", `  my_task:`, `    operator_type: ${page.name}`];
  const inputs = page.inputs.filter(({ optional }) => !optional);
  if (inputs.length > 0)
    lines.push(`    inputs: { ${inputs.map(({ name, many }) => `${name}: ${many ? "[other_task]" : "other_task"}`).join(", ")} }`);
  for (const { name, schema, required } of page.params)
    if (required && !(page.airflow && Object.hasOwn(ownArguments, name))) lines.push(`    ${name}: ${sampleValue(schema)}`);
  if (page.free)
    lines.push(
      "    inputs: { data: other_task }",
      "    outputs: { scores: csv }",
      "    threshold: 0.5",
      "    job: { execution_script: python score.py, code: score }",
    );
  return lines.map((line) => `  ${line}`).join("\n");
}

function sampleValue(schema: Parameter["schema"]): string {
  const known = schema.examples?.[0] ?? schema.enum?.[0];
  if (known !== undefined) return JSON.stringify(known);
  switch (schema.type) {
    case "connection":
      return "my_connection";
    case "number":
    case "integer":
      return String(schema.minimum ?? 1);
    case "boolean":
      return "true";
    case "array":
      return "[]";
    case "object":
      return "{}";
    default:
      return "…";
  }
}

/** A page for a team's wiki or repository. */
function markdownOf(page: OperatorPage): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
  const tables = sectionsOf(page).map(({ title, lines }) => {
    const head = `### ${title[0]?.toUpperCase()}${title.slice(1)}\n\n| name | |\n|---|---|\n`;
    return head + lines.map(([name, text]) => `| \`${name}\` | ${cell(text)} |`).join("\n");
  });
  const about = page.description === undefined ? [] : [page.description.trim()];
  return `${[`## \`${page.name}\``, `*${page.file ?? page.place}*`, ...about, ...tables, `\`\`\`yaml\n${exampleOf(page)}\n\`\`\``].join("\n\n")}\n`;
}

/** Plain data of an operator, for `--format json`. */
function operatorData({
  name,
  description,
  group,
  builtin,
  airflow,
  place,
  file,
  project,
  params,
  inputs,
  outputs,
  templates,
  job,
  effects,
}: OperatorPage) {
  return {
    name,
    description: description ?? null,
    ...(group === undefined ? {} : { group }),
    builtin,
    airflow,
    ...(airflow && file === undefined ? { package: place } : {}),
    ...(file === undefined ? {} : { file }),
    ...(project === undefined ? {} : { project }),
    params: Object.fromEntries(params.map(({ name: param, schema, required }) => [param, { ...schema, required }])),
    inputs: Object.fromEntries(
      inputs.map(({ name: port, types, optional, many, columns }) => [port, { types, optional, many, ...columnData(columns) }]),
    ),
    outputs: Object.fromEntries(outputs.map(({ name: port, type, columns }) => [port, { type, ...columnData(columns) }])),
    ...(templates === undefined ? {} : { templates }),
    ...(job === undefined ? {} : { job }),
    ...(effects === undefined ? {} : { effects }),
  };
}

function columnData(columns: Columns | undefined) {
  return columns === undefined ? {} : { columns: Object.fromEntries([...columns].map(([name, { type }]) => [name, type ?? null])) };
}
