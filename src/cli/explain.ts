/** `tradewind explain`: what each value is, and which file, line and layer says so. */
import { Command, Option } from "commander";
import { type ExplainedSection, type ExplainedValue, explainPipeline, selectValues } from "../pipeline/explain.ts";
import type { Span } from "../protocol/diagnostic.ts";
import type { Json } from "../protocol/json.ts";
import { nearest } from "../protocol/suggest.ts";
import { compileChosen } from "./chosen.ts";
import { countText } from "./diagnostics.ts";
import { Failure, UsageError } from "./errors.ts";
import { pipelineArgument, type SettingsOptions, type WorkspaceOption, withExamples, withSettings, withWorkspace } from "./options.ts";
import { createSourceTexts, type SourceTexts, showPlace } from "./source-text.ts";
import { columnsOf, createPaint, type Paint, pad, visible, wantsColor } from "./terminal.ts";

interface ExplainOptions extends WorkspaceOption, SettingsOptions {
  readonly format: "text" | "json";
}

export function explainCommand(): Command {
  const command = new Command("explain")
    .description("show what each value is and which file, line and layer says so")
    .addArgument(pipelineArgument(true))
    .argument("[path]", "a task, a value or a setting: load.to_dwh, load.to_dwh.table, dag.schedule, vars")
    .addOption(new Option("--format <format>", "how to print it").choices(["text", "json"]).default("text"))
    .action((pipeline: string, path: string | undefined, options: ExplainOptions) => explain(pipeline, path, options));
  withSettings(withWorkspace(command), "the workspace's default_env");
  return withExamples(command, "tradewind explain flights --env prod", "tradewind explain flights load.to_dwh.table --env prod");
}

function explain(name: string, path: string | undefined, options: ExplainOptions): void {
  const { compilation, pipelines, diagnostics } = compileChosen(name, options, { explain: true });
  const env = options.env ?? compilation.environment;
  const chosen = pipelines.find((pipeline) => pipeline.env === env);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (chosen?.resolved === undefined) throw new Failure(`${name} cannot be read (${countText(errors)}); tradewind check shows why`);
  const textAt = ({ file, start, end }: Span) => String(compilation.texts.get(file) ?? "").slice(start, end);
  const all = explainPipeline(chosen.resolved, textAt);
  const sections = path === undefined ? all : selectValues(all, path);
  if (path !== undefined && sections.length === 0) throw unknownPath(path, all);
  const texts = createSourceTexts(compilation.texts);
  if (options.format === "json")
    console.log(JSON.stringify({ pipeline: chosen.name, file: chosen.file, env, values: jsonValues(sections, texts) }, null, 2));
  else printSections(`${chosen.name} (${chosen.file}) in ${env}`, sections, texts);
  if (errors.length > 0) console.error(`\nit has ${countText(errors)}; tradewind check shows them`);
}

function unknownPath(path: string, sections: readonly ExplainedSection[]): UsageError {
  const known = sections.flatMap(({ name, values }) => [name, ...values.map((value) => value.path)]);
  const near = nearest(path, known);
  const hint = near === undefined ? `; there are: ${sections.map(({ name }) => name).join(", ")}` : `; did you mean "${near}"?`;
  return new UsageError(`nothing is called "${path}"${hint}`);
}

function jsonValues(sections: readonly ExplainedSection[], texts: SourceTexts) {
  return sections.flatMap(({ values }) =>
    values.map(({ path, value, layer, span, named, note }) => ({
      path,
      value,
      layer,
      ...(span === undefined ? {} : { place: showPlace(span, texts) }),
      ...(named === undefined ? {} : { named: showPlace(named, texts) }),
      ...(note === undefined ? {} : { note }),
    })),
  );
}

function printSections(title: string, sections: readonly ExplainedSection[], texts: SourceTexts): void {
  const paint = createPaint(wantsColor(process.stdout));
  console.log(title);
  for (const { name, values } of sections) {
    console.log(`\n${paint("bold", visible(name))}`);
    const rows = values.map((value) => [shortPath(value, name), showJson(value.value), showOrigin(value, texts, paint)] as const);
    const first = Math.min(32, Math.max(0, ...rows.map(([path]) => columnsOf(path))));
    const second = Math.min(40, Math.max(0, ...rows.map(([, value]) => columnsOf(value))));
    for (const [path, value, origin] of rows) console.log(`  ${pad(path, first)}  ${pad(value, second)}  ${origin}`);
  }
}

function shortPath({ path }: ExplainedValue, section: string): string {
  return visible(path.startsWith(`${section}.`) ? path.slice(section.length + 1) : path);
}

function showOrigin({ layer, span, named, note }: ExplainedValue, texts: SourceTexts, paint: Paint): string {
  const place = span === undefined ? "" : `${visible(showPlace(span, texts))}  `;
  const by = named === undefined ? "" : `, named at ${visible(showPlace(named, texts))}`;
  return `${paint("cyan", place)}${paint("dim", `${layer}${by}${note === undefined ? "" : ` — ${visible(note)}`}`)}`;
}

/** One line, of 60 characters at most: of a longer text its first. */
function showJson(value: Json): string {
  const isPlain = typeof value === "string" && value !== "" && value.trimStart() === value;
  const text = isPlain ? value.trimEnd() : JSON.stringify(value);
  const first = visible(text.split("\n")[0] ?? "");
  return first.length > 60 || first.length < text.length ? `${first.slice(0, 59)}…` : first;
}
