/** `INPUTS = [("Data", ".csv"), ("Model", ".pkl")]` as ports. */
import type { Span } from "../../../protocol/diagnostic.ts";
import type { Json } from "../../../protocol/json.ts";
import { namePattern } from "../../parse/pipeline.ts";
import { quote, type Report } from "../../parse/report.ts";
import { builtinTypes } from "../../settings/types.ts";
import type { InputPort, OutputPort } from "../manifest.ts";
import { evaluate } from "./constant.ts";
import type { Expression } from "./expression.ts";
import type { PythonFiles } from "./files.ts";
import type { Module, PythonClass } from "./module.ts";

interface Port {
  readonly name: string;
  readonly types: readonly string[];
  readonly span: Span;
}

/** Undefined, after a diagnostic, when they cannot be known without running the file. */
export function readInputs(found: PythonClass, files: PythonFiles, report: Report): ReadonlyMap<string, InputPort> | undefined {
  const ports = readPorts(found, "INPUTS", files, report);
  return ports && new Map(ports.map((port) => [port.name, { ...port, optional: false, many: false, typeSpan: port.span }]));
}

/** As `readInputs`; an output has one type. */
export function readOutputs(found: PythonClass, files: PythonFiles, report: Report): ReadonlyMap<string, OutputPort> | undefined {
  const ports = readPorts(found, "OUTPUTS", files, report);
  return (
    ports &&
    new Map(
      ports.map(({ name, types, span }) => {
        const [type = "file"] = types;
        if (types.length !== 1 || type === "any") {
          report("python-operator", span, `output \`${name}\` of class \`${found.name}\` has one extension, such as ".csv"`);
        }
        return [name, { name, type, span, typeSpan: span }];
      }),
    )
  );
}

function readPorts(found: PythonClass, attribute: string, files: PythonFiles, report: Report): readonly Port[] | undefined {
  const given = files.attribute(found, attribute);
  if (given === undefined) return [];
  const { value, module } = given;
  const known = evaluate(value, module, files);
  const refuse = (message: string, at: Expression = value) => {
    report("python-operator", spanOf(at, module), message);
    return undefined;
  };
  const form = `write a list of pairs, such as \`${attribute} = [("Data", ".csv")]\``;
  if (known === undefined) return refuse(`\`${attribute}\` of class \`${found.name}\` cannot be read without running the file; ${form}`);
  const pairs = Array.isArray(known) ? known.map(pairOf) : typeof known === "object" && known !== null ? Object.entries(known) : undefined;
  if (pairs === undefined) return refuse(`\`${attribute}\` of class \`${found.name}\` is no list; ${form}`);
  const ports = new Map<string, Port>();
  for (const [index, pair] of pairs.entries()) {
    const item = value.kind === "list" || value.kind === "tuple" ? value.items[index]?.value : undefined;
    const span = spanOf(item ?? value, module);
    const types = pair && typesOf(pair[1]);
    if (pair === undefined || types === undefined)
      refuse(`item ${index + 1} of \`${attribute}\` of class \`${found.name}\` is no pair of a name and an extension; ${form}`, item);
    else if (!namePattern.test(pair[0]))
      report("invalid-name", span, `${quote(pair[0])} is no name of a port: letters, digits, \`_\` and \`-\`, and no digit first`);
    else if (ports.has(pair[0])) refuse(`\`${attribute}\` of class \`${found.name}\` names \`${pair[0]}\` twice`, item);
    else ports.set(pair[0], { name: pair[0], types, span });
  }
  return [...ports.values()];
}

/** A name alone takes any file. */
function pairOf(item: Json): readonly [string, Json] | undefined {
  if (typeof item === "string") return [item, "any"];
  if (!Array.isArray(item) || item.length > 2) return undefined;
  const [name, type = "any"] = item;
  return typeof name === "string" ? [name, type] : undefined;
}

/** `.csv`, `csv`, `.csv|.parquet`, or a list of those. */
function typesOf(given: Json): readonly string[] | undefined {
  const texts = Array.isArray(given) ? given : typeof given === "string" ? given.split("|") : undefined;
  if (texts === undefined || texts.length === 0) return undefined;
  const types = texts.map((text) => (typeof text === "string" ? typeOf(text.trim()) : undefined));
  if (!types.every((type) => type !== undefined)) return undefined;
  return types.includes("any") ? ["any"] : [...new Set(types)];
}

/** The type whose files end so; one that only the settings know is named like its ending. */
function typeOf(text: string): string {
  if (text === "*" || text === ".*" || text === "any") return "any";
  if (text === "") return "file";
  if (!text.startsWith(".")) return text;
  for (const [name, { extension }] of builtinTypes) if (extension === text.toLowerCase()) return name;
  return others[text.toLowerCase()] ?? text.slice(1);
}

const others: { readonly [extension: string]: string } = { ".pickle": "pickle", ".text": "text", ".htm": "html", ".ndjson": "jsonl" };

export function spanOf({ from, to }: { readonly from: number; readonly to: number }, { file }: Module): Span {
  return { file, start: from, end: to };
}
