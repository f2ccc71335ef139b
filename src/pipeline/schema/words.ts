/** The names that a workspace has, gathered for its schemas: operators, flavors, images, types, connections, tasks. */
import type { Catalog } from "../catalog/catalog.ts";
import type { Manifest } from "../catalog/manifest.ts";
import type { Node } from "../parse/node.ts";
import type { Body, GroupNode, PipelineDocument, TaskNode } from "../parse/pipeline.ts";
import type { Settings } from "../settings/types.ts";

/** Sorted, each name once. */
export interface Words {
  /** Several with one name when projects have their own; the built-in ones, and those that others hide, included. */
  readonly operators: ReadonlyMap<string, readonly Manifest[]>;
  readonly flavors: readonly string[];
  readonly images: readonly string[];
  readonly types: readonly string[];
  readonly environments: readonly string[];
  readonly connections: readonly string[];
  /** Parameters that some `defaults` gives, so that a task need not. */
  readonly defaults: ReadonlySet<string>;
  readonly pipelines: readonly PipelineWords[];
}

/** What a pipeline's own file may name. */
export interface PipelineWords {
  readonly dag: string;
  /** Ids of tasks and groups. */
  readonly needs: readonly string[];
  /** `task`, or `task:port` where there are several. */
  readonly outputs: readonly string[];
  readonly connections: readonly string[];
  readonly defaults: readonly string[];
}

/** A few words of a whole document, so that it need not be kept. */
export function pipelineWords(document: PipelineDocument, catalog: Catalog): PipelineWords {
  const needs: string[] = [];
  const outputs: string[] = [];
  const connections: string[] = [];
  const defaults: string[] = [];
  const addTask = (task: TaskNode) => {
    const manifest = catalog.manifests.get(textOf(task.keys.get("operator_type")?.value) ?? "");
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
  return { dag: textOf(document.dag.get("name")?.value) ?? "", needs, outputs, connections, defaults };
}

/** `catalogs` and `settings` are those of the workspace and of each project, in every environment. */
export function gatherWords(
  { catalogs, settings }: { readonly catalogs: readonly Catalog[]; readonly settings: readonly Settings[] },
  environments: readonly string[],
  pipelines: readonly PipelineWords[],
): Words {
  const operators = new Map<string, Set<Manifest>>();
  for (const { manifests } of catalogs)
    for (const [name, manifest] of manifests) operators.set(name, (operators.get(name) ?? new Set()).add(manifest));
  const bodies: readonly Body[] = settings.map((one) => one.defaults);
  return {
    operators: new Map([...operators].sort(([a], [b]) => compareNames(a, b)).map(([name, found]) => [name, [...found]])),
    flavors: unique(settings.flatMap(({ flavors }) => [...flavors.keys()])),
    images: unique(settings.flatMap(({ images }) => [...images.keys()])),
    types: unique(settings.flatMap(({ types }) => [...types.keys()])),
    environments,
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
