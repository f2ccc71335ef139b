/**
 * A workspace's own skeleton of dag.py, templates/dag.py.j2: Jinja with the blocks of emit.ts as its variables, and the Plan. What it gives
 * is held to Python's grammar, and a fault is shown where the template says it.
 */
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { Json } from "../../protocol/json.ts";
import type { Plan } from "../../protocol/plan.ts";
import { nearest } from "../../protocol/suggest.ts";
import type { ParsedTemplate } from "../../template/ast.ts";
import { templateNames } from "../../template/names.ts";
import { parseTemplate } from "../../template/parse.ts";
import { type Context, renderTemplate, TemplateError } from "../../template/render.ts";
import { traceTemplate } from "../../template/trace.ts";
import { define } from "../../template/values/arguments.ts";
import { dumpJson, fromJson } from "../../template/values/json.ts";
import { findFault } from "../catalog/python/fault.ts";
import type { Kept } from "../parse/kept.ts";
import { didYouMean, type Report } from "../parse/report.ts";
import type { File, Workspace } from "../parse/workspace.ts";
import { collect, type Read } from "../resolve/read.ts";
import { type Blocks, emitBlocks, emitDag } from "./emit.ts";
import { printFlat } from "./print.ts";
import { literal } from "./python.ts";
import type { Target } from "./target.ts";

/** A template with what is wrong with it; without a value when it cannot be used. */
export type OwnTemplate = Read<DagTemplate | undefined>;

/** Templates that were read before, by path. */
export type KeptTemplates = Kept<OwnTemplate>;

/** The templates of a workspace while it is compiled: each is read once, and a fault in one is told once, not for every pipeline. */
export class DagTemplates {
  readonly #templates: ReadonlyMap<string, OwnTemplate>;
  readonly #told = new Set<string>();

  constructor({ templates }: Workspace, kept: KeptTemplates) {
    const read = (file: File) => kept.recall(file.path, [file.text], () => collect((report) => readDagTemplate(file, report)));
    this.#templates = new Map([...templates].map(([project, file]) => [project, read(file)]));
  }

  get diagnostics(): readonly Diagnostic[] {
    return [...this.#templates.values()].flatMap(({ diagnostics }) => diagnostics);
  }

  /** The file that says how dag.py of a project's pipelines looks: the project's, else the workspace's. */
  of(project: string | undefined): OwnTemplate | undefined {
    return this.#templates.get(project ?? "") ?? this.#templates.get("");
  }

  /** Those of what `emitOwn` said for a pipeline that were not said for an earlier one. */
  untold(faults: readonly Diagnostic[]): readonly Diagnostic[] {
    return faults.filter(({ code, span }) => {
      const place = `${code} ${span.file} ${span.start}`;
      const known = this.#told.has(place);
      this.#told.add(place);
      return !known;
    });
  }
}

/** dag.py by a template of the workspace, or by the built-in skeleton; undefined after a report. */
export function emitOwn(plan: Plan, target: Target, template: OwnTemplate | undefined, report: Report): string | undefined {
  if (template === undefined) return emitDag(plan, target);
  return template.value && fillTemplate(template.value, plan, emitBlocks(plan, target), report);
}

interface DagTemplate {
  readonly file: string;
  readonly parsed: ParsedTemplate;
}

/** docs/templates.md has the same list. */
const aboutBlocks: { readonly [block in keyof Blocks]: string } = {
  header: "comment lines that name the source",
  imports: "the import statements",
  constants: "the launcher's command and texts of several lines",
  dag_arguments: "the arguments of DAG(), a line each",
  tasks: "the operators in their groups",
  order: "which task comes before which",
};

/** More than `dag.py` of the largest pipeline. */
const limits = { text: 50_000_000 };

/** Reads the file; undefined when it cannot be used, which is reported. */
function readDagTemplate({ path, text }: File, report: Report): DagTemplate | undefined {
  const at = (offset: number, length: number) => ({ file: path, start: offset, end: offset + length });
  if (typeof text !== "string") {
    report("unreadable-file", at(0, 0), `${path} ${text.problem}`);
    return undefined;
  }
  const parsed = parseTemplate(text);
  const [fault] = parsed.errors;
  if (fault) {
    report("dag-template", at(fault.offset, fault.length), `this template is not Jinja: ${fault.message}`);
    return undefined;
  }
  const names = templateNames(parsed);
  const known = [...Object.keys(aboutBlocks), "plan", "python"];
  const unknown = names.filter(({ path: [first = ""], guarded }) => !guarded && !known.includes(first));
  for (const {
    path: [first = ""],
    offset,
  } of unknown) {
    const near = didYouMean(nearest(first, known));
    report("dag-template", at(offset, first.length), `a template of dag.py knows no \`${first}\`${near || `; it has ${known.join(", ")}`}`);
  }
  const used = new Set(names.map(({ path: [first] }) => first));
  for (const [block, holds] of Object.entries(aboutBlocks)) {
    if (used.has(block)) continue;
    report("dag-template-block", at(0, 0), `the template never prints \`{{ ${block} }}\`, so that dag.py would lack ${holds}`);
  }
  return unknown.length === 0 ? { file: path, parsed } : undefined;
}

/** The text of dag.py by that template; undefined when it cannot be made, or is no Python, which is reported. */
function fillTemplate(template: DagTemplate, plan: Plan, blocks: Blocks, report: Report): string | undefined {
  const { file, parsed } = template;
  const context = contextOf(plan, blocks);
  const at = (offset: number, length: number) => ({ file, start: offset, end: Math.min(offset + length, parsed.text.length) });
  let text: string;
  try {
    text = renderTemplate(parsed, context, limits);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    report("dag-template", at(error.offset, error.length), `the template fails for ${plan.source.file}: ${error.message}`);
    return undefined;
  }
  if (!text.endsWith("\n")) text += "\n";
  const fault = findFault(text);
  if (fault === undefined) return text;
  const line = text.slice(0, fault).split("\n").length;
  const shown = (text.split("\n")[line - 1] ?? "").trim().slice(0, 80);
  const place = traceTemplate(parsed, context, limits)(fault);
  const message = `what the template gives for ${plan.source.file} is no Python from line ${line} on: ${shown === "" ? "the text ends too early" : shown}`;
  report("dag-template-python", place === undefined ? at(0, 0) : at(place, 1), message);
  return undefined;
}

function contextOf(plan: Plan, blocks: Blocks): Context {
  const values = new Map(Object.entries(blocks).map(([name, text]): [string, ReturnType<typeof fromJson>] => [name, text]));
  values.set("plan", fromJson(plan as unknown as Json));
  const style = { sortKeys: false, indent: null, ensureAscii: false };
  values.set(
    "python",
    define("python", ["value"], (value = null) => printFlat(literal(JSON.parse(dumpJson(value, style)) as Json))),
  );
  return { names: [...values.keys()], lookUp: (name) => values.get(name) };
}
