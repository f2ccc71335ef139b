/** The keys of a pipeline and an operator, with what an editor says of each, and how a map's keys are held against them. */
import { nearest } from "../../protocol/suggest.ts";
import type { Entry, MapNode } from "./node.ts";
import { didYouMean, quote, type Report, renameTo, slipOf } from "./report.ts";

export const aboutPipeline = {
  dag: "Facts of the Airflow DAG: name, schedule, dates, owner.",
  tasks: "Groups and tasks. A map with `operator_type` is a task, any other map a group.",
  defaults: "Task keys and parameters for every task of the pipeline that does not give its own.",
  interface: "Parameters, inputs and outputs of a pipeline that is used as an operator.",
};
export type PipelineKey = keyof typeof aboutPipeline;
export const pipelineKeys: readonly string[] = Object.keys(aboutPipeline);

/** What a pipeline takes and gives when it is used as an operator. */
export const aboutInterface = {
  params: "Parameters by name, each a JSON Schema; ${params.name} reads them inside.",
  inputs: "Inputs by name: the port inside that each leads to, as task:port, or several.",
  outputs: "Outputs by name: the port inside that each comes from, as task:port.",
};

export const aboutDag = {
  name: "Name of the pipeline, and of the DAG unless `airflow.dag_id` says otherwise.",
  description: "What the pipeline is for; Airflow shows it.",
  schedule: "Cron with five fields, a preset such as @daily, or null: only by hand.",
  interval:
    "data (default): a run covers the interval that ended when it starts, and {{ ds }} is that interval's first day; trigger: {{ ds }} is the day of the start.",
  timezone: "Zone of the schedule and the dates, such as Europe/Moscow; UTC by default.",
  start_date: "First day that is scheduled, local time in `timezone`.",
  end_date: "Last day that is scheduled, local time in `timezone`.",
  catchup: "Run every interval since `start_date` that has not run; false by default.",
  base_resource: "Resource flavor of the jobs that name none.",
  critical: "Higher priority in Airflow; check then asks for an owner, retries and an execution_time.",
  tags: "Labels in Airflow's list of DAGs.",
  owner: "Who answers for it.",
  max_active_runs: "How many runs there may be at once.",
  params: "Run parameters: a default each, or a JSON Schema. `{{ params.name }}` reads them.",
  presets: "Presets for every task of the pipeline.",
  notify: "Whom to tell.",
};
export type DagKey = keyof typeof aboutDag;
export const dagKeys: readonly string[] = Object.keys(aboutDag);

/** Complete: any other key of a task is a parameter of its operator. */
export const aboutTask = {
  operator_type: "What the task is an instance of: an operator's name, or the class of an Airflow operator.",
  description: "What the task is for; Airflow shows it.",
  needs: "Tasks and groups that come before; their outputs are bound to the inputs that they fit.",
  inputs: "What goes into each port: task, task:port, or a file as ./path or /path.",
  params: "Parameters that are named like a key of a task; any other parameter stands beside these keys.",
  presets: "Presets of the task, weakest first.",
  enabled: "false leaves the task out; what needs it then needs what it needed.",
  partition: "Split an input into chunks that are worked on side by side.",
  for_each: "One task for each item of a list.",
  checks: "What must hold of the artifacts.",
  deliver: "To whom the outputs go.",
  job: "What is different for this task in how its operator runs.",
  engine: "What runs the job on Airflow: process, docker or kubernetes; before that of its flavor and of the settings.",
  retries: "How often a failed task is tried again.",
  retry_delay: "How long to wait before it is tried again.",
  execution_timeout: "Airflow's own limit on the whole task; by default it follows from the job's times.",
  trigger_rule: "When the task runs, by the state of those before it; all_success by default.",
  pool: "Airflow's pool that the task takes a slot of.",
  queue: "Airflow's queue that the task is sent to.",
  priority_weight: "Airflow's priority among the tasks that wait.",
  local: "Script that stands in for an Airflow operator in a local run.",
};
export type TaskKey = keyof typeof aboutTask;
export const taskKeys: readonly string[] = Object.keys(aboutTask);

/** Task keys that say what this one task is, and so cannot be a default of many. */
export const ownKeys = ["operator_type", "description", "needs", "inputs", "for_each", "local"];

export const aboutJob = {
  resource_flavor: "CPU, memory and queue by name: one of `flavors` in the settings.",
  docker_image: "Alias of `images` in the settings, or a full reference.",
  execution_time: "Past it the script is killed, its children too.",
  stage_time: "Limit on fetching inputs and storing outputs.",
  grace: "How long a script that is told to stop may take.",
  execution_script: "Bash. It sees INPUT_<PORT>, OUTPUT_<PORT> and PARAM_<NAME>; nothing is put into its text.",
  code: "Folder that is packed and lies where the script runs; `.` is the operator's own.",
  package: "Python packages to install.",
  requirements: "Requirements file to install.",
  env: "Environment variables of the script.",
};
export type JobKey = keyof typeof aboutJob;
export const jobKeys: readonly string[] = Object.keys(aboutJob);

/** What old files say, and what it is called. */
export const misspelled: { readonly [key: string]: string } = {
  base_resourse: "base_resource",
  resourse_flavor: "resource_flavor",
  excecution_time: "execution_time",
};

/** Keys that a later version of Tradewind reads. */
const later: { readonly [key: string]: string } = {
  partition: "partitioned tasks",
  checks: "checks of artifacts",
  deliver: "deliveries",
  notify: "notifications",
};

/** True for a key that this version refuses. */
export function isLater(key: string): boolean {
  return Object.hasOwn(later, key);
}

/** The entry under its right name, with a warning when an old file misspells it. */
export function acceptKey(entry: Entry, keys: readonly string[], report: Report): Entry {
  const right = Object.hasOwn(misspelled, entry.key) ? misspelled[entry.key] : undefined;
  if (right === undefined || !keys.includes(right)) return entry;
  const fix = { title: `write ${right}`, edits: [{ span: entry.keySpan, text: right }] };
  report("misspelled-key", entry.keySpan, `${quote(entry.key)} is read as \`${right}\`; write it so`, { fix });
  return { ...entry, key: right };
}

/** True, with a diagnostic, when the key is one that this version refuses. */
export function refuseLater(entry: Entry, report: Report): boolean {
  const what = Object.hasOwn(later, entry.key) ? later[entry.key] : undefined;
  if (what === undefined) return false;
  report("not-yet", entry.keySpan, `\`${entry.key}\` is not read yet: ${what} come with a later version of Tradewind`);
  return true;
}

/** The entries whose keys are among `keys`, by key; of the others each is a diagnostic. `what` names the map: "`dag`". */
export function readKeys(map: MapNode, keys: readonly string[], what: string, report: Report): ReadonlyMap<string, Entry> {
  const known = new Map<string, Entry>();
  for (const given of map.entries) {
    const entry = acceptKey(given, keys, report);
    if (!keys.includes(entry.key)) reportUnknownKey(entry, keys, what, report);
    else if (known.has(entry.key)) {
      const notes = [{ message: "it stands here already", span: known.get(entry.key)?.keySpan ?? entry.keySpan }];
      report("duplicate-key", entry.keySpan, `the key \`${entry.key}\` stands twice in ${what}`, { notes });
    } else if (!refuseLater(entry, report)) known.set(entry.key, entry);
  }
  return known;
}

export function reportUnknownKey(entry: Entry, keys: readonly string[], what: string, report: Report): void {
  const near = nearest(entry.key, keys);
  const place = placeOf(entry.key, keys);
  const right = Object.hasOwn(airflowWords, entry.key) ? airflowWords[entry.key] : undefined;
  const meant = right !== undefined && keys.includes(right) ? right : undefined;
  const hint = place === undefined ? didYouMean(meant ?? near) : `; ${place}`;
  const notes = hint === "" ? [{ message: `${what} has ${keys.join(", ")}` }] : [];
  const fix = meant !== undefined ? renameTo(meant, entry.key, entry.keySpan) : place ? {} : slipOf(entry.key, keys, entry.keySpan);
  report("unknown-key", entry.keySpan, `${what} has no key ${quote(entry.key)}${hint}`, { notes, ...fix });
}

/** What Airflow and others call it. */
const airflowWords: { readonly [key: string]: string } = {
  schedule_interval: "schedule",
  default_args: "defaults",
  max_active_dag_runs: "max_active_runs",
};

/** Where a key belongs that is known, but not here. */
function placeOf(key: string, keys: readonly string[]): string | undefined {
  if (keys.includes("job") && jobKeys.includes(key)) return `it belongs under \`job:\` as \`job: { ${key}: … }\``;
  if (keys === pipelineKeys && dagKeys.includes(key)) return `it belongs under \`dag:\` as \`dag: { ${key}: … }\``;
  if (keys === dagKeys && key === "default_args") return "what all tasks share stands under `defaults:`, beside `dag:`";
  const ofFlavor = keys === jobKeys && ["cpu", "memory", "gpu", "disk", "queue", "node_selector"].includes(key);
  return ofFlavor ? "it is a flavor's: `flavors: { big: { … } }` in the settings, and `resource_flavor: big` here" : undefined;
}
