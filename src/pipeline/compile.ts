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
import { checkPipeline } from "./check/check.ts";
import { hasErrors, inFileOrder, nameEnvironments } from "./check/sort.ts";
import type { Target } from "./emit/target.ts";
import { DagTemplates } from "./emit/template.ts";
import type { PipelineDocument } from "./parse/pipeline.ts";
import type { Preset } from "./parse/presets.ts";
import { reportTo } from "./parse/report.ts";
import { type PipelineFile, readWorkspace, type Workspace } from "./parse/workspace.ts";
import { Inventory } from "./plan/inventory.ts";
import { planPipeline } from "./plan/plan.ts";
import { standsAlone } from "./resolve/interface.ts";
import { Library } from "./resolve/library.ts";
import type { Pipeline } from "./resolve/pipeline.ts";
import { resolvePipeline } from "./resolve/resolve.ts";
import { gatherWords, type PipelineWords, pipelineWords, type Words } from "./schema/words.ts";
import type { Needs, Sources } from "./sources.ts";

export interface CompileOptions {
  /** Absent: every environment. */
  readonly env?: string;
  /** Path of a pipeline's file or name of a dag; absent: every pipeline. */
  readonly pipeline?: string;
  /** `--set`: dotted path under `vars` → text, read as a YAML scalar. */
  readonly set?: ReadonlyMap<string, string>;
  /** `declared`: what the settings say (`airflow.version`). Absent: no Python is written. */
  readonly target?: Target | "declared";
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

export interface CompiledPipeline {
  readonly file: string;
  /** `dag.name`, or the file's path when it has none. */
  readonly name: string;
  readonly env: string;
  /** With the option `explain`. */
  readonly resolved?: Pipeline;
  readonly plan?: Plan;
  readonly python?: string;
}

export function compile(sources: Sources, options: CompileOptions = {}): Compilation {
  const { env, set = new Map<string, string>(), target } = options;
  const workspace = readWorkspace(sources);
  const library = new Library(workspace, set, sources.airflow);
  const inventory = new Inventory(sources);
  const { value: environments, diagnostics } = library.environments();
  const everywhere: Diagnostic[] = [...diagnostics];
  const templates = new DagTemplates(workspace, reportTo(everywhere));
  const compiled: CompiledPipeline[] = [];
  const dagIds = new DagIds();
  const used = new Set<Preset>();
  const onlyUsed: string[] = [];
  const usedFiles = new Set<string>();
  let complete = env === undefined;
  const words: PipelineWords[] = [];

  for (const file of selectPipelines(workspace, options.pipeline)) {
    const document = library.document(file);
    if (options.pipeline !== undefined && !isMeant(options.pipeline, file, document.value)) continue;
    if (options.words && document.value) words.push(pipelineWords(document.value, library.catalog(file.project)));
    const presets = library.presets(file.project);
    complete &&= document.value !== undefined;
    if (document.value && options.pipeline === undefined && !standsAlone(document.value)) {
      everywhere.push(...document.diagnostics);
      onlyUsed.push(file.path);
      continue;
    }
    const said = new Map<string, readonly Diagnostic[]>();
    for (const one of env === undefined ? environments.all : [env]) {
      const settings = library.settings(one, file.project);
      const found: Diagnostic[] = [...document.diagnostics, ...settings.diagnostics];
      const report = reportTo(found);
      const reach = {
        settings: settings.value,
        catalog: library.catalog(file.project),
        presets: presets.value,
        pipelines: library.pipelines(file.project),
      };
      const pipeline = document.value && resolvePipeline(document.value, reach, report);
      if (pipeline) {
        found.push(...library.operatorDiagnostics(pipeline));
        for (const path of pipeline.files) {
          found.push(...library.documentDiagnostics(path));
          usedFiles.add(path);
        }
        if (pipeline.presets.length > 0) found.push(...presets.diagnostics);
        for (const { preset } of pipeline.presets) used.add(preset);
        checkPipeline(pipeline, sources, report);
        dagIds.check(pipeline, report);
      }
      said.set(one, found);
      const plan = pipeline && !hasErrors(found) ? planPipeline(pipeline, set, inventory) : undefined;
      // An own template is tried by `check` too.
      const goal = target === undefined || target === "declared" ? settings.value.target : target;
      const python = plan && (target || templates.has(plan)) ? templates.emit(plan, goal) : undefined;
      compiled.push({
        file: file.path,
        name: pipeline?.dag.name?.value ?? file.path,
        env: one,
        ...(pipeline && options.explain ? { resolved: pipeline } : {}),
        ...(plan ? { plan } : {}),
        ...(python !== undefined && target ? { python } : {}),
      });
    }
    everywhere.push(...nameEnvironments(said));
  }
  const settings = (env === undefined ? environments.all : [env]).map((one) => library.settings(one, undefined));
  if (options.pipeline === undefined) {
    everywhere.push(...library.allOperatorDiagnostics(), ...settings.flatMap((read) => read.diagnostics));
    everywhere.push(...library.allPresetDiagnostics(complete && onlyUsed.every((path) => usedFiles.has(path)) ? used : undefined));
  }
  checkStores(
    settings.map(({ value }) => value),
    reportTo(everywhere),
  );
  return {
    diagnostics: inFileOrder(everywhere),
    pipelines: compiled,
    environments: environments.all,
    environment: environments.usual,
    needs: { folders: [...inventory.neededFolders].sort(), blobs: [...inventory.neededBlobs].sort() },
    ...(options.words ? { words: gatherWords(library.everything(environments.all), environments.all, words) } : {}),
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
