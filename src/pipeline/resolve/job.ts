/** How a task's operator runs: the operator's own job with what defaults and the task say laid over it. */
import type { EngineName } from "../../protocol/plan.ts";
import { checkJobMap } from "../catalog/job.ts";
import type { Manifest } from "../catalog/manifest.ts";
import { jobKeys, readKeys } from "../parse/keys.ts";
import { type Entry, isNull, type MapNode } from "../parse/node.ts";
import { type Reader, readDuration, readMap, readString, readText } from "../parse/read.ts";
import type { Report } from "../parse/report.ts";
import { mergeMaps } from "../settings/merge.ts";
import type { Settings } from "../settings/types.ts";
import { readEntry, sourced } from "./dag.ts";
import type { Job, Sourced } from "./pipeline.ts";

/** `said` are the `job` maps of defaults and task, weakest first; `task` what is used unless the job names a flavor, and the task's own engine. */
export function resolveJob(
  manifest: Manifest,
  said: readonly Entry[],
  task: { readonly flavor: Sourced<string> | undefined; readonly engine: Sourced<EngineName> | undefined },
  settings: Settings,
  report: Report,
): Job {
  let merged: MapNode = manifest.job ?? { kind: "map", entries: [], span: { file: manifest.file, start: 0, end: 0 } };
  for (const { value } of said) {
    const map = readMap(value, "`job`", report);
    if (map !== undefined) merged = mergeMaps(merged, checkJobMap(map, report));
  }
  const keys = readKeys(merged, jobKeys, "`job`", report);
  const read = <K extends string, T>(name: K, key: string, reader: Reader<T>) => {
    const found = readEntry(keys.get(key), `\`job.${key}\``, reader, report);
    return found === undefined ? {} : ({ [name]: found } as { [key in K]: Sourced<T> });
  };
  const flavor = readEntry(keys.get("resource_flavor"), "`job.resource_flavor`", readString, report) ?? task.flavor;
  const engine = task.engine ?? (flavor && settings.flavorEngines.get(flavor.value)) ?? settings.engine;
  const image =
    readEntry(keys.get("docker_image"), "`job.docker_image`", readString, report) ?? settings.engineImages.get(engine?.value ?? "process");
  const foundFlavor = flavor && settings.flavors.get(flavor.value);
  const foundImage = image && settings.images.get(image.value);
  return {
    ...read("script", "execution_script", readString),
    ...readPath("code", keys.get("code"), manifest, report),
    packages: readPackages(keys.get("package"), report),
    ...readPath("requirements", keys.get("requirements"), manifest, report),
    env: readEnv(keys.get("env"), report),
    ...(engine ? { engine } : {}),
    ...(image ? { image: { ...image, ...(foundImage ? { found: foundImage } : {}) } } : {}),
    ...(flavor ? { flavor: { ...flavor, ...(foundFlavor ? { found: foundFlavor } : {}) } } : {}),
    ...read("executionTime", "execution_time", readDuration),
    ...read("stageTime", "stage_time", readDuration),
    ...read("grace", "grace", readDuration),
  };
}

/** The full reference of an image; nothing for an alias that only names an interpreter. */
export function referenceOf(image: Job["image"]): string | undefined {
  return image?.found ? image.found.image : image?.value;
}

/** What an operator names lies beside its operator.yaml; what a pipeline or a settings file names is seen from the workspace. */
function readPath<K extends "code" | "requirements">(
  key: K,
  entry: Entry | undefined,
  manifest: Manifest,
  report: Report,
): { [key in K]?: Sourced<string> } {
  const found = readEntry(entry, `\`job.${key}\``, readString, report);
  if (found === undefined) return {};
  const own = (found.via ?? found.span).file === manifest.file;
  const path = joinPath(own ? (manifest.folder ?? "") : "", found.value);
  if (path !== undefined) return { [key]: { ...found, value: path } } as { [key in K]: Sourced<string> };
  report("invalid-value", found.span, `\`job.${key}\` is a path inside of the workspace, such as \`.\` or src`);
  return {};
}

/** The path relative to the workspace, without `.` and `..`; undefined when it leads out of it. */
export function joinPath(folder: string, path: string): string | undefined {
  if (path === "" || path.startsWith("/") || path.includes("\\") || /[\0\n\r]/.test(path)) return undefined;
  const parts: string[] = [];
  for (const part of [...folder.split("/"), ...path.split("/")]) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else parts.push(part);
  }
  return parts.join("/");
}

function readPackages(entry: Entry | undefined, report: Report): readonly Sourced<string>[] {
  if (entry === undefined || isNull(entry.value)) return [];
  const items = entry.value.kind === "list" ? entry.value.items : [entry.value];
  return items.flatMap((item) => {
    const text = readString(item, "`job.package`", report);
    return text === undefined ? [] : [sourced(text, item)];
  });
}

function readEnv(entry: Entry | undefined, report: Report): Job["env"] {
  const map = entry && readMap(entry.value, "`job.env`", report);
  return (map?.entries ?? []).flatMap(({ key, keySpan, value }) => {
    const text = readText(value, `\`${key}\` of \`job.env\``, report);
    return text === undefined ? [] : [{ name: key, keySpan, value: text, span: value.span }];
  });
}
