/** PipelineDocument + Settings + Catalog → Pipeline. */
import type { Catalog } from "../catalog/catalog.ts";
import type { Body, GroupNode, PipelineDocument } from "../parse/pipeline.ts";
import type { Report } from "../parse/report.ts";
import type { Settings } from "../settings/types.ts";
import { bindTasks } from "./bind.ts";
import { resolveDag } from "./dag.ts";
import type { Group, Pipeline } from "./pipeline.ts";
import { interpolateBody, resolveTask, type TaskFacts } from "./task.ts";

export function resolvePipeline(document: PipelineDocument, settings: Settings, catalog: Catalog, report: Report): Pipeline {
  const dag = resolveDag(document, settings, report);
  const groups: Group[] = [];
  const tasks: TaskFacts[] = [];
  const defaults: Body[] = [];
  const walk = (group: GroupNode, above: readonly Body[]) => {
    const own = group.defaults.map((body) => interpolateBody(body, settings, report));
    defaults.push(...own);
    const bodies = [...above, ...own];
    for (const child of group.children) {
      if (child.kind === "task") tasks.push(resolveTask(child, group.id, bodies, catalog, settings, dag.baseResource, report));
      else {
        const description = child.description && settings.variables.interpolate(child.description.value, report);
        const text = description?.kind === "scalar" && typeof description.value === "string" ? { description: description.value } : {};
        groups.push({ id: child.id, nameSpan: child.nameSpan, ...text });
        walk(child, bodies);
      }
    }
  };
  walk(document.root, [settings.defaults]);
  const ids = groups.map(({ id }) => id);
  return { file: document.file, span: document.span, settings, catalog, dag, groups, tasks: bindTasks(tasks, ids, report), defaults };
}
