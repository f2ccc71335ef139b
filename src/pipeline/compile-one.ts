/** One pipeline in one environment: resolve, check, plan, emit. What the other pipelines are does not matter here, but for those it uses. */
import type { Diagnostic } from "../protocol/diagnostic.ts";
import type { Plan } from "../protocol/plan.ts";
import { checkPipeline } from "./check/check.ts";
import { hasErrors } from "./check/sort.ts";
import type { Target } from "./emit/target.ts";
import { emitOwn, type OwnTemplate } from "./emit/template.ts";
import type { PipelineDocument } from "./parse/pipeline.ts";
import type { Preset } from "./parse/presets.ts";
import { reportTo } from "./parse/report.ts";
import type { PipelineFile } from "./parse/workspace.ts";
import { Inventory } from "./plan/inventory.ts";
import { planPipeline } from "./plan/plan.ts";
import type { Library } from "./resolve/library.ts";
import type { Lookups } from "./resolve/lookups.ts";
import type { Pipeline } from "./resolve/pipeline.ts";
import { type Place, watchReach } from "./resolve/reach.ts";
import type { Read } from "./resolve/read.ts";
import { resolvePipeline } from "./resolve/resolve.ts";
import type { Settings } from "./settings/types.ts";
import type { Needs } from "./sources.ts";

export interface CompiledPipeline {
  readonly file: string;
  /** `dag.name`, or the file's path when it has none. */
  readonly name: string;
  readonly env: string;
  /** With the option `explain`. */
  readonly resolved?: Pipeline;
  /** Absent when there are errors, or digests in `needs`. */
  readonly plan?: Plan;
  readonly python?: string;
}

/** What came of it, which is true as long as `lookups` hold. */
export interface CompiledOne {
  readonly lookups: Lookups;
  /** Without those of the files of presets. */
  readonly diagnostics: readonly Diagnostic[];
  /** What is wrong with the workspace's own template of dag.py, seen in this pipeline. */
  readonly faults: readonly Diagnostic[];
  readonly dag?: Pipeline["dag"];
  readonly presets: ReadonlySet<Preset>;
  /** Files of the pipelines that it uses. */
  readonly files: readonly string[];
  readonly needs: Needs;
  readonly compiled: CompiledPipeline;
}

/** What is asked of all pipelines. */
export interface CommonOptions {
  readonly set: ReadonlyMap<string, string>;
  readonly target: Target | "declared" | undefined;
  readonly plans: boolean;
  readonly explain: boolean;
  /** Changes the Plan that dag.py is written of. */
  readonly adapt: ((plan: Plan) => Plan) | undefined;
}

export interface OneOptions extends CommonOptions {
  readonly template: OwnTemplate | undefined;
  /** Digests of texts that are known already, by text; added to. */
  readonly digests: Map<string, string>;
}

export function compileOne(
  file: PipelineFile,
  document: Read<PipelineDocument | undefined>,
  settings: Read<Settings>,
  place: Place,
  library: Library,
  { set, target, plans, explain, adapt, template, digests }: OneOptions,
): CompiledOne {
  const { watched, lookups } = watchReach({ ...place, settings: settings.value });
  const inventory = new Inventory(watched.sources, digests);
  const found: Diagnostic[] = [...document.diagnostics, ...settings.diagnostics];
  const report = reportTo(found);
  const pipeline = document.value && resolvePipeline(document.value, watched, report);
  if (pipeline) {
    found.push(...library.operatorDiagnostics(pipeline), ...pipeline.files.flatMap((path) => library.diagnosticsOf(path)));
    checkPipeline(pipeline, watched.sources, report);
  }
  // An own template is tried even by who wants no plans: what it gives may be no Python.
  const planned = plans || template !== undefined;
  const plan = pipeline && planned && !hasErrors(found) ? planPipeline(pipeline, set, inventory) : undefined;
  const faults: Diagnostic[] = [];
  const goal = target === undefined || target === "declared" ? settings.value.target : target;
  const python = plan && (target || template) ? emitOwn(adapt?.(plan) ?? plan, goal, template, reportTo(faults)) : undefined;
  return {
    lookups,
    diagnostics: found,
    faults,
    ...(pipeline ? { dag: pipeline.dag } : {}),
    presets: new Set(pipeline?.presets.map(({ preset }) => preset)),
    files: pipeline?.files ?? [],
    needs: { folders: [...inventory.neededFolders], blobs: [...inventory.neededBlobs] },
    compiled: {
      file: file.path,
      name: pipeline?.dag.name?.value ?? file.path,
      env: settings.value.env,
      ...(pipeline && explain ? { resolved: pipeline } : {}),
      ...(plan && plans ? { plan } : {}),
      ...(python !== undefined && target ? { python } : {}),
    },
  };
}
