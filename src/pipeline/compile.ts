/**
 * The whole compiler, from texts to dag.py:
 *
 *     text ─parse─► PipelineDocument ─resolve─► Pipeline ─check─► (diagnostics) ─plan─► Plan ─emit─► dag.py
 *                       settings, catalog ──┘
 *
 * Pure: the same sources give the same answer. Stages go on after errors, so one call shows all faults; a plan is made only of
 * what has none.
 */
import type { Diagnostic } from "../protocol/diagnostic.ts";
import type { Plan } from "../protocol/plan.ts";
import { checkStores, DagIds } from "./check/across.ts";
import { placeFixes } from "./check/fixes.ts";
import { hasErrors, inFileOrder, nameEnvironments } from "./check/sort.ts";
import { type CompiledPipeline, compileOne } from "./compile-one.ts";
import type { Target } from "./emit/target.ts";
import { DagTemplates } from "./emit/template.ts";
import { Memory } from "./memory.ts";
import type { PipelineDocument } from "./parse/pipeline.ts";
import type { Preset } from "./parse/presets.ts";
import { reportTo } from "./parse/report.ts";
import { type PipelineFile, readWorkspace, type Workspace } from "./parse/workspace.ts";
import { standsAlone } from "./resolve/interface.ts";
import { Library } from "./resolve/library.ts";
import type { Place } from "./resolve/reach.ts";
import { gatherWords, type PipelineWords, type Words } from "./schema/words.ts";
import type { Needs, Sources } from "./sources.ts";

export type { CompiledPipeline } from "./compile-one.ts";

export interface CompileOptions {
  /** Absent: every environment. */
  readonly env?: string;
  /** Path of a pipeline's file or name of a dag; absent: every pipeline. */
  readonly pipeline?: string;
  /** `--set`: dotted path under `vars` → text, read as a YAML scalar. */
  readonly set?: ReadonlyMap<string, string>;
  /** `declared`: what the settings say (`airflow.version`). Absent: no Python is written. */
  readonly target?: Target | "declared";
  /** False: nothing is planned, for who only asks what is wrong. */
  readonly plans?: boolean;
  /** Changes each Plan before dag.py is written of it; the Plan that is answered stays as it is. */
  readonly adapt?: (plan: Plan) => Plan;
  /** Keep what each value was resolved from, for `explain`. */
  readonly explain?: boolean;
  /** Gather the workspace's names, for the editors' schemas. */
  readonly words?: boolean;
}

export interface Compilation {
  /** In file order, the settings and operators that were used included. */
  readonly diagnostics: readonly Diagnostic[];
  /** One a pipeline and environment, by path; `plan` is absent when there are errors, or digests in `needs`. */
  readonly pipelines: readonly CompiledPipeline[];
  /** Environments of the workspace, sorted; `environment` is the one meant when none is named. */
  readonly environments: readonly string[];
  readonly environment: string;
  readonly needs: Needs;
  /** With the option `words`. */
  readonly words?: Words;
}

/** `createCompiler` for those who compile once. */
export function compile(sources: Sources, options: CompileOptions = {}): Compilation {
  return createCompiler()(sources, options);
}

/**
 * A compiler that keeps what it made. Called again, it reads the texts that changed, and compiles the pipelines that had looked at
 * something that is now different; it answers as a new one would, whatever it was called with before.
 */
export function createCompiler(): (sources: Sources, options?: CompileOptions) => Compilation {
  const memory = new Memory();
  return (sources, options = {}) => {
    const settled = memory.reads.settle(sources);
    const compilation = compileAll(settled, options, memory);
    memory.retain(settled);
    return compilation;
  };
}

function compileAll(sources: Sources, options: CompileOptions, memory: Memory): Compilation {
  const { env, set = new Map<string, string>(), target, plans = true, explain = false, adapt } = options;
  const workspace = readWorkspace(sources);
  const library = new Library(workspace, set, sources.airflow, memory.reads);
  const places = memory.places(library, sources);
  const { value: environments, diagnostics } = library.environments();
  const chosen = env === undefined ? environments.all : [env];
  const how = memory.options({ set, target, plans, explain, adapt }, sources);
  const digests = new Map<string, string>();
  const templates = new DagTemplates(workspace, memory.templates);
  const everywhere: Diagnostic[] = [...diagnostics, ...templates.diagnostics];
  const compiled: CompiledPipeline[] = [];
  const dagIds = new DagIds();
  const used = new Set<Preset>();
  const onlyUsed: string[] = [];
  const usedFiles = new Set<string>();
  const needs = { folders: new Set<string>(), blobs: new Set<string>() };
  let complete = env === undefined;
  const words: PipelineWords[] = [];

  for (const file of selectPipelines(workspace, options.pipeline)) {
    const { document } = library.pipeline(file);
    if (options.pipeline !== undefined && !isMeant(options.pipeline, file, document.value)) continue;
    const here = places(file.project);
    if (options.words && document.value) words.push(memory.words(document.value, here));
    complete &&= document.value !== undefined;
    if (document.value && options.pipeline === undefined && !standsAlone(document.value)) {
      everywhere.push(...document.diagnostics);
      onlyUsed.push(file.path);
      continue;
    }
    const said = new Map<string, readonly Diagnostic[]>();
    for (const one of chosen) {
      const settings = library.settings(one, file.project);
      const template = templates.of(file.project);
      const make = () => compileOne(file, document, settings, here.place, library, { ...how, template, digests });
      const own = memory.ones.recall(`${one}/${file.path}`, [document, settings, template, how], make, here.holds);
      for (const path of own.files) usedFiles.add(path);
      for (const preset of own.presets) used.add(preset);
      const ofPresets = own.presets.size > 0 ? here.presets.diagnostics : [];
      const found = joinLists(own.diagnostics, ofPresets, own.dag ? dagIds.check(own.dag, one) : []);
      const broken = hasErrors(found);
      if (found.length > 0) said.set(one, found);
      compiled.push(presentOne(own.compiled, broken, here.place));
      if (broken) continue;
      everywhere.push(...templates.untold(own.faults));
      for (const path of own.needs.folders) needs.folders.add(path);
      for (const path of own.needs.blobs) needs.blobs.add(path);
    }
    if (said.size > 0) everywhere.push(...nameEnvironments(said, chosen.length));
  }
  const settings = chosen.map((one) => library.settings(one, undefined));
  if (options.pipeline === undefined) {
    everywhere.push(...library.allOperatorDiagnostics(), ...settings.flatMap((read) => read.diagnostics));
    everywhere.push(...library.allPresetDiagnostics(complete && onlyUsed.every((path) => usedFiles.has(path)) ? used : undefined));
  }
  checkStores(
    settings.map(({ value }) => value),
    reportTo(everywhere),
  );
  return {
    diagnostics: placeFixes(inFileOrder(everywhere), sources.files),
    pipelines: compiled,
    environments: environments.all,
    environment: environments.usual,
    needs: { folders: [...needs.folders].sort(), blobs: [...needs.blobs].sort() },
    ...(options.words ? { words: gatherWords(library.everything(environments.all), environments.all, words) } : {}),
  };
}

const none: readonly never[] = [];

/** Of most pipelines there is nothing to say. */
function joinLists<T>(...lists: readonly (readonly T[])[]): readonly T[] {
  return lists.every(({ length }) => length === 0) ? none : lists.flat();
}

/** As the others leave it: when one of them has the same dag_id there is no plan. */
function presentOne(compiled: CompiledPipeline, broken: boolean, { catalog }: Place): CompiledPipeline {
  if (!compiled.resolved && !(broken && compiled.plan)) return compiled;
  const { plan, python, resolved, ...rest } = compiled;
  return {
    ...rest,
    ...(resolved ? { resolved: { ...resolved, catalog } } : {}),
    ...(plan && !broken ? { plan } : {}),
    ...(python !== undefined && !broken ? { python } : {}),
  };
}

/** Those that may be meant: a file that does not hold the name need not be read. */
function selectPipelines(workspace: Workspace, wanted: string | undefined): readonly PipelineFile[] {
  if (wanted === undefined) return workspace.pipelines;
  return workspace.pipelines.filter(({ path, text }) => path === wanted || typeof text !== "string" || text.includes(wanted));
}

/** By its path, or by the name that it gives its dag; one whose text is broken still seems to name it. */
function isMeant(wanted: string, file: PipelineFile, document: PipelineDocument | undefined): boolean {
  if (file.path === wanted) return true;
  if (document === undefined) return typeof file.text === "string" && new Set(file.text.split(/[\s"',{}]+/)).has(wanted);
  const name = document.dag.get("name")?.value;
  return name?.kind === "scalar" && name.value === wanted;
}
