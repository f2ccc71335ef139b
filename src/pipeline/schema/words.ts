/** The names that a workspace has, gathered for its schemas: operators, flavors, images, types, connections, tasks. */
import type { AirflowClass } from "../catalog/airflow.ts";
import { type Catalog, findOperator, type Operator } from "../catalog/catalog.ts";
import type { Node } from "../parse/node.ts";
import type { Body, GroupNode, PipelineDocument, TaskNode } from "../parse/pipeline.ts";
import type { Settings } from "../settings/types.ts";

/** Sorted, each name once. */
export interface Words {
  /** Several with one name when projects have their own. Of Airflow's classes those that are used, and the workspace's. */
  readonly operators: ReadonlyMap<string, readonly Operator[]>;
  /** Pipelines that are operators: `pipelines/<name>`. */
  readonly reusable: readonly string[];
  readonly flavors: readonly string[];
  readonly images: readonly string[];
  readonly types: readonly string[];
  readonly environments: readonly string[];
  readonly connections: readonly string[];
  readonly presets: readonly string[];
  /** Parameters that some `defaults` or preset gives, so that a task need not. */
  readonly defaults: ReadonlySet<string>;
  readonly pipelines: readonly PipelineWords[];
}

/** What a pipeline's own file may name. */
export interface PipelineWords {
  readonly dag: string;
  /** `pipelines/<name>`, when it has an interface and so is an operator. */
  readonly operator?: string;
  /** Ids of tasks and groups. */
  readonly needs: readonly string[];
  /** `task`, or `task:port` where there are several. */
  readonly outputs: readonly string[];
  readonly connections: readonly string[];
  readonly defaults: readonly string[];
  readonly classes: readonly AirflowClass[];
}

/** A few words of a whole document, so that it need not be kept. */
export function pipelineWords(document: PipelineDocument, catalog: Catalog): PipelineWords {
  const needs: string[] = [];
  const outputs: string[] = [];
  const connections: string[] = [];
  const defaults: string[] = [];
  const classes = new Map<string, AirflowClass>();
  const addTask = (task: TaskNode) => {
    const operator = findOperator(catalog, textOf(task.keys.get("operator_type")?.value) ?? "");
    if (operator?.kind === "airflow" && operator.known && !operator.own) classes.set(operator.classPath, operator);
    const manifest = operator?.kind === "manifest" ? operator : undefined;
    const ports = [...(manifest?.outputs.keys() ?? [])];
    outputs.push(...(ports.length === 1 ? [task.id] : ports.map((port) => `${task.id}:${port}`)));
    for (const { key, value } of task.params.values()) {
      const id = manifest?.params.get(key)?.schema.type === "connection" ? textOf(value) : undefined;
      if (id !== undefined && /^\w[\w-]*$/.test(id)) connections.push(id);
    }
  };
  const walk = (group: GroupNode) => {
    for (const body of group.defaults) defaults.push(...body.params.keys());
    for (const child of group.children) {
      needs.push(child.id);
      if (child.kind === "task") addTask(child);
      else walk(child);
    }
  };
  walk(document.root);
  const name = document.file.slice(document.file.lastIndexOf("/") + 1).replace(/\.ya?ml$/, "");
  return {
    dag: textOf(document.dag.get("name")?.value) ?? "",
    ...(document.interface && { operator: `pipelines/${name}` }),
    needs,
    outputs,
    connections,
    defaults,
    classes: [...classes.values()],
  };
}

interface Everything {
  readonly catalogs: readonly Catalog[];
  readonly settings: readonly Settings[];
  readonly presets?: readonly { readonly name: string; readonly body: Body }[];
}

/** `catalogs` and `settings` are those of the workspace and of each project, in every environment. */
export function gatherWords(
  { catalogs, settings, presets = [] }: Everything,
  environments: readonly string[],
  pipelines: readonly PipelineWords[],
): Words {
  const operators = new Map<string, Set<Operator>>();
  const add = (name: string, operator: Operator) => operators.set(name, (operators.get(name) ?? new Set()).add(operator));
  for (const { manifests, classes } of catalogs) for (const [name, operator] of [...classes, ...manifests]) add(name, operator);
  const used = new Map(pipelines.flatMap(({ classes }) => classes.map((one) => [one.classPath, one] as const)));
  for (const [classPath, operator] of used) add(classPath, operator);
  const bodies: readonly Body[] = [...settings.map((one) => one.defaults), ...presets.map(({ body }) => body)];
  return {
    operators: new Map([...operators].sort(([a], [b]) => compareNames(a, b)).map(([name, found]) => [name, [...found]])),
    reusable: unique(pipelines.flatMap(({ operator }) => operator ?? [])),
    flavors: unique(settings.flatMap(({ flavors }) => [...flavors.keys()])),
    images: unique(settings.flatMap(({ images }) => [...images.keys()])),
    types: unique(settings.flatMap(({ types }) => [...types.keys()])),
    environments,
    presets: unique(presets.map(({ name }) => name)),
    connections: unique(pipelines.flatMap(({ connections }) => connections)),
    defaults: new Set([...bodies.flatMap(({ params }) => [...params.keys()]), ...pipelines.flatMap(({ defaults }) => defaults)]),
    pipelines: pipelines.filter(({ dag }) => dag !== "").toSorted((a, b) => compareNames(a.dag, b.dag)),
  };
}

function textOf(node: Node | undefined): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
