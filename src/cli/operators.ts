/** `tradewind operators`: the operators of the workspace and the built-in ones, and how each is used. */
import { Command, Option } from "commander";
import type { InputPort, Manifest, Parameter } from "../pipeline/catalog/manifest.ts";
import { toJson } from "../pipeline/parse/node.ts";
import { readWorkspace } from "../pipeline/parse/workspace.ts";
import { Library } from "../pipeline/resolve/library.ts";
import { describeSchema, showValue } from "../protocol/check-value.ts";
import { readTexts } from "../workspace/read.ts";
import { unknownName } from "./errors.ts";
import { openWorkspace } from "./open-workspace.ts";
import { type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";
import { columnsOf, createPaint, type Paint, pad, visible, wantsColor, wrap } from "./terminal.ts";

interface OperatorsOptions extends WorkspaceOption {
  readonly format: "text" | "json";
}

/** An operator, and the projects that see it; undefined for the workspace's own and the built-in ones. */
interface Found {
  readonly manifest: Manifest;
  readonly project?: string;
}

export function operatorsCommand(): Command {
  const command = new Command("operators")
    .description("list the operators, or show how one is used")
    .argument("[name]", "name of an operator")
    .addOption(new Option("--format <format>", "how to print them").choices(["text", "json"]).default("text"))
    .action((name: string | undefined, options: OperatorsOptions) => operators(name, options));
  return withExamples(withWorkspace(command), "tradewind operators", "tradewind operators pg_to_csv");
}

function operators(name: string | undefined, options: OperatorsOptions): void {
  const all = findOperators(openWorkspace(options));
  const shown = name === undefined ? all : all.filter(({ manifest }) => manifest.name === name);
  if (name !== undefined && shown.length === 0) throw unknownName("operator", name, [...new Set(all.map(({ manifest }) => manifest.name))]);
  if (options.format === "json") console.log(JSON.stringify(shown.map(operatorData), null, 2));
  else if (name === undefined) list(shown);
  else for (const found of shown) describe(found, createPaint(wantsColor(process.stdout)));
}

/** By place: the workspace's, each project's, the built-in ones; one that another hides is left out. */
function findOperators(root: string): Found[] {
  const workspace = readWorkspace({ files: readTexts(root), folders: new Map(), blobs: new Map() });
  const library = new Library(workspace, new Map());
  const shared = [...library.catalog(undefined).manifests.values()];
  const projects = [...new Set(workspace.operators.flatMap(({ project }) => project ?? []))].sort();
  const own = projects.flatMap((project) =>
    [...library.catalog(project).manifests.values()]
      .filter(({ file }) => file.startsWith(`projects/${project}/`))
      .map((manifest) => ({ manifest, project })),
  );
  const byName = (a: Found, b: Found) => (a.manifest.name < b.manifest.name ? -1 : 1);
  const ofWorkspace = shared.filter(({ folder }) => folder !== undefined).map((manifest) => ({ manifest }));
  const builtIn = shared.filter(({ folder }) => folder === undefined).map((manifest) => ({ manifest }));
  return [...ofWorkspace.sort(byName), ...own.sort(byName), ...builtIn.sort(byName)];
}

function placeOf({ manifest, project }: Found): string {
  if (manifest.folder === undefined) return "built in";
  return project === undefined ? "workspace" : `project ${project}`;
}

function list(found: readonly Found[]): void {
  const paint = createPaint(wantsColor(process.stdout));
  const rows = found.map((one) => ({ name: one.manifest.name, place: placeOf(one), about: firstLine(one.manifest.description ?? "") }));
  const names = Math.max(0, ...rows.map(({ name }) => columnsOf(name)));
  const places = Math.max(0, ...rows.map(({ place }) => columnsOf(place)));
  for (const { name, place, about } of rows)
    console.log(`${paint("bold", pad(visible(name), names))}  ${paint("dim", pad(visible(place), places))}  ${visible(about)}`);
  console.log("\nAn operator of Airflow is named by its class: operator_type: airflow.providers.standard.sensors.bash.BashSensor");
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}

function describe(found: Found, paint: Paint): void {
  const { manifest } = found;
  console.log(
    `${paint("bold", visible(manifest.name))}  ${paint("dim", manifest.folder === undefined ? "built in" : visible(manifest.file))}`,
  );
  if (manifest.description !== undefined) for (const line of wrap(visible(manifest.description.trim()), 100)) console.log(line);
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
  rows(
    "parameters",
    [...manifest.params.values()].map((param) => [param.name, describeParameter(param)]),
  );
  rows(
    "inputs",
    [...manifest.inputs.values()].map((port) => [port.name, describeInput(port)]),
  );
  rows(
    "outputs",
    [...manifest.outputs.values()].map((port) => [port.name, port.type]),
  );
  if (manifest.effects !== undefined) rows("effects", [[manifest.effects, effects[manifest.effects]]]);
  console.log(`\nexample:\n${exampleOf(manifest)}`);
}

const effects = {
  none: "the same inputs give the same outputs: a repeated run takes them from the cache",
  reads: "looks at the outside world: only local runs take its outputs from the cache, and say how old they are",
  writes: "changes the outside world: it is done again in every run",
} as const;

function describeParameter({ schema, required }: Parameter): string {
  const facts = [describeSchema(schema)];
  if (schema.default !== undefined) facts.push(`default ${showValue(schema.default)}`);
  else facts.push(required ? "required" : "optional");
  if (schema.template === false) facts.push("never a template");
  return `${facts.join("; ")}${schema.description === undefined ? "" : `. ${schema.description.trim()}`}`;
}

function describeInput({ types, optional, many }: InputPort): string {
  return `${types.join(" or ")}${many ? ", any number of them" : ""}${optional ? "; optional" : ""}`;
}

/** A task that uses it, with what is required. */
function exampleOf(manifest: Manifest): string {
  const lines = ["tasks:", `  my_task:`, `    operator_type: ${manifest.name}`];
  const inputs = [...manifest.inputs.values()].filter(({ optional }) => !optional);
  if (inputs.length > 0)
    lines.push(`    inputs: { ${inputs.map(({ name, many }) => `${name}: ${many ? "[other_task]" : "other_task"}`).join(", ")} }`);
  for (const { name, schema, required } of manifest.params.values()) if (required) lines.push(`    ${name}: ${sampleValue(schema)}`);
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

/** Plain data of an operator, for `--format json`. */
function operatorData({ manifest, project }: Found) {
  return {
    name: manifest.name,
    description: manifest.description ?? null,
    builtin: manifest.folder === undefined,
    ...(manifest.folder === undefined ? {} : { file: manifest.file }),
    ...(project === undefined ? {} : { project }),
    params: Object.fromEntries([...manifest.params.values()].map(({ name, schema, required }) => [name, { ...schema, required }])),
    inputs: Object.fromEntries([...manifest.inputs.values()].map(({ name, types, optional, many }) => [name, { types, optional, many }])),
    outputs: Object.fromEntries([...manifest.outputs.values()].map(({ name, type }) => [name, { type }])),
    ...(manifest.job === undefined ? {} : { job: toJson(manifest.job) }),
    ...(manifest.effects === undefined ? {} : { effects: manifest.effects }),
  };
}
