/** What a job needs to run in a container: an image, a way for the launcher into it, and a store that it can reach. */
import type { EngineName } from "../../protocol/plan.ts";
import { quote, type Report } from "../parse/report.ts";
import { referenceOf } from "../resolve/job.ts";
import type { Job, Pipeline, Task } from "../resolve/pipeline.ts";
import type { Check } from "./signature.ts";

type ContainerEngine = Exclude<EngineName, "process">;

export const checkContainers: Check = (pipeline, report) => {
  const { tasks, settings } = pipeline;
  if (!settings.complete) return;
  const first = new Map<ContainerEngine, Task>();
  for (const task of tasks) {
    const engine = task.job?.engine?.value ?? "process";
    if (task.job === undefined || engine === "process" || !task.enabled) continue;
    if (!first.has(engine)) first.set(engine, task);
    checkImage(task, task.job, engine, report);
  }
  // An environment that names no store is for local runs, which bring launcher and store along.
  if (settings.storeSpan === undefined) return;
  // What the settings lack is said once, however many tasks need it.
  for (const [engine, task] of first) {
    checkLauncher(engine, task, pipeline, report);
    checkStore(engine, task, pipeline, report);
  }
};

function checkImage({ id, nameSpan }: Task, job: Job, engine: ContainerEngine, report: Report): void {
  const { image } = job;
  if (image === undefined) {
    const message = `task \`${id}\` runs by the engine \`${engine}\`, but its job names no \`docker_image\``;
    const notes = [
      { message: "write `docker_image: registry/name:tag` into the operator's job, or into the task's `job`" },
      { message: `or \`engines: { ${engine}: { image: registry/name:tag } }\` into the settings, for all jobs that name none` },
      ...chosenBy(job),
    ];
    report("missing-image", nameSpan, message, { notes });
    return;
  }
  // An alias that is not there is said by `checkJobs`.
  if (referenceOf(image) === undefined) {
    const message = `the image ${quote(image.value)} has no reference, and task \`${id}\` runs in it by the engine \`${engine}\``;
    const notes = [
      { message: `write \`images: { ${image.value}: { image: registry/name:tag, python: "…" } }\` into the settings` },
      ...chosenBy(job),
    ];
    report("missing-image", image.span, message, { notes });
  }
}

/** Where somebody wrote the engine down. */
function chosenBy({ engine }: Job): { readonly message: string; readonly span: NonNullable<Job["engine"]>["span"] }[] {
  return engine === undefined || engine.span.file === "" ? [] : [{ message: "the engine is chosen here", span: engine.span }];
}

function checkLauncher(engine: ContainerEngine, { id, nameSpan, job }: Task, { settings }: Pipeline, report: Report): void {
  const { launcher, launcherCommand } = settings;
  const [key, value, what] =
    engine === "docker"
      ? (["folder", "/opt/tradewind", "a folder on the Docker host"] as const)
      : (["image", "registry/tradewind:1.0", "an image whose init container brings it"] as const);
  if (launcher[key] !== undefined || launcherCommand) return;
  const message = `task \`${id}\` runs by the engine \`${engine}\`, but the settings do not say how the launcher gets into its container`;
  const notes = [
    { message: `write \`launcher: { ${key}: ${value} }\` into the settings: ${what}` },
    { message: "or `launcher: { command: tradewind }` when every image has it inside" },
    ...(job ? chosenBy(job) : []),
  ];
  report("missing-launcher", nameSpan, message, { notes });
}

function checkStore(engine: ContainerEngine, { id, nameSpan }: Task, { settings }: Pipeline, report: Report): void {
  const { url } = settings.store;
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(url)) return;
  const span = settings.storeSpan ?? nameSpan;
  if (!url.startsWith("/")) {
    const message = `the store ${quote(url)} is a path of this workspace, which no container of the engine \`${engine}\` sees`;
    const notes = [{ message: "write `store: { url: /mnt/tradewind }` into the environment's settings, or a store in S3" }];
    report("container-store", span, message, { notes: [...notes, { message: `task \`${id}\` runs in one`, span: nameSpan }] });
    return;
  }
  if (engine === "docker" || settings.engines.kubernetes?.volume_claim !== undefined) return;
  const given = Object.keys(settings.engines.kubernetes?.arguments ?? {});
  if (given.some((name) => name === "pod_template_file" || name === "pod_template_dict")) return;
  const message = `the store is the folder ${quote(url)}, and the settings do not say which volume pods see there`;
  const notes = [
    { message: "write `engines: { kubernetes: { volume_claim: NAME } }`: the PersistentVolumeClaim that holds it" },
    { message: `task \`${id}\` runs in a pod`, span: nameSpan },
  ];
  report("container-store", span, message, { notes });
}
