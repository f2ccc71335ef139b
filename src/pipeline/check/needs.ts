/** `needs` names tasks and groups that exist. */

import type { Span } from "../../protocol/diagnostic.ts";
import { nearest } from "../../protocol/suggest.ts";
import { didYouMean, quote, type Report, renameTo, slipOf } from "../parse/report.ts";
import type { Pipeline, Task } from "../resolve/pipeline.ts";
import type { Check } from "./signature.ts";

/** In a huge pipeline a name is not held against every other. */
const mostCompared = 500;

export const checkNeeds: Check = (pipeline, report) => {
  for (const task of pipeline.tasks) {
    const seen = new Map<string, Span>();
    for (const { text, span, target } of task.needs) {
      if (target === undefined) {
        reportUnknownTask(pipeline, task, text, span, report);
        continue;
      }
      const first = seen.get(target.id);
      if (first === undefined) seen.set(target.id, span);
      else {
        const notes = [{ message: "it stands here already", span: first }];
        report("duplicate-key", span, `task \`${task.id}\` needs ${target.kind} \`${target.id}\` twice`, { notes });
      }
    }
  }
};

/** `text` may end with a port. */
export function reportUnknownTask(pipeline: Pipeline, task: Task, text: string, span: Span, report: Report): void {
  const [path = ""] = text.split(":");
  const ids = visibleIds(pipeline, task);
  const near = ids.length > mostCompared ? undefined : nearestId(path, inScope(task.group, task.scope), ids);
  const use = pipeline.uses.find(({ id, scope }) => scope === task.scope && path.startsWith(`${inScope(id, scope)}.`));
  const closed = use && `; \`${use.id}\` is a pipeline, of which only the outputs of its \`interface\` are seen here`;
  const parts = /^(?<task>.+)\.(?<port>[^.]+)$/.exec(path)?.groups;
  const asPort = parts?.task && ids.includes(parts.task) ? `${parts.task}:${parts.port}` : undefined;
  if (asPort !== undefined && near === undefined && use === undefined && path === text) {
    const message = `task \`${task.id}\` needs ${quote(path)}, which does not exist; an output stands after a colon: \`${asPort}\``;
    report("unknown-task", span, message, renameTo(asPort, path, span));
    return;
  }
  const hint = closed ? closed : near === undefined && text.includes(" ") ? "; several names are a list: [a, b]" : didYouMean(near);
  const port = text.slice(path.length);
  const fix = closed || ids.length > mostCompared ? {} : slipOf(path, namesFrom(task, ids), span, (name) => name + port);
  report("unknown-task", span, `task \`${task.id}\` needs ${quote(path)}, which does not exist${hint}`, fix);
}

/** Every name that the task may give a task or group: the whole id, or what follows a group around it. */
function namesFrom({ group, scope }: Task, ids: readonly string[]): ReadonlySet<string> {
  const names = new Set(ids);
  const own = inScope(group, scope);
  for (let outer = own; outer !== ""; outer = outer.slice(0, Math.max(0, outer.lastIndexOf(".")))) {
    for (const id of ids) if (id.startsWith(`${outer}.`)) names.add(id.slice(outer.length + 1));
  }
  return names;
}

/** As they are named in the pipeline where the task is written. */
function visibleIds({ tasks, uses, groups, families }: Pipeline, { scope }: Task): readonly string[] {
  const closed = uses.map(({ id }) => id).filter((id) => !`${scope}.`.startsWith(`${id}.`));
  return [...[...tasks, ...groups].map(({ id }) => id), ...families.keys()]
    .filter((id) => (scope === "" || id.startsWith(`${scope}.`)) && !closed.some((use) => id.startsWith(`${use}.`)))
    .map((id) => inScope(id, scope));
}

function inScope(id: string, scope: string): string {
  return scope === "" ? id : id.slice(scope.length + 1);
}

/** The whole id is compared first, then the last name alone, as if it were looked up from the task's own group. */
function nearestId(path: string, group: string, ids: readonly string[]): string | undefined {
  const whole = nearest(path, ids);
  if (whole !== undefined) return whole;
  const inGroup = ids.filter((id) => group !== "" && id.startsWith(`${group}.`)).map((id) => id.slice(group.length + 1));
  const near = nearest(path, inGroup);
  if (near !== undefined) return near;
  const last = path.slice(path.lastIndexOf(".") + 1);
  const sameName = ids.filter((id) => id.slice(id.lastIndexOf(".") + 1) === last);
  return sameName.length === 1 ? sameName[0] : undefined;
}
