/** PipelineDocument + what it has in reach → Pipeline. */
import type { Catalog } from "../catalog/catalog.ts";
import type { Body, GroupNode, PipelineDocument } from "../parse/pipeline.ts";
import type { Report } from "../parse/report.ts";
import type { Settings } from "../settings/types.ts";
import { bindTasks } from "./bind.ts";
import { dagEntry, resolveDag } from "./dag.ts";
import { interpolateBody } from "./interpolate.ts";
import type { Group, Pipeline } from "./pipeline.ts";
import { type Presets, readPresets, type UsedPreset } from "./presets.ts";
import { resolveTask, type TaskFacts } from "./task.ts";

/** What a pipeline's file may name besides its own tasks. */
export interface Reach {
  readonly settings: Settings;
  readonly catalog: Catalog;
  readonly presets: Presets;
}

export function resolvePipeline(document: PipelineDocument, reach: Reach, report: Report): Pipeline {
  const { settings, catalog } = reach;
  const dag = resolveDag(document, settings, report);
  const groups: Group[] = [];
  const tasks: TaskFacts[] = [];
  const defaults: Body[] = [];
  const dagPresets = readPresets(dagEntry(document, "presets", settings, report), reach.presets, settings, report);
  const presets: UsedPreset[] = [...dagPresets.used];
  const walk = (group: GroupNode, above: readonly Body[]) => {
    const own = group.defaults.map((body) => interpolateBody(body, settings, report));
    defaults.push(...own);
    const bodies = [...above, ...own];
    for (const child of group.children) {
      if (child.kind === "task") {
        const resolved = resolveTask(child, group.id, { defaults: bodies, dagPresets, base: dag.baseResource }, reach, report);
        tasks.push(resolved.task);
        presets.push(...resolved.presets);
      } else {
        const description = child.description && settings.variables.interpolate(child.description.value, report);
        const text = description?.kind === "scalar" && typeof description.value === "string" ? { description: description.value } : {};
        groups.push({ id: child.id, nameSpan: child.nameSpan, ...text });
        walk(child, bodies);
      }
    }
  };
  walk(document.root, [settings.defaults]);
  const ids = groups.map(({ id }) => id);
  return {
    file: document.file,
    span: document.span,
    settings,
    catalog,
    dag,
    groups,
    tasks: bindTasks(tasks, ids, report),
    defaults,
    dagPresets: dagPresets.used,
    presets,
  };
}
