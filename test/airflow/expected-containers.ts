/** What a Plan says of a task that runs in a container, in the shape of what Airflow would ask of Docker or Kubernetes. */
import type { JsonObject } from "../../src/protocol/json.ts";
import type { JobTaskPlan, Plan } from "../../src/protocol/plan.ts";
import { expandVariables } from "../pipeline/emit/expansion.ts";
import type { TaskFacts } from "./airflow.ts";

type Variables = { readonly [name: string]: string };

const launcherRoom = (memory: number): number => memory + (memory % 2 ** 20 === 0 ? 2 ** 27 : 128e6);

function memoryOf({ job: { flavor } }: JobTaskPlan): number | null {
  const memory = flavor?.memory_max ?? flavor?.memory;
  return memory === undefined ? null : launcherRoom(memory);
}

/** `env` are the variables that the launcher must see. */
export function expectedContainer(plan: Plan, task: JobTaskPlan, env: Variables) {
  return task.engine === "docker" ? expectedDocker(plan, task, env) : expectedPod(plan, task, env);
}

function expectedDocker(plan: Plan, task: JobTaskPlan, env: Variables) {
  const given = plan.engines.docker?.arguments ?? {};
  const { folder } = plan.launcher;
  const paths = Object.values(task.inputs).flatMap(({ sources }) => sources.flatMap((one) => (one.kind === "path" ? [one.path] : [])));
  const bind = (path: string, target: string, readOnly: boolean) => ({ Source: path, Target: target, Type: "bind", ReadOnly: readOnly });
  return {
    image: task.job.image,
    program: [programOf(plan, folder !== undefined), "launch"],
    env: { ...(given.environment as object), ...env },
    mounts: [
      ...(folder === undefined ? [] : [bind(folder, "/opt/tradewind", true)]),
      ...(plan.store.url.startsWith("/") ? [bind(plan.store.url, plan.store.url, false)] : []),
      ...[...new Set(paths)].map((path) => bind(path, path, true)),
      ...((given.mounts as readonly JsonObject[] | undefined) ?? []).map(({ source, target, type, read_only }) => ({
        Source: source,
        Target: target,
        Type: type,
        ReadOnly: read_only ?? false,
      })),
    ],
    memory: memoryOf(task),
    cpus: task.job.flavor?.cpu ?? 1,
    gpus: task.job.flavor?.gpu ?? 0,
    auto_remove: given.auto_remove ?? "force",
    mount_tmp_dir: false,
    skip_on_exit_code: [99],
    do_xcom_push: false,
  };
}

function programOf({ launcher }: Plan, brought: boolean): string {
  if (brought) return "/opt/tradewind/tradewind";
  return launcher.kind === "command" ? launcher.command : "tradewind";
}

function expectedPod(plan: Plan, task: JobTaskPlan, env: Variables) {
  const { kubernetes } = plan.engines;
  const given = kubernetes?.arguments ?? {};
  const { flavor, grace, image } = task.job;
  const variables = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("TRADEWIND_SECRET_")));
  const own = plan.store.connection === undefined ? [] : [plan.store.connection];
  const ids = new Set([...task.connections, ...(task.launcher_connections ?? []), ...own]);
  const secrets = [...ids].map((id) => {
    const { secret, key } = kubernetes?.connections ?? { secret: "airflow-conn-{id}", key: "uri" };
    const name = secret.replace("{id}", id.toLowerCase().replaceAll("_", "-"));
    return [`TRADEWIND_SECRET_CONN_${id.toUpperCase().replaceAll("-", "_")}`, { name, key: key.replace("{id}", id) }];
  });
  const memory = memoryOf(task);
  const claim = plan.store.url.startsWith("/") ? kubernetes?.volume_claim : undefined;
  const brought = plan.launcher.image;
  return {
    image,
    program: [programOf(plan, brought !== undefined), "launch"],
    env: { ...(given.env_vars as object), ...variables },
    secrets: Object.fromEntries(secrets),
    init: brought === undefined ? [] : [[brought, "install", "/launcher"]],
    volumes: [
      ...(brought === undefined ? [] : [["tradewind", "empty", "/opt/tradewind"]]),
      ...(claim ? [["store", claim, plan.store.url]] : []),
    ],
    requests: { cpu: flavor?.cpu ?? null, memory, disk: flavor?.disk ?? null },
    limits: { memory, gpu: flavor?.gpu ?? null },
    node_selector: { ...(given.node_selector as object), ...flavor?.node_selector },
    tolerations: (flavor?.tolerations ?? []).map(({ toleration_seconds, ...rest }) => ({
      ...rest,
      ...(toleration_seconds !== undefined && { tolerationSeconds: toleration_seconds }),
    })),
    grace: grace + 20 > 30 ? grace + 20 : null,
    restart: "Never",
    namespace: given.namespace ?? "default",
    on_finish_action: "delete_pod",
    get_logs: true,
    deferrable: given.deferrable ?? false,
    skip_on_exit_code: [99],
    do_xcom_push: false,
  };
}

/** The same of what Airflow has. Kubernetes' own reading of variables is done, too. */
export function actualContainer(facts: TaskFacts): unknown {
  return facts.pod === undefined ? actualDocker(facts) : actualPod(facts);
}

function actualDocker({ rendered, entrypoint, mem_limit, cpus, device_requests, auto_remove, mount_tmp_dir, ...facts }: TaskFacts) {
  const { image, command, environment, mounts } = rendered;
  const [gpus] = (device_requests as readonly { Count: number; Capabilities: unknown }[] | null) ?? [];
  if (gpus) {
    const { Capabilities } = gpus;
    if (JSON.stringify(Capabilities) !== '[["gpu"]]') throw new Error(`odd device request ${JSON.stringify(gpus)}`);
  }
  return {
    image,
    program: [...(entrypoint as readonly string[]), ...(command as readonly string[])],
    env: environment,
    mounts: (mounts as readonly JsonObject[]).map(({ Source, Target, Type, ReadOnly }) => ({
      Source,
      Target,
      Type,
      ReadOnly: ReadOnly ?? false,
    })),
    memory: mem_limit,
    cpus,
    gpus: gpus?.Count ?? 0,
    auto_remove,
    mount_tmp_dir,
    skip_on_exit_code: facts.skip_on_exit_code,
    do_xcom_push: facts.do_xcom_push,
  };
}

const units: { readonly [unit: string]: number } = { m: 0.001, "": 1, M: 1e6, Mi: 2 ** 20 };

function amount(text: unknown): number | null {
  if (text === undefined) return null;
  const [, number, unit = ""] = /^([\d.]+)(m|M|Mi)?$/.exec(String(text)) ?? [];
  return Number(number) * (units[unit] ?? Number.NaN);
}

function actualPod({ pod, on_finish_action, get_logs, deferrable, skip_on_exit_code, do_xcom_push }: TaskFacts) {
  if (pod === undefined) throw new Error("no pod");
  const { containers, initContainers = [], volumes = [], nodeSelector = {}, tolerations = [], terminationGracePeriodSeconds } = pod.spec;
  const [base, ...others] = containers;
  if (base === undefined || others.length > 0) throw new Error("a pod of ours has one container");
  const { env = [], resources = {}, volumeMounts = [] } = base;
  const requests = (resources.requests ?? {}) as JsonObject;
  const limits = (resources.limits ?? {}) as JsonObject;
  return {
    image: base.image,
    program: [...(base.command ?? []), ...(base.args ?? [])],
    env: expandVariables(env),
    secrets: Object.fromEntries(env.flatMap(({ name, valueFrom }) => (valueFrom ? [[name, valueFrom.secretKeyRef]] : []))),
    init: initContainers.map(({ image, args = [], volumeMounts: into = [] }) => {
      if (into[0]?.mountPath !== args[1]) throw new Error("the launcher goes elsewhere");
      return [image, ...args];
    }),
    volumes: volumes.map(({ name, emptyDir, persistentVolumeClaim }) => {
      const mount = volumeMounts.find((one) => one.name === name);
      return [name, emptyDir ? "empty" : (persistentVolumeClaim as JsonObject).claimName, mount?.mountPath];
    }),
    requests: { cpu: amount(requests.cpu), memory: amount(requests.memory), disk: amount(requests["ephemeral-storage"]) },
    limits: { memory: amount(limits.memory), gpu: amount(limits["nvidia.com/gpu"]) },
    node_selector: nodeSelector,
    tolerations,
    grace: terminationGracePeriodSeconds ?? null,
    restart: pod.spec.restartPolicy,
    namespace: pod.metadata.namespace,
    on_finish_action,
    get_logs,
    deferrable,
    skip_on_exit_code,
    do_xcom_push,
  };
}
