/** PipelineDocument + what it has in reach → Pipeline. */

import type { Span } from "../../protocol/diagnostic.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { isNull } from "../parse/node.ts";
import { type Body, type GroupNode, mostTasks, type PipelineDocument, type TaskNode } from "../parse/pipeline.ts";
import type { Report } from "../parse/report.ts";
import type { Settings } from "../settings/types.ts";
import { bindTasks } from "./bind.ts";
import { dagEntry, resolveDag } from "./dag.ts";
import { expandForEach } from "./for-each.ts";
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
  const families = new Map<string, readonly string[]>();
  let tooMany: Span | undefined;
  const dagPresets = readPresets(dagEntry(document, "presets", settings, report), reach.presets, settings, report);
  const presets: UsedPreset[] = [...dagPresets.used];
  const walk = (group: GroupNode, above: readonly Body[]) => {
    const own = group.defaults.map((body) => interpolateBody(body, settings, report));
    defaults.push(...own);
    const bodies = [...above, ...own];
    const taken = new Map(group.children.map((child) => [child.id, child.nameSpan]));
    for (const child of group.children) {
      if (child.kind === "task") {
        const instances = isFamily(child) ? expandForEach(child, settings, taken, report) : [{ node: child, settings }];
        const ids = instances.map(({ node }) => node.id);
        if (isFamily(child)) families.set(child.id, ids);
        for (const instance of tasks.length + instances.length > mostTasks ? [] : instances) {
          const around = { defaults: bodies, dagPresets, base: dag.baseResource };
          const resolved = resolveTask(instance.node, group.id, around, { ...reach, settings: instance.settings }, report);
          tasks.push(resolved.task);
          presets.push(...resolved.presets);
        }
        if (tasks.length + instances.length > mostTasks) tooMany ??= child.nameSpan;
      } else {
        const description = child.description && settings.variables.interpolate(child.description.value, report);
        const text = description?.kind === "scalar" && typeof description.value === "string" ? { description: description.value } : {};
        groups.push({ id: child.id, nameSpan: child.nameSpan, ...text });
        walk(child, bodies);
      }
    }
  };
  walk(document.root, [settings.defaults]);
  if (tooMany)
    report("too-many-tasks", tooMany, `with its \`for_each\` the pipeline has more than ${mostTasks} tasks; it is better several`);
  const ids = groups.map(({ id }) => id);
  return {
    file: document.file,
    span: document.span,
    settings,
    catalog,
    dag,
    groups,
    tasks: bindTasks(tasks, ids, families, report),
    families,
    defaults,
    dagPresets: dagPresets.used,
    presets,
  };
}

function isFamily({ keys }: TaskNode): boolean {
  const said = keys.get("for_each");
  return said !== undefined && !isNull(said.value);
}
