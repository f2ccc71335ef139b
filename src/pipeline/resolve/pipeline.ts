/** A pipeline in one environment: settings put in, operators looked up, references followed. Not yet checked. */
import type { Span } from "../../protocol/diagnostic.ts";
import type { EngineName, FlavorPlan, TriggerRule } from "../../protocol/plan.ts";
import type { JsonSchema } from "../../protocol/schema.ts";
import type { Catalog, Operator } from "../catalog/catalog.ts";
import type { Entry, Node } from "../parse/node.ts";
import type { Body } from "../parse/pipeline.ts";
import type { Image, Settings } from "../settings/types.ts";
import type { UsedPreset } from "./presets.ts";

export interface Pipeline {
  readonly file: string;
  readonly span: Span;
  readonly settings: Settings;
  readonly catalog: Catalog;
  readonly dag: Dag;
  /** Outermost first, in the order of the file. */
  readonly groups: readonly Group[];
  /** In the order of the file, the disabled ones too. */
  readonly tasks: readonly Task[];
  /** Tasks whose operator is a pipeline, with what is bound to its interface; the tasks inside are among `tasks`. */
  readonly uses: readonly Task[];
  /** Files of those pipelines, sorted. */
  readonly files: readonly string[];
  /** Of each task with `for_each` the tasks that it became, by its id. */
  readonly families: ReadonlyMap<string, readonly string[]>;
  /** All `defaults` maps of the pipeline, outermost first. */
  readonly defaults: readonly Body[];
  /** Those of the dag, weakest first. */
  readonly dagPresets: readonly UsedPreset[];
  /** Those of the dag and of any task, each as often as it is named. */
  readonly presets: readonly UsedPreset[];
}

/** A value and where it was written; `via` when `span` only names it. */
export interface Sourced<T> {
  readonly value: T;
  readonly span: Span;
  readonly via?: Span;
}

export interface Dag {
  /** Of the key `dag`. */
  readonly span: Span;
  readonly name?: Sourced<string>;
  readonly dagId?: string;
  readonly description?: Sourced<string>;
  /** Undefined when it could not be read; null when there is none. */
  readonly schedule?: Sourced<string> | null;
  readonly interval: "data" | "trigger";
  readonly timezone?: Sourced<string>;
  readonly startDate?: Sourced<string>;
  readonly endDate?: Sourced<string>;
  readonly catchup: boolean;
  readonly catchupSpan?: Span;
  readonly maxActiveRuns?: Sourced<number>;
  readonly owner?: Sourced<string>;
  readonly tags: readonly Sourced<string>[];
  readonly critical: boolean;
  readonly criticalSpan?: Span;
  readonly baseResource?: Sourced<string>;
  readonly params: { readonly [name: string]: JsonSchema };
  readonly paramEntries: readonly Entry[];
}

export interface Group {
  readonly id: string;
  readonly nameSpan: Span;
  readonly description?: string;
}

export interface Task {
  readonly id: string;
  readonly name: string;
  readonly nameSpan: Span;
  /** Dotted path of the innermost group; empty at the root. */
  readonly group: string;
  /** Id of the task that uses the pipeline in which it is written; empty for the pipeline that is compiled. */
  readonly scope: string;
  readonly enabled: boolean;
  readonly operator?: NamedOperator;
  readonly description?: Sourced<string>;
  readonly needs: readonly Reference[];
  /** What `inputs` says, in its order. */
  readonly inputs: readonly GivenInput[];
  /** Of the operator's ports, those that have something; filled by bindTasks. */
  readonly bound: ReadonlyMap<string, BoundInput>;
  /** Tasks that come directly before, with the place that says so; filled by bindTasks. */
  readonly upstream: ReadonlyMap<string, Span>;
  readonly params: ReadonlyMap<string, GivenParam>;
  /** False when it names a preset that is not known: then nothing is said about what it may lack. */
  readonly complete: boolean;
  readonly job?: Job;
  readonly triggerRule?: Sourced<TriggerRule>;
  readonly retries?: Sourced<number>;
  readonly retryDelay?: Sourced<number>;
  readonly executionTimeout?: Sourced<number>;
  readonly pool?: Sourced<string>;
  readonly queue?: Sourced<string>;
  readonly priorityWeight?: Sourced<number>;
  readonly local?: Sourced<string>;
}

export interface NamedOperator {
  readonly name: string;
  readonly span: Span;
  readonly found?: Operator;
}

/** A name in `needs`. */
export interface Reference {
  readonly text: string;
  readonly span: Span;
  readonly target?: { readonly kind: "task" | "group"; readonly id: string };
}

export interface GivenParam {
  readonly name: string;
  readonly keySpan: Span;
  readonly node: Node;
  /** The preset of the task that gives it. */
  readonly preset?: UsedPreset;
}

export interface GivenInput {
  readonly port: string;
  readonly keySpan: Span;
  /** True when a list was given. */
  readonly listed: boolean;
  readonly sources: readonly Source[];
}

/** Where an input comes from, or why that is not known. */
export type Source =
  | {
      readonly kind: "output";
      readonly text: string;
      readonly span: Span;
      readonly task: string;
      readonly port: string;
      readonly type: string;
    }
  | { readonly kind: "file"; readonly text: string; readonly span: Span; readonly path: string }
  | { readonly kind: "path"; readonly text: string; readonly span: Span; readonly path: string }
  | { readonly kind: "none"; readonly text: string; readonly span: Span; readonly why: Unresolved };

export type Unresolved =
  | { readonly kind: "form" }
  | { readonly kind: "later" }
  | { readonly kind: "outside" }
  | { readonly kind: "unknown-task" }
  | { readonly kind: "group"; readonly id: string }
  | { readonly kind: "disabled"; readonly task: string }
  | { readonly kind: "no-ports"; readonly task: string }
  | { readonly kind: "unknown-port"; readonly task: string; readonly port: string; readonly ports: readonly string[] }
  | { readonly kind: "ambiguous"; readonly task: string; readonly ports: readonly string[] }
  /** The task's operator is not known, which is said elsewhere. */
  | { readonly kind: "silent" };

export interface BoundInput {
  /** By `inputs`, or found among the outputs of `needs`. */
  readonly by: "inputs" | "needs";
  readonly span: Span;
  readonly sources: readonly Source[];
  /** Several outputs of `needs` fit, and none has the port's name. */
  readonly ambiguous?: readonly { readonly task: string; readonly port: string }[];
}

export interface Job {
  readonly script?: Sourced<string>;
  /** Path of the folder, relative to the workspace. */
  readonly code?: Sourced<string>;
  readonly packages: readonly Sourced<string>[];
  /** Path of the file, relative to the workspace, and its text. */
  readonly requirements?: Sourced<string>;
  readonly env: readonly { readonly name: string; readonly keySpan: Span; readonly value: string; readonly span: Span }[];
  /** `process` when nobody names one. */
  readonly engine?: Sourced<EngineName>;
  readonly image?: Sourced<string> & { readonly found?: Image };
  readonly flavor?: Sourced<string> & { readonly found?: FlavorPlan };
  readonly executionTime?: Sourced<number>;
  readonly stageTime?: Sourced<number>;
  readonly grace?: Sourced<number>;
}
