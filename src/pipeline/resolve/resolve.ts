/** PipelineDocument + what it has in reach → Pipeline. */
import { mostTasks, type PipelineDocument } from "../parse/pipeline.ts";
import type { Report } from "../parse/report.ts";
import { bindTasks } from "./bind.ts";
import { dagEntry, resolveDag } from "./dag.ts";
import { expandPipeline } from "./expand.ts";
import type { Pipeline } from "./pipeline.ts";
import { readPresets } from "./presets.ts";
import type { Reach } from "./reach.ts";

export function resolvePipeline(document: PipelineDocument, reach: Reach, report: Report): Pipeline {
  const { settings, catalog } = reach;
  const dag = resolveDag(document, settings, report);
  const { groups, families, defaults, presets, tooMany, ...rest } = expandPipeline(document, dag.baseResource, reach, report);
  if (tooMany) report("too-many-tasks", tooMany, `the pipeline has more than ${mostTasks} tasks; it is better several`);
  const { tasks, uses } = bindTasks(
    rest.tasks,
    rest.uses,
    groups.map(({ id }) => id),
    families,
    report,
  );
  return {
    file: document.file,
    span: document.span,
    settings,
    catalog,
    dag,
    groups,
    tasks,
    uses,
    files: [...rest.files].sort(),
    families,
    defaults,
    dagPresets: readPresets(
      dagEntry(document, "presets", settings, () => {}),
      reach.presets,
      settings,
      () => {},
    ).used,
    presets,
  };
}
