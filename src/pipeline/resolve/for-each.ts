/** `for_each: { country: [de, fr] }`: one task for each item, named after it, that reads the item as `${country}`. */
import type { Span } from "../../protocol/diagnostic.ts";
import { describe, type Node } from "../parse/node.ts";
import { mostTasks, namePattern, type TaskNode } from "../parse/pipeline.ts";
import { origin, readMap } from "../parse/read.ts";
import { quote, type Report } from "../parse/report.ts";
import type { Settings } from "../settings/types.ts";

/** A task of a family, or the task itself when it has no `for_each`; `settings` know the item. */
export interface Instance {
  readonly node: TaskNode;
  readonly settings: Settings;
}

interface Item {
  /** What the task's name ends with. */
  readonly name: string;
  readonly span: Span;
  readonly value: Node;
}

/** `taken` are the ids of the group around it; those of the new tasks are added. */
export function expandForEach(node: TaskNode, settings: Settings, taken: Map<string, Span>, report: Report): readonly Instance[] {
  const said = node.keys.get("for_each");
  const given = said && settings.variables.interpolate(said.value, report);
  if (given?.kind === "list") {
    report(
      "wrong-type",
      given.span,
      "`for_each` is a map, but here is a list; give its items a name: `{ item: [a, b] }`, which `${item}` reads",
    );
    return [];
  }
  const map = given && readMap(given, "`for_each`", report);
  const [only, ...others] = map?.entries ?? [];
  if (map && (only === undefined || others.length > 0)) {
    report("invalid-value", map.span, "`for_each` has one name with its list, such as `{ country: [de, fr] }`");
  }
  if (only === undefined) return [];
  if (!namePattern.test(only.key)) {
    report(
      "invalid-name",
      only.keySpan,
      `${quote(only.key)} is no name of a setting: letters, digits, \`_\` and \`-\`, and no digit first`,
    );
  }
  const items = readItems(only.value, `\`for_each.${only.key}\``, report);
  const instances: Instance[] = [];
  for (const { name, span, value } of items) {
    const id = `${node.id}_${name}`;
    const first = taken.get(id);
    if (!/^[A-Za-z0-9_-]+$/.test(name) || id.length > 250) {
      const message = `${quote(`${node.name}_${name}`)} is no name of a task: letters, digits, \`_\` and \`-\`; give the item a name by a map: \`{ short: ${value.kind === "scalar" ? quote(name).slice(1, -1) : "…"} }\``;
      report("invalid-name", span, message);
    } else if (first) {
      report("name-clash", span, `this item's task would be \`${id}\`, which there is already`, {
        notes: [{ message: "the other one", span: first }],
      });
    } else {
      taken.set(id, span);
      const variables = settings.variables.within(new Map([[only.key, value]]));
      instances.push({ node: { ...node, id, name: `${node.name}_${name}` }, settings: { ...settings, variables } });
    }
  }
  return instances;
}

/** A list of texts and numbers, or a map: its keys then name the tasks, and its values may be anything. */
function readItems(node: Node, what: string, report: Report): readonly Item[] {
  const items: Item[] = [];
  if (node.kind === "map") for (const { key, keySpan, value } of node.entries) items.push({ name: key, span: keySpan, value });
  else if (node.kind === "list") {
    for (const item of node.items) {
      if (item.kind === "scalar" && item.value !== null) {
        items.push({ name: typeof item.value === "string" ? item.value : item.text, span: item.span, value: item });
      } else {
        const message = `each of ${what} is a text or a number, but here is ${describe(item)}; a map gives such items names`;
        report("wrong-type", item.span, message, { notes: origin(item) });
      }
    }
    if (node.items.length > 0) return bounded(items, node, what, report);
  } else {
    report("wrong-type", node.span, `${what} is a list or a map, but here is ${describe(node)}`, { notes: origin(node) });
    return [];
  }
  if (items.length === 0) report("invalid-value", node.span, `${what} is empty, so there would be no task`, { notes: origin(node) });
  return bounded(items, node, what, report);
}

function bounded(items: readonly Item[], node: Node, what: string, report: Report): readonly Item[] {
  if (items.length <= mostTasks) return items;
  report("too-many-tasks", node.span, `${what} has ${items.length} items; a pipeline has at most ${mostTasks} tasks`);
  return [];
}
