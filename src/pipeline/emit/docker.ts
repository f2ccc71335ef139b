/** The engine `docker`: DockerOperator, whose container runs the launcher that lies on the Docker host. */
import { containerMemory } from "../../protocol/container-memory.ts";
import type { Json } from "../../protocol/json.ts";
import { isJsonObject } from "../../protocol/json.ts";
import type { JobTaskPlan, Plan } from "../../protocol/plan.ts";
import { environment, withOverride } from "./arguments.ts";
import { launcherPath, launcherProgram } from "./container.ts";
import { fieldText, verbatim } from "./field.ts";
import type { Imports } from "./imports.ts";
import { printLine } from "./print.ts";
import { type Argument, call, code, type Expression, literal, literalArguments, named, string } from "./python.ts";
import { taskEntries } from "./shared.ts";
import type { TaskTexts } from "./texts.ts";

export const dockerOperator = "airflow.providers.docker.operators.docker.DockerOperator";

/** Names of the constants below. */
export const dockerNames = ["LAUNCHER_MOUNT", "STORE_MOUNT"] as const;

/** The folders that every container sees. */
export function dockerConstants(plan: Plan, imports: Imports): readonly string[] {
  const { folder } = plan.launcher;
  const blocks: string[] = [];
  if (folder !== undefined) blocks.push(printLine(0, "LAUNCHER_MOUNT = ", mount(folder, launcherPath, imports, true)));
  if (isFolder(plan.store.url)) blocks.push(printLine(0, "STORE_MOUNT = ", mount(plan.store.url, plan.store.url, imports, false)));
  return blocks;
}

export function dockerArguments(plan: Plan, task: JobTaskPlan, imports: Imports, texts: TaskTexts): readonly Argument[] {
  const { environment: extra, mounts: more, ...override } = plan.engines.docker?.arguments ?? {};
  const { flavor, image = "" } = task.job;
  const entries = taskEntries(plan, task).map((entry) => ({ key: entry.name, value: texts.value(task, entry.name, fieldText(entry)) }));
  const memory = containerMemory(flavor);
  const mounts = [...jobMounts(plan, task, imports), ...givenMounts(more, imports)];
  const fixed = named({
    image: string(verbatim(image)),
    entrypoint: { kind: "list", items: [string(launcherProgram(plan.launcher, plan.launcher.folder !== undefined))] },
    command: literal(["launch"]),
    environment: environment(extra, entries),
    mounts: mounts.length === 0 ? undefined : { kind: "list", items: mounts },
    mem_limit: memory === undefined ? undefined : literal(memory),
    cpus: flavor?.cpu === undefined ? undefined : literal(flavor.cpu),
    device_requests: flavor?.gpu ? { kind: "list", items: [gpus(flavor.gpu, imports)] } : undefined,
  });
  const usual = named({
    mount_tmp_dir: literal(false),
    auto_remove: string("force"),
    do_xcom_push: literal(false),
    skip_on_exit_code: literal(99),
  });
  return withOverride(fixed, override, usual);
}

function isFolder(url: string): boolean {
  return url.startsWith("/");
}

/** Launcher, store, and the files of the host that go into ports by their paths. */
function jobMounts(plan: Plan, task: JobTaskPlan, imports: Imports): readonly Expression[] {
  const paths = Object.values(task.inputs).flatMap(({ sources }) =>
    sources.flatMap((source) => (source.kind === "path" ? [source.path] : [])),
  );
  return [
    ...(plan.launcher.folder === undefined ? [] : [code("LAUNCHER_MOUNT")]),
    ...(isFolder(plan.store.url) ? [code("STORE_MOUNT")] : []),
    ...[...new Set(paths)].map((path) => mount(path, path, imports, true)),
  ];
}

/** DockerOperator renders what is in a mount. */
function mount(source: string, target: string, imports: Imports, readOnly: boolean): Expression {
  return call(imports.from("docker.types", "Mount"), [], {
    source: string(verbatim(source)),
    target: string(verbatim(target)),
    type: string("bind"),
    read_only: readOnly ? literal(true) : undefined,
  });
}

/** A map is the arguments of a Mount. */
function givenMounts(more: Json | undefined, imports: Imports): readonly Expression[] {
  if (!Array.isArray(more)) return [];
  return more.map((item: Json) =>
    isJsonObject(item) ? { kind: "call", callee: imports.from("docker.types", "Mount"), args: literalArguments(item) } : literal(item),
  );
}

function gpus(count: number, imports: Imports): Expression {
  return call(imports.from("docker.types", "DeviceRequest"), [], { count: literal(count), capabilities: literal([["gpu"]]) });
}
