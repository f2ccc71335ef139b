/** The engine `kubernetes`: KubernetesPodOperator, with an init container that brings the launcher into the pod. */
import { containerMemory } from "../../protocol/container-memory.ts";
import { isJsonObject, type Json } from "../../protocol/json.ts";
import type { FlavorPlan, JobTaskPlan, Plan, TolerationPlan } from "../../protocol/plan.ts";
import type { EnvEntry } from "../../protocol/request-env.ts";
import { usualSecret } from "../settings/engines.ts";
import { environment, withOverride } from "./arguments.ts";
import { launcherPath, launcherProgram } from "./container.ts";
import { podFieldText } from "./dollars.ts";
import { fieldText, verbatim } from "./field.ts";
import type { Imports } from "./imports.ts";
import { printLine } from "./print.ts";
import { type Argument, call, code, type Entry, type Expression, literal, named, string } from "./python.ts";
import { runEntries, taskEntries } from "./shared.ts";
import type { TaskTexts } from "./texts.ts";

export const podOperator = "airflow.providers.cncf.kubernetes.operators.pod.KubernetesPodOperator";

/** Names of the constants below. */
export const podNames = ["LAUNCHER_VOLUME", "LAUNCHER_VOLUME_MOUNT", "BRING_LAUNCHER", "STORE_VOLUME", "STORE_VOLUME_MOUNT"] as const;

/** Where the init container puts the launcher: not where its image has it, which the volume would hide. */
const bringPath = "/launcher";

/** Seconds that a pod may take to start: images of gigabytes are pulled in that time. */
const startupTime = 600;
/** Seconds that the launcher has after a script's own grace to write down how it ended. */
const commitTime = 20;
/** Kubernetes' own default. */
const usualGracePeriod = 30;

/** The volumes that every pod has. */
export function podConstants(plan: Plan, imports: Imports): readonly string[] {
  const blocks: string[] = [];
  const model = (name: string) => `${imports.as("kubernetes.client", "models", "k8s")}.${name}`;
  const { image } = plan.launcher;
  if (image !== undefined) {
    const volume = call(model("V1Volume"), [], { name: string("tradewind"), empty_dir: call(model("V1EmptyDirVolumeSource"), [], {}) });
    const mount = call(model("V1VolumeMount"), [], { name: string("tradewind"), mount_path: string(launcherPath) });
    const container = call(model("V1Container"), [], {
      name: string("tradewind"),
      image: string(image),
      args: literal(["install", bringPath]),
      volume_mounts: list([call(model("V1VolumeMount"), [], { name: string("tradewind"), mount_path: string(bringPath) })]),
    });
    blocks.push(
      [
        printLine(0, "LAUNCHER_VOLUME = ", volume),
        printLine(0, "LAUNCHER_VOLUME_MOUNT = ", mount),
        printLine(0, "BRING_LAUNCHER = ", container),
      ].join("\n"),
    );
  }
  const claim = storeClaim(plan);
  if (claim !== undefined) {
    const source = call(model("V1PersistentVolumeClaimVolumeSource"), [], { claim_name: string(claim) });
    const volume = call(model("V1Volume"), [], { name: string("store"), persistent_volume_claim: source });
    const mount = call(model("V1VolumeMount"), [], { name: string("store"), mount_path: string(plan.store.url) });
    blocks.push([printLine(0, "STORE_VOLUME = ", volume), printLine(0, "STORE_VOLUME_MOUNT = ", mount)].join("\n"));
  }
  return blocks;
}

export function podArguments(plan: Plan, task: JobTaskPlan, imports: Imports, texts: TaskTexts): readonly Argument[] {
  const { env_vars: extra, node_selector, tolerations, ...override } = plan.engines.kubernetes?.arguments ?? {};
  const { flavor, image = "", grace } = task.job;
  const model = (name: string) => `${imports.as("kubernetes.client", "models", "k8s")}.${name}`;
  const brought = plan.launcher.image !== undefined;
  const claim = storeClaim(plan);
  const volumes = [...(brought ? ["LAUNCHER_VOLUME"] : []), ...(claim === undefined ? [] : ["STORE_VOLUME"])];
  const entries = taskEntries(plan, task);
  const own = entries.filter(({ connection }) => connection === undefined);
  const values = [
    ...runOfPods(plan),
    ...own.map((entry) => ({ key: entry.name, value: texts.value(task, entry.name, podFieldText(entry)) })),
  ];
  const secrets = entries.flatMap((entry) => (entry.connection === undefined ? [] : [secret(plan, entry, entry.connection, imports)]));
  const tolerated = [...(flavor?.tolerations ?? []).map((one) => toleration(one, model)), ...listed(tolerations).map(literal)];
  const fixed = named({
    name: string(podName(plan.dag.dag_id, task.id)),
    image: string(verbatim(image)),
    cmds: { kind: "list", items: [string(verbatim(launcherProgram(plan.launcher, brought)))] },
    arguments: literal(["launch"]),
    env_vars: environment(extra, values),
    secrets: list(secrets),
    init_containers: brought ? list([code("BRING_LAUNCHER")]) : undefined,
    volumes: list(volumes.map(code)),
    volume_mounts: list(volumes.map((name) => code(`${name}_MOUNT`))),
    container_resources: flavor && resources(flavor, model),
    node_selector: selector({ ...(isJsonObject(node_selector) ? node_selector : {}), ...flavor?.node_selector }),
    tolerations: list(tolerated),
    termination_grace_period: grace + commitTime > usualGracePeriod ? literal(grace + commitTime) : undefined,
  });
  const usual = named({
    startup_timeout_seconds: literal(startupTime),
    get_logs: literal(true),
    on_finish_action: string("delete_pod"),
    do_xcom_push: literal(false),
    skip_on_exit_code: literal(99),
  });
  return withOverride(fixed, override, usual);
}

function storeClaim(plan: Plan): string | undefined {
  return plan.store.url.startsWith("/") ? plan.engines.kubernetes?.volume_claim : undefined;
}

/** Of what all tasks share, what Kubernetes would read differently: RUN is written for every engine. */
function runOfPods(plan: Plan): readonly Entry[] {
  const changed = runEntries(plan).filter((entry) => !entry.template && podFieldText(entry) !== fieldText(entry));
  return changed.map((entry) => ({ key: entry.name, value: string(podFieldText(entry)) }));
}

function secret(plan: Plan, { name }: EnvEntry, id: string, imports: Imports): Expression {
  const { secret: of, key } = plan.engines.kubernetes?.connections ?? usualSecret;
  const dns = id.toLowerCase().replaceAll(/[^a-z0-9.-]/g, "-");
  return call(
    imports.from("airflow.providers.cncf.kubernetes.secret", "Secret"),
    [string("env"), string(name), string(of.replaceAll("{id}", dns)), string(key.replaceAll("{id}", id))],
    {},
  );
}

/** A toleration has the same names in the Plan and in Kubernetes' Python client. */
function toleration(one: TolerationPlan, model: (name: string) => string): Expression {
  return call(model("V1Toleration"), [], Object.fromEntries(Object.entries(one).map(([key, value]) => [key, literal(value)])));
}

/** The job has its memory for itself; of cores it may use more than it asks for, when nobody else needs them. */
function resources(flavor: FlavorPlan, model: (name: string) => string): Expression | undefined {
  const memory = containerMemory(flavor);
  const ofMemory = memory === undefined ? {} : { memory: quantity(memory) };
  // Only asked for: the launcher stops a job that takes more, and says so; Kubernetes would evict the pod.
  const ofDisk = flavor.disk === undefined ? {} : { "ephemeral-storage": quantity(flavor.disk) };
  const requests = { ...(flavor.cpu === undefined ? {} : { cpu: cores(flavor.cpu) }), ...ofMemory, ...ofDisk };
  const limits = { ...ofMemory, ...(flavor.gpu ? { "nvidia.com/gpu": String(flavor.gpu) } : {}) };
  if (Object.keys(requests).length + Object.keys(limits).length === 0) return undefined;
  return call(model("V1ResourceRequirements"), [], {
    requests: Object.keys(requests).length === 0 ? undefined : literal(requests),
    limits: Object.keys(limits).length === 0 ? undefined : literal(limits),
  });
}

function cores(cpu: number): string {
  return Number.isInteger(cpu) ? String(cpu) : `${Math.ceil(cpu * 1000)}m`;
}

/** Bytes in the largest unit that needs no fraction. */
function quantity(bytes: number): string {
  for (const [unit, size] of [
    ["Mi", 1_048_576],
    ["M", 1_000_000],
  ] as const)
    if (bytes % size === 0) return `${bytes / size}${unit}`;
  return String(bytes);
}

/** What `kubectl get pods` shows before Airflow's own suffix: small letters, digits and `-`. */
function podName(dagId: string, taskId: string): string {
  const name = `${dagId}-${taskId}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return name.slice(0, 50).replaceAll(/^-+|-+$/g, "") || "tradewind";
}

function selector(labels: { readonly [label: string]: Json }): Expression | undefined {
  return Object.keys(labels).length === 0 ? undefined : literal(labels);
}

function list(items: readonly Expression[]): Expression | undefined {
  return items.length === 0 ? undefined : { kind: "list", items };
}

function listed(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
