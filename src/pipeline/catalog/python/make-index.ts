/** The index of Airflow's operators, read from the files of the real packages; scripts/airflow-index.mjs writes it down. */
import { canonicalJson } from "../../../protocol/json.ts";
import type { JsonSchema } from "../../../protocol/schema.ts";
import type { AirflowIndex, IndexedClass, IndexedParam } from "../../sources.ts";
import { paramSchema } from "./annotation.ts";
import { evaluate } from "./constant.ts";
import { readDoc } from "./docstring.ts";
import type { Expression } from "./expression.ts";
import { type Ancestor, PythonFiles, type PythonSource } from "./files.ts";
import { type Constructor, flatten } from "./flatten.ts";
import type { PythonClass } from "./module.ts";

/** A provider's name in Python's index, and the modules that hold its operators. */
export interface ProviderModules {
  readonly package: string;
  readonly modules: readonly string[];
}

const basePath = "airflow.sdk.bases.operator.BaseOperator";
const sensorPath = "airflow.sdk.bases.sensor.BaseSensorOperator";

/** Where else Airflow 2 and 3 have the two. */
const aliases: AirflowIndex["aliases"] = {
  "airflow.sdk.BaseOperator": basePath,
  "airflow.models.BaseOperator": basePath,
  "airflow.models.baseoperator.BaseOperator": basePath,
  "airflow.sdk.BaseSensorOperator": sensorPath,
  "airflow.sensors.base.BaseSensorOperator": sensorPath,
};

/** Longer texts are cut at a sentence: the provider's own pages have the rest. */
const longest = 240;

export function makeAirflowIndex(
  source: PythonSource,
  providers: readonly ProviderModules[],
  packages: { readonly [name: string]: string },
): AirflowIndex {
  const files = new PythonFiles(source);
  const places = new Map<string, number>();
  const params: IndexedParam[] = [];
  const classes: Record<string, IndexedClass> = {};
  const place = (param: IndexedParam) => {
    const key = canonicalJson(param as never);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, params.length);
    params.push(param);
    return params.length - 1;
  };
  const add = (path: string, found: PythonClass, from: string) => {
    classes[path] = describe(found, path, from, files, place);
  };
  for (const path of [basePath, sensorPath]) {
    const found = classAt(path, files);
    if (found) add(path, found, "apache-airflow-task-sdk");
  }
  for (const provider of providers) {
    for (const name of [...provider.modules].sort()) {
      for (const found of files.module(name)?.classes.values() ?? []) {
        if (!found.name.startsWith("_") && isOperator(files.order(found))) add(`${name}.${found.name}`, found, provider.package);
      }
    }
  }
  return { packages, base: basePath, aliases, params, classes };
}

function classAt(path: string, files: PythonFiles): PythonClass | undefined {
  const dot = path.lastIndexOf(".");
  return files.module(path.slice(0, dot))?.classes.get(path.slice(dot + 1));
}

function isBase(ancestor: Ancestor): boolean {
  return ancestor.kind === "class" && `${ancestor.found.module.name}.${ancestor.found.name}` === basePath;
}

function isOperator(order: readonly Ancestor[]): boolean {
  return order.some(isBase);
}

function describe(
  found: PythonClass,
  path: string,
  from: string,
  files: PythonFiles,
  place: (param: IndexedParam) => number,
): IndexedClass {
  const order = files.order(found);
  const made: Constructor = flatten(order, files, path === basePath ? undefined : isBase);
  const docs = order.flatMap((ancestor) => (ancestor.kind === "class" ? (ancestor.found.doc ?? []) : [])).map(readDoc);
  const summary = docs[0]?.summary;
  const fields = files.attribute(found, "template_fields");
  const templates = fields && (amazonFields(fields.value) ?? evaluate(fields.value, fields.module, files));
  return {
    package: from,
    ...(summary === undefined ? {} : { description: shorten(summary.split("\n\n")[0] ?? "") }),
    params: made.params.map((param) => {
      const { schema } = paramSchema(param, files);
      const said = docs.map((doc) => doc.params.get(param.name)).find((text) => text !== undefined);
      const described: JsonSchema = said === undefined ? schema : { ...schema, description: shorten(said) };
      return place({ name: param.name, schema: described, ...(param.required ? { required: true as const } : {}) });
    }),
    ...(Array.isArray(templates) ? { templates: templates.filter((name) => typeof name === "string") } : {}),
    ...((made.open || made.outside !== undefined) && path !== basePath ? { open: true as const } : {}),
  };
}

/** `aws_template_fields("bucket", "prefix")` of the Amazon provider adds what all of its operators render. */
function amazonFields(value: Expression): readonly string[] | undefined {
  if (value.kind !== "call" || value.callee.kind !== "name" || value.callee.name !== "aws_template_fields") return undefined;
  const names = value.args.map((arg) => (arg.value.kind === "value" && arg.spread === undefined ? arg.value.value : undefined));
  if (!names.every((name) => typeof name === "string")) return undefined;
  return [...new Set(["aws_conn_id", "region_name", "verify", ...names])].sort();
}

/** reST's roles and links go, since nobody sees them rendered. */
function shorten(text: string): string {
  const plain = text
    .split("\n\n")[0]
    ?.replaceAll(/:\w+(?::\w+)*:`~?([^`<]*?)(?:\s*<[^>]*>)?`/g, "`$1`")
    .replaceAll(/`([^`<]+?)\s*<[^>]*>`_*/g, "$1")
    .replaceAll("``", "`")
    .replace(/\s*\(templated\)\.?/i, "");
  if (plain === undefined || plain.length <= longest) return plain ?? "";
  const cut = plain.slice(0, longest);
  const sentence = cut.lastIndexOf(". ");
  return sentence > 60 ? cut.slice(0, sentence + 1) : `${cut.slice(0, cut.lastIndexOf(" "))} …`;
}
