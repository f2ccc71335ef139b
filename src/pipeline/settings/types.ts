/** Settings of one environment (and project), read and checked. */
import type { Span } from "../../protocol/diagnostic.ts";
import type { EngineName, EnginesPlan, FlavorPlan, LauncherPlan, PackageIndexPlan, StorePlan } from "../../protocol/plan.ts";
import type { MapNode } from "../parse/node.ts";
import type { Body } from "../parse/pipeline.ts";
import type { Variables } from "./variables.ts";

export interface Settings {
  readonly env: string;
  readonly project?: string;
  /** Paths of the files that were merged, weakest first, with the layer's name. */
  readonly layers: readonly Layer[];
  /** All layers merged, `${…}` replaced. */
  readonly tree: MapNode;
  /** False when a layer could not be read: then nothing is said about what it may lack. */
  readonly complete: boolean;
  readonly variables: Variables;
  /** `{name}`, `{env}` and `{project}` stand for themselves. */
  readonly dagId: string;
  /** `airflow.version`: what dag.py is written for. */
  readonly target: "portable" | "2" | "3";
  /** `airflow.connection`: id of the connection to its REST API. */
  readonly airflowConnection?: string;
  readonly macros: readonly string[];
  /** Package from which Airflow imports the workspace's own operators. */
  readonly operators: string;
  readonly store: StorePlan;
  readonly storeSpan?: Span;
  readonly launcher: LauncherPlan;
  /** True when a command was written: then images may be taken to have it. */
  readonly launcherCommand: boolean;
  /** Of the jobs whose flavor and task name none. */
  readonly engine?: ChosenEngine;
  readonly engines: EnginesPlan;
  /** Images of the jobs that name none, by engine. */
  readonly engineImages: ReadonlyMap<EngineName, { readonly value: string; readonly span: Span }>;
  /** Where Python packages come from; the worker's own index when it is missing. */
  readonly packageIndex?: PackageIndexPlan;
  readonly flavors: ReadonlyMap<string, FlavorPlan>;
  /** Of the flavors that name one. */
  readonly flavorEngines: ReadonlyMap<string, ChosenEngine>;
  readonly images: ReadonlyMap<string, Image>;
  readonly types: ReadonlyMap<string, FileType>;
  readonly defaults: Body;
}

export interface ChosenEngine {
  readonly value: EngineName;
  readonly span: Span;
  readonly via?: Span;
}

export interface Layer {
  readonly name: "base" | "environment" | "project" | "project environment";
  readonly file: string;
}

export interface Image {
  readonly name: string;
  /** Full reference; absent when the alias only names an interpreter. */
  readonly image?: string;
  /** `3.11`. */
  readonly python?: string;
}

/** A kind of file that goes through ports. */
export interface FileType {
  /** With the dot; empty for a folder or a file of no kind. */
  readonly extension: string;
  readonly dir: boolean;
}

/** Types that need no settings. `any` is for inputs only. */
export const builtinTypes: ReadonlyMap<string, FileType> = new Map(
  Object.entries({
    csv: { extension: ".csv", dir: false },
    tsv: { extension: ".tsv", dir: false },
    parquet: { extension: ".parquet", dir: false },
    json: { extension: ".json", dir: false },
    jsonl: { extension: ".jsonl", dir: false },
    pickle: { extension: ".pkl", dir: false },
    text: { extension: ".txt", dir: false },
    html: { extension: ".html", dir: false },
    pdf: { extension: ".pdf", dir: false },
    png: { extension: ".png", dir: false },
    zip: { extension: ".zip", dir: false },
    file: { extension: "", dir: false },
    dir: { extension: "", dir: true },
  }),
);
