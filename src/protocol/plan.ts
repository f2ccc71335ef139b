/**
 * The Plan: a pipeline compiled for one environment, as plain JSON. `run`, `emit` and `publish` see nothing else,
 * so a pipeline has one meaning. All references are resolved, all defaults are in, all durations are seconds and
 * all sizes bytes. Nothing secret is in it: connections are ids.
 */
import type { Json, JsonObject } from "./json.ts";
import type { JsonSchema } from "./schema.ts";
import type { StoreAddress } from "./store-address.ts";

export interface Plan {
  readonly version: 1;
  readonly source: PlanSource;
  readonly env: string;
  readonly dag: DagPlan;
  /** Every group, outermost first, in the order of the file. */
  readonly groups: readonly GroupPlan[];
  /** Topologically ordered; ties keep the order of the file. Disabled tasks are absent. */
  readonly tasks: readonly TaskPlan[];
  readonly store: StorePlan;
  /** How each engine comes by the launcher. */
  readonly launcher: LauncherPlan;
  /** Where Python packages come from; absent: what the machine's own pip and uv are set to. */
  readonly package_index?: PackageIndexPlan;
  /** `engines.<name>` of the settings: the Airflow class and arguments that replace the default. */
  readonly engines: EnginesPlan;
  /** Folders and files that `publish` puts into the store before the first task can run. */
  readonly publish: readonly PublishItem[];
}

export interface PlanSource {
  /** Path of the pipeline's file, relative to the workspace. */
  readonly file: string;
  /** Folder name under projects/, when the pipeline belongs to a project. */
  readonly project?: string;
  /** sha256 (hex) over all texts that this Plan was made from. */
  readonly digest: string;
}

export interface DagPlan {
  readonly dag_id: string;
  readonly name: string;
  readonly description?: string;
  readonly schedule: SchedulePlan | null;
  /** IANA zone. */
  readonly timezone: string;
  /** Local wall time in `timezone`: `YYYY-MM-DDTHH:MM:SS`. */
  readonly start_date: string;
  readonly end_date?: string;
  readonly catchup: boolean;
  readonly max_active_runs?: number;
  readonly owner?: string;
  readonly tags: readonly string[];
  readonly critical: boolean;
  /** JSON Schema properties of the run parameters; each with its default where it has one. */
  readonly params: { readonly [name: string]: JsonSchema };
}

/** `cron` is five fields or a preset as Airflow takes it; `interval` tells which day `{{ ds }}` names (design §3). */
export interface SchedulePlan {
  readonly cron: string;
  readonly interval: "data" | "trigger";
}

export interface GroupPlan {
  /** Dotted path from the root, as Airflow prefixes it: `load.reports`. */
  readonly id: string;
  readonly description?: string;
}

/** A seven-valued enum in Airflow; the string is Airflow's own. */
export type TriggerRule =
  | "all_success"
  | "all_failed"
  | "all_done"
  | "all_done_min_one_success"
  | "all_done_setup_success"
  | "all_skipped"
  | "always"
  | "one_done"
  | "one_failed"
  | "one_success"
  | "none_failed"
  | "none_failed_min_one_success"
  | "none_skipped";

interface TaskPlanBase {
  /** Airflow's task_id with the groups' prefix: `inference.score`. */
  readonly id: string;
  /** Id of the innermost group, or null at the root. */
  readonly group: string | null;
  readonly operator: string;
  readonly description?: string;
  /** Direct upstream task ids, sorted in Plan order: `needs` (groups expanded to their tasks) and the producers of bound inputs. */
  readonly upstream: readonly string[];
  readonly trigger_rule: TriggerRule;
  readonly retries: number;
  /** Seconds. */
  readonly retry_delay: number;
  /** Seconds; Airflow's own limit on the whole task instance. */
  readonly execution_timeout?: number;
  readonly pool?: string;
  readonly queue?: string;
  readonly priority_weight?: number;
}

/** What runs a job on Airflow: a child process of the worker, a container of a Docker host, or a pod. */
export type EngineName = "process" | "docker" | "kubernetes";

/** A task whose job the launcher runs. */
export interface JobTaskPlan extends TaskPlanBase {
  readonly kind: "job";
  readonly engine: EngineName;
  readonly job: JobPlan;
  readonly params: { readonly [name: string]: ParamPlan };
  readonly inputs: { readonly [port: string]: InputPlan };
  readonly outputs: { readonly [port: string]: OutputPlan };
  /** Connection ids that the job reads, sorted; handed over as AIRFLOW_CONN_<ID>. */
  readonly connections: readonly string[];
  /** Connection ids that the launcher itself needs for the task (the package index's), sorted; the script does not get them. */
  readonly launcher_connections?: readonly string[];
  readonly effects: Effects;
}

/** One of Airflow's own operators, emitted as is. */
export interface AirflowTaskPlan extends TaskPlanBase {
  readonly kind: "airflow";
  /** `airflow.providers.standard.sensors.python.PythonSensor`. */
  readonly class_path: string;
  /** Keyword arguments. Strings that hold Jinja are templates, in fields that the class renders. */
  readonly arguments: JsonObject;
  /** Shell script that stands in for it in a local run. */
  readonly local?: string;
  readonly own?: OwnOperatorPlan;
}

/** A class of the workspace. Airflow imports it by `class_path`; a local run does its work too, where Airflow is installed. */
export interface OwnOperatorPlan {
  /** Folder of its file, relative to the workspace. */
  readonly folder: string;
  /** `file:Class`. */
  readonly target: string;
  /** sha256 (hex) of the packed folder: code/<sha256>.tar.gz in the store. */
  readonly code: string;
  /** Arguments that Airflow renders; absent when that is not known, and all are. */
  readonly templates?: readonly string[];
  /** Connection ids that it reads, sorted. */
  readonly connections: readonly string[];
}

export type TaskPlan = JobTaskPlan | AirflowTaskPlan;

/** `none`: a pure function of its inputs. `reads`: also of the outside world. `writes`: changes the outside world. */
export type Effects = "none" | "reads" | "writes";

export interface ParamPlan {
  readonly value: Json;
  readonly schema: JsonSchema;
  /** False: never rendered, whatever the text holds (`template: false` in the operator). */
  readonly template: boolean;
}

export interface InputPlan {
  /** Accepted types, or `any`. */
  readonly types: readonly string[];
  readonly optional: boolean;
  /** A `many` port is a folder; its sources are in order. Otherwise there is at most one. */
  readonly many: boolean;
  readonly sources: readonly InputSource[];
}

export type InputSource =
  /** The artifact that `port` of `task` commits in the same run. */
  | { readonly kind: "task"; readonly task: string; readonly port: string }
  /** A file of the workspace, published as files/<sha256>/<name>. */
  | { readonly kind: "file"; readonly sha256: string; readonly name: string }
  /** An absolute path, read where the task runs. */
  | { readonly kind: "path"; readonly path: string };

export interface OutputPlan {
  readonly type: string;
  /** With the dot; empty for a folder or a file of no kind. */
  readonly extension: string;
  readonly dir: boolean;
}

export interface JobPlan {
  /** Run by `bash -eo pipefail`; never a template. */
  readonly script: string;
  /** sha256 (hex) of the packed code folder: code/<sha256>.tar.gz in the store. */
  readonly code?: string;
  readonly python?: PythonPlan;
  /** `job.env`: literal. */
  readonly env: { readonly [name: string]: string };
  /** Full reference; the `process` engine does not use it. */
  readonly image?: string;
  readonly flavor?: FlavorPlan;
  /** Seconds that the script may take. */
  readonly execution_time?: number;
  /** Seconds that staging may take. */
  readonly stage_time: number;
  /** Seconds between TERM and KILL. */
  readonly grace: number;
  /** sha256 (hex) over interface, script, code and packages: what makes two jobs the same (the cache). */
  readonly digest: string;
}

/** A virtual environment made once per content. */
export interface PythonPlan {
  /** `3.11`; absent: the interpreter on PATH. */
  readonly version?: string;
  /** Requirement specifiers (PEP 508). */
  readonly packages: readonly string[];
  /** Text of requirements.txt. */
  readonly requirements?: string;
}

/** Sources of Python packages, which are then the only ones. */
export interface PackageIndexPlan {
  /** A simple index (PEP 503), without a login; absent: no index is asked. */
  readonly index_url?: string;
  readonly extra_index_urls?: readonly string[];
  /** Absolute paths of folders, and addresses of pages, with archives. */
  readonly find_links?: readonly string[];
  /** Connection id: login and password for `index_url`, and for other addresses on its host. */
  readonly connection?: string;
}

export interface FlavorPlan {
  readonly name: string;
  /** Cores; may be a fraction. */
  readonly cpu?: number;
  /** Bytes. */
  readonly memory?: number;
  /** Bytes that a try may have after one of its series ran out of memory; a container gets them as its limit. */
  readonly memory_max?: number;
  /** Bytes of scratch: what the script writes beside it, its TMPDIR and its outputs. */
  readonly disk?: number;
  readonly gpu?: number;
  readonly queue?: string;
  readonly node_selector?: { readonly [label: string]: string };
  readonly tolerations?: readonly TolerationPlan[];
}

/** Kubernetes' own, with names as its Python client has them. */
export interface TolerationPlan {
  readonly key?: string;
  readonly operator?: "Equal" | "Exists";
  readonly value?: string;
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
  readonly toleration_seconds?: number;
}

/** A folder may be relative to the workspace. */
export interface StorePlan extends StoreAddress {
  /** Seconds that artifacts are kept; a cache hit must be younger. */
  readonly keep?: number;
  /** Where models lie, when not under `url`. */
  readonly models?: string;
}

export type LauncherPlan = (
  | /** A command on PATH or an absolute path: of the worker, or of the image where nothing brings the launcher into it. */
  { readonly kind: "command"; readonly command: string }
  | { readonly kind: "pip"; readonly requirement: string }
) & {
  /** Reference of the image whose `tradewind install` brings the launcher into a pod. */
  readonly image?: string;
  /** Absolute path of the launcher's folder on the Docker host. */
  readonly folder?: string;
};

export interface EnginesPlan {
  readonly process?: EngineOverride;
  readonly docker?: ContainerOverride;
  readonly kubernetes?: KubernetesOverride;
}

export interface EngineOverride {
  readonly operator?: string;
  readonly arguments?: JsonObject;
}

export interface ContainerOverride extends EngineOverride {
  /** Full reference of the image of jobs that name none. */
  readonly image?: string;
}

export interface KubernetesOverride extends ContainerOverride {
  /** Where pods find connections; `{id}` stands for the connection's. */
  readonly connections?: { readonly secret: string; readonly key: string };
  /** PersistentVolumeClaim that holds the store's folder. */
  readonly volume_claim?: string;
}

export type PublishItem =
  | { readonly kind: "code"; readonly sha256: string; readonly folder: string }
  | { readonly kind: "file"; readonly sha256: string; readonly path: string; readonly name: string };
