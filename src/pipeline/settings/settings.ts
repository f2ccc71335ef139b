/** The four layers, read into Settings. Unknown keys and wrong values are diagnostics where they were written. */

import type { FlavorPlan } from "../../protocol/plan.ts";
import { formatSize } from "../../protocol/size.ts";
import { readKeys } from "../parse/keys.ts";
import type { Entry, MapNode, Node } from "../parse/node.ts";
import { parseDefaultsBody } from "../parse/pipeline.ts";
import {
  integerFrom,
  type Reader,
  readBoolean,
  readMap,
  readPositive,
  readSize,
  readString,
  readStrings,
  readText,
} from "../parse/read.ts";
import { quote, type Report } from "../parse/report.ts";
import type { Workspace } from "../parse/workspace.ts";
import { chooseEngine, readEngines, readLauncher } from "./engines.ts";
import { aboutAirflow, aboutFlavor, aboutImage, aboutSettings, aboutStore, aboutType } from "./keys.ts";
import { mergeMaps } from "./merge.ts";
import { readPackageIndex } from "./python.ts";
import { readStore } from "./store.ts";

import { readTolerations } from "./tolerations.ts";
import { builtinTypes, type ChosenEngine, type FileType, type Image, type Layer, type Settings } from "./types.ts";
import { scalarOf, Variables } from "./variables.ts";

/** A settings file's tree; undefined when it is empty, "broken" when it is no YAML. */
export type ReadTree = (path: string) => MapNode | "broken" | undefined;

/** The files that make the settings, weakest first. */
export function layersOf(workspace: Workspace, env: string, project: string | undefined): readonly Layer[] {
  const all: Layer[] = [
    { name: "base", file: "tradewind.yaml" },
    { name: "environment", file: `env/${env}.yaml` },
  ];
  if (project !== undefined) {
    all.push({ name: "project", file: `projects/${project}/project.yaml` });
    all.push({ name: "project environment", file: `projects/${project}/env/${env}.yaml` });
  }
  return all.filter(({ file }) => workspace.settings.has(file));
}

/** `overrides` are those of `--set`: dotted path under `vars` → text. */
export function readSettings(
  layers: readonly Layer[],
  env: string,
  project: string | undefined,
  overrides: ReadonlyMap<string, string>,
  readTree: ReadTree,
  report: Report,
): Settings {
  const nowhere = { file: "", start: 0, end: 0 };
  let merged: MapNode = { kind: "map", entries: [], span: nowhere };
  let complete = true;
  for (const { file } of layers) {
    const tree = readTree(file);
    if (tree === "broken") complete = false;
    else if (tree !== undefined) {
      // Of two layers with the same wrong key the merged map would show one.
      readKeys(tree, Object.keys(aboutSettings), "a settings file", report);
      merged = mergeMaps(merged, tree);
    }
  }
  for (const [path, text] of overrides) merged = mergeMaps(merged, override(["vars", ...path.split(".")], text));

  const vars = merged.entries.find(({ key }) => key === "vars");
  const varsMap = vars && readMap(vars.value, "`vars`", report);
  const variables = new Variables(varsMap, env, complete);
  const tree = {
    ...merged,
    entries: merged.entries.map((entry) => ({ ...entry, value: variables.interpolate(entry.value, report) })),
  };
  const keys = readKeys(tree, Object.keys(aboutSettings), "a settings file", report);
  const section = (key: string, known: readonly string[]) => {
    const entry = keys.get(key);
    const map = entry && readMap(entry.value, `\`${key}\``, report);
    return map ? readKeys(map, known, `\`${key}\``, report) : new Map<string, Entry>();
  };
  const airflow = section("airflow", Object.keys(aboutAirflow));
  const read = <T>(entries: ReadonlyMap<string, Entry>, prefix: string, key: string, reader: Reader<T>) => {
    const entry = entries.get(key);
    return entry && reader(entry.value, `\`${prefix}${key}\``, report);
  };
  const airflowConnection = read(airflow, "airflow.", "connection", readString);
  const engine = chooseEngine(keys.get("engine"), "`engine`", report);
  const defaults = keys.get("defaults");
  const defaultsMap = defaults && readMap(defaults.value, "`defaults`", report);
  const store = section("store", Object.keys(aboutStore));
  const url = store.get("url");
  const packageIndex = readPackageIndex(keys.get("python"), report);
  return {
    env,
    ...(project === undefined ? {} : { project }),
    layers,
    tree,
    complete,
    variables,
    dagId: read(airflow, "airflow.", "dag_id", readDagId) ?? "{name}",
    target: read(airflow, "airflow.", "version", readTarget) ?? "portable",
    ...(airflowConnection === undefined ? {} : { airflowConnection }),
    macros: read(airflow, "airflow.", "macros", readStrings) ?? [],
    operators: read(airflow, "airflow.", "operators", readPackage) ?? "operators",
    store: readStore(store, env, report),
    ...(url === undefined ? {} : { storeSpan: url.value.via ?? url.value.span }),
    ...readLauncher(keys.get("launcher"), report),
    ...(packageIndex && { packageIndex }),
    ...(engine ? { engine } : {}),
    ...readEngines(keys.get("engines"), report),
    flavors: new Map(readNamed(keys.get("flavors"), "flavor", readFlavor, report)),
    flavorEngines: readFlavorEngines(keys.get("flavors"), report),
    images: new Map(readNamed(keys.get("images"), "image", readImage, report)),
    types: new Map([...builtinTypes, ...readNamed(keys.get("types"), "type", readType, report)]),
    defaults: defaultsMap
      ? parseDefaultsBody(defaultsMap, "`defaults`", report)
      : { keys: new Map(), params: new Map(), explicit: new Set() },
  };
}

function override(path: readonly string[], text: string): MapNode {
  const span = { file: "", start: 0, end: 0 };
  const [key = "", ...rest] = path;
  const value: Node = rest.length === 0 ? scalarOf(text, { span }) : override(rest, text);
  return { kind: "map", entries: [{ key, keySpan: span, value }], span };
}

const readPackage: Reader<string> = (node, what, report) => {
  const text = readString(node, what, report);
  if (text === undefined || /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(text)) return text;
  report("invalid-value", node.span, `${what} is a package of Python, such as company.operators, not ${quote(text)}`);
  return undefined;
};

/** Of a version only the major one matters: within it every emitted file loads everywhere. */
const readTarget: Reader<Settings["target"]> = (node, what, report) => {
  const text = readText(node, what, report);
  if (text === undefined || text === "portable") return text;
  const major = /^([23])(\.\d+)*$/.exec(text)?.[1];
  if (major === "2" || major === "3") return major;
  report(
    "invalid-value",
    node.span,
    `${what} is portable (one file for Airflow 2.10 to 3), or a version of Airflow 2 or 3, not ${quote(text)}`,
  );
  return undefined;
};

const readDagId: Reader<string> = (node, what, report) => {
  const text = readString(node, what, report);
  const wrong = text?.replaceAll(/\{(name|env|project)\}/g, "");
  if (wrong === undefined || /^[A-Za-z0-9_.-]*$/.test(wrong)) return text;
  report(
    "invalid-value",
    node.span,
    `${what} is made of letters, digits, \`_ . -\`, {name}, {env} and {project}, not ${quote(text ?? "")}`,
  );
  return undefined;
};

function readNamed<T>(
  entry: Entry | undefined,
  what: string,
  read: (name: string, value: Node, report: Report) => T | undefined,
  report: Report,
): [string, T][] {
  const map = entry && readMap(entry.value, `\`${entry.key}\``, report);
  return (map?.entries ?? []).flatMap(({ key, keySpan, value }): [string, T][] => {
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(key)) {
      report("invalid-name", keySpan, `${quote(key)} is no name of a ${what}: letters, digits, \`_\`, \`.\` and \`-\``);
    }
    const one = read(key, value, report);
    return one === undefined ? [] : [[key, one]];
  });
}

function readFlavor(name: string, value: Node, report: Report): FlavorPlan | undefined {
  const what = `flavor \`${name}\``;
  const map = readMap(value, what, report);
  if (map === undefined) return undefined;
  const keys = readKeys(map, Object.keys(aboutFlavor), what, report);
  const read = <T>(key: string, reader: Reader<T>): { [key: string]: T } => {
    const entry = keys.get(key);
    const got = entry && reader(entry.value, `\`${key}\` of ${what}`, report);
    return got === undefined ? {} : { [key]: got };
  };
  return {
    name,
    ...read("cpu", readPositive),
    ...read("memory", readSize),
    ...readMemoryMax(name, keys, report),
    ...read("disk", readSize),
    ...read("gpu", integerFrom(0, 1024)),
    ...read("queue", readString),
    ...read("node_selector", readTexts),
    ...read("tolerations", readTolerations),
  };
}

/** At least `memory`, which it lets a task grow from. */
function readMemoryMax(name: string, keys: ReadonlyMap<string, Entry>, report: Report): Pick<FlavorPlan, "memory_max"> {
  const entry = keys.get("memory_max");
  const what = `\`memory_max\` of flavor \`${name}\``;
  const most = entry && readSize(entry.value, what, report);
  if (entry === undefined || most === undefined) return {};
  const memory = keys.get("memory");
  if (memory === undefined) {
    report("missing-key", entry.keySpan, `${what} is what \`memory\` may grow to, and the flavor has no \`memory\``);
    return {};
  }
  const least = readSize(memory.value, "", () => {});
  if (least === undefined || least <= most) return { memory_max: most };
  report("invalid-value", entry.value.span, `${what} is ${formatSize(most)}, less than its \`memory\` of ${formatSize(least)}`);
  return {};
}

function readFlavorEngines(entry: Entry | undefined, report: Report): ReadonlyMap<string, ChosenEngine> {
  const flavors = entry?.value.kind === "map" ? entry.value.entries : [];
  return new Map(
    flavors.flatMap(({ key, value }): [string, ChosenEngine][] => {
      const own = value.kind === "map" ? value.entries.find((one) => one.key === "engine") : undefined;
      const engine = chooseEngine(own, `\`engine\` of flavor \`${key}\``, report);
      return engine === undefined ? [] : [[key, engine]];
    }),
  );
}

/** A map of texts, such as labels or environment variables; numbers are taken as they were written. */
const readTexts: Reader<{ readonly [key: string]: string }> = (node, what, report) => {
  const map = readMap(node, what, report);
  return (
    map &&
    Object.fromEntries(
      map.entries.flatMap(({ key, value }) => {
        const text = readText(value, `\`${key}\` of ${what}`, report);
        return text === undefined ? [] : [[key, text]];
      }),
    )
  );
};

function readImage(name: string, value: Node, report: Report): Image | undefined {
  const what = `image \`${name}\``;
  if (value.kind === "scalar") {
    const image = readString(value, what, report);
    return image === undefined ? undefined : { name, image };
  }
  const map = readMap(value, what, report);
  if (map === undefined) return undefined;
  const keys = readKeys(map, Object.keys(aboutImage), what, report);
  const image = keys.get("image");
  const python = keys.get("python");
  const reference = image && readString(image.value, `\`image\` of ${what}`, report);
  const version = python && readText(python.value, `\`python\` of ${what}`, report);
  if (python && version !== undefined && !/^[23](\.\d+){0,2}$/.test(version)) {
    report("invalid-value", python.value.span, `\`python\` of ${what} is a version such as "3.11", not ${quote(version)}`);
  }
  return { name, ...(reference === undefined ? {} : { image: reference }), ...(version === undefined ? {} : { python: version }) };
}

function readType(name: string, value: Node, report: Report): FileType | undefined {
  const what = `type \`${name}\``;
  const map = readMap(value, what, report);
  if (map === undefined) return undefined;
  const keys = readKeys(map, Object.keys(aboutType), what, report);
  const extension = keys.get("extension");
  const dir = keys.get("dir");
  const text = extension && readString(extension.value, `\`extension\` of ${what}`, report);
  if (extension && text !== undefined && !/^(\.[A-Za-z0-9_]+)*$/.test(text)) {
    report("invalid-value", extension.value.span, `\`extension\` of ${what} begins with a dot, such as .onnx, not ${quote(text)}`);
  }
  return { extension: text ?? "", dir: (dir && readBoolean(dir.value, `\`dir\` of ${what}`, report)) ?? false };
}
