/** Second block: what the file uses, and nothing else. Airflow 3 moved its names; a portable file tries the new place first. */
import type { Plan } from "../../protocol/plan.ts";
import { jobOperator } from "./jobs.ts";
import { findPlaces } from "./places.ts";
import { lineWidth } from "./print.ts";
import type { Target } from "./target.ts";

/** Collects the names that the other blocks use. */
export class Imports {
  readonly target: Target;
  /** Standard library and timetables: the same on every version. */
  readonly plain = new Map<string, Set<string>>();
  /** Names of airflow.sdk. */
  readonly sdk = new Set<SdkName>();
  /** Operator classes by their path. */
  readonly #classes = new Map<string, ImportedClass>();
  #aliases: ReadonlyMap<string, string> = new Map();

  constructor(target: Target) {
    this.target = target;
  }

  /** Settles the names of all operator classes, and returns them for others to avoid. */
  reserve(plan: Plan): readonly string[] {
    const aliases = new Map<string, string>();
    const used = new Set<string>(reserved);
    const paths = plan.tasks.map((task) => (task.kind === "airflow" ? task.class_path : jobOperator(plan, task)));
    for (const path of paths) {
      if (aliases.has(path)) continue;
      const name = path.slice(path.lastIndexOf(".") + 1);
      let alias = name;
      for (let count = 2; used.has(alias); count += 1) alias = `${name}${count}`;
      used.add(alias);
      aliases.set(path, alias);
    }
    this.#aliases = aliases;
    return [...aliases.values()];
  }

  /** Imports a name that has one place on all versions. */
  from(module: string, name: string): string {
    const names = this.plain.get(module) ?? new Set();
    this.plain.set(module, names.add(name));
    return name;
  }

  /** Imports a name under another one. */
  as(module: string, name: string, alias: string): string {
    this.from(module, `${name} as ${alias}`);
    return alias;
  }

  /** Imports a name of airflow.sdk, or its place on Airflow 2. */
  fromSdk(name: SdkName): string {
    this.sdk.add(name);
    return name;
  }

  /** Imports an operator's class and returns its name in this file. */
  operator(path: string): string {
    const alias = this.#aliases.get(path) ?? path.slice(path.lastIndexOf(".") + 1);
    this.#classes.set(path, { path, alias });
    return alias;
  }

  get classes(): readonly ImportedClass[] {
    return [...this.#classes.values()];
  }
}

interface ImportedClass {
  readonly path: string;
  readonly alias: string;
}

type SdkName = "DAG" | "Param" | "TaskGroup";

const onAirflow2: { readonly [name in SdkName]: string } = {
  DAG: "airflow.models.dag",
  Param: "airflow.models.param",
  TaskGroup: "airflow.utils.task_group",
};

const reserved = [
  "DAG",
  "Param",
  "TaskGroup",
  "ZoneInfo",
  "datetime",
  "timedelta",
  "CronDataIntervalTimetable",
  "CronTriggerTimetable",
  "DeviceRequest",
  "Mount",
  "Secret",
  "k8s",
  "RUN",
  "LAUNCH",
  "dag",
];

/** What Airflow's providers bring along. */
const clients: ReadonlySet<string> = new Set(["docker.types", "kubernetes.client"]);

/** All import statements, in isort's order. */
export function emitImports(imports: Imports): string {
  const standard: string[] = [];
  const airflow = new Map<string, Set<string>>();
  const foreign = new Map<string, Set<string>>();
  const tried: string[] = [];
  for (const [module, names] of imports.plain) {
    if (module.startsWith("airflow.")) addAll(airflow, module, names);
    else if (clients.has(module)) addAll(foreign, module, names);
    else standard.push(importLine(module, names));
  }
  const sdk = [...imports.sdk];
  const old = sdk.map((name): [string, string] => [onAirflow2[name], name]);
  if (imports.target === "2") for (const [module, name] of old) addAll(airflow, module, [name]);
  else if (imports.target === "3") addAll(airflow, "airflow.sdk", sdk);
  else tried.push(tryBlock([importLine("airflow.sdk", sdk, 4)], importLines(old), "Airflow 2"));
  for (const { path, alias } of imports.classes) {
    const places = findPlaces(path);
    const place = imports.target === "2" ? places.airflow2 : places.airflow3;
    const name = asName(place, alias);
    if (imports.target !== "portable" || places.airflow2 === places.airflow3) {
      addAll(place.startsWith("airflow.") ? airflow : foreign, moduleOf(place), [name]);
    } else {
      const fallback = importLine(moduleOf(places.airflow2), [asName(places.airflow2, alias)], 4);
      tried.push(tryBlock([importLine(moduleOf(place), [name], 4)], [fallback], "Airflow 2 without this provider"));
    }
  }
  const thirdParty = [...airflow, ...foreign].map(([module, names]) => importLine(module, names));
  const sections = [standard.sort(byModule).join("\n"), thirdParty.sort(byModule).join("\n"), ...tried];
  return sections.filter((section) => section !== "").join("\n\n");
}

function addAll(modules: Map<string, Set<string>>, module: string, names: Iterable<string>): void {
  const all = modules.get(module) ?? new Set();
  for (const name of names) all.add(name);
  modules.set(module, all);
}

function importLines(pairs: readonly (readonly [module: string, name: string])[]): readonly string[] {
  return pairs.map(([module, name]) => importLine(module, [name], 4)).sort(byModule);
}

function byModule(a: string, b: string): number {
  const [left = "", right = ""] = [a.split(" ")[1], b.split(" ")[1]];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** isort's order within a line: constants, classes, then the rest, each by code unit. */
function importLine(module: string, names: Iterable<string>, indent = 0): string {
  const rank = (name: string) => (/^[A-Z][A-Z0-9_]*$/.test(name) && name.length > 1 ? 0 : /^[A-Z]/.test(name) ? 1 : 2);
  const sorted = [...names].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const line = `from ${module} import ${sorted.join(", ")}`;
  if (indent + line.length <= lineWidth) return line;
  return `from ${module} import (\n${sorted.map((name) => `    ${name},\n`).join("")})`;
}

function tryBlock(first: readonly string[], fallback: readonly string[], when: string): string {
  const indent = (lines: readonly string[]) => lines.map((line) => line.replaceAll(/^/gm, "    "));
  return ["try:", ...indent(first), `except ImportError:  # ${when}`, ...indent(fallback)].join("\n");
}

function moduleOf(path: string): string {
  return path.slice(0, path.lastIndexOf("."));
}

function asName(path: string, alias: string): string {
  const name = path.slice(path.lastIndexOf(".") + 1);
  return name === alias ? name : `${name} as ${alias}`;
}
