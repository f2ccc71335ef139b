/** The names that a template uses, and which of them Airflow or a local run does not know. */
import { didYouMean } from "../protocol/suggest.ts";
import {
  LOCAL_ATTRIBUTES,
  LOCAL_MACROS,
  LOCAL_NAMES,
  OTHER_MACROS,
  REMOVED_ATTRIBUTES,
  REMOVED_NAMES,
  SERVER_NAMES,
} from "./airflow-names.ts";
import type { Expr, Node, ParsedTemplate, Place } from "./ast.ts";
import { FILTER_NAMES, FILTERS_NOT_HERE } from "./filters.ts";
import { GLOBAL_NAMES } from "./globals.ts";
import { TEST_NAMES } from "./tests.ts";
import { targetNames, visitExpr, visitNode } from "./walk.ts";

/** A name and what is reached from it: `params.limit`, also for `params["limit"]`. Offset and length cover all of it. */
export interface TemplateName extends Place {
  /** Dotted. */
  readonly name: string;
  readonly path: readonly string[];
  /** Where each part of `path` stands. */
  readonly parts: readonly Place[];
  /** True under `is defined`, `is undefined` and `default`, where a missing name is no mistake. */
  readonly guarded: boolean;
}

/**
 * `unknown`: no Airflow has it. `not-local`: a server has it, a local run has not. `removed-in-3`: Airflow 2 has it.
 */
export interface TemplateProblem extends Place {
  readonly kind: "unknown" | "not-local" | "removed-in-3";
  readonly message: string;
}

/** All names that the template takes from outside, in order; not what it sets itself, nor Jinja's own functions. */
export function templateNames(parsed: ParsedTemplate): TemplateName[] {
  const names: TemplateName[] = [];
  collect(parsed.nodes, new Set(GLOBAL_NAMES), names);
  return names.sort((a, b) => a.offset - b.offset);
}

const guards = new Set(["default", "d"]);

/** Collects from nodes in order; `locals` grows by what they set. */
function collect(nodes: readonly Node[], locals: Set<string>, names: TemplateName[]): void {
  const use = (expr: Expr | null, known: ReadonlySet<string> = locals) => collectExpr(expr, known, names);
  const inner = (body: readonly Node[], ...added: readonly string[]) => collect(body, new Set([...locals, ...added]), names);
  for (const node of nodes) {
    switch (node.kind) {
      case "text":
        break;
      case "print":
      case "do":
        use(node.value);
        break;
      case "if":
        for (const { test, body } of node.branches) {
          use(test);
          collect(body, locals, names);
        }
        collect(node.otherwise, locals, names);
        break;
      case "for": {
        const targets = targetNames(node.target).map(({ name }) => name);
        use(node.iterable);
        use(node.filter, new Set([...locals, ...targets]));
        inner(node.body, "loop", ...targets);
        inner(node.otherwise);
        break;
      }
      case "set":
        use(node.value);
        for (const { name } of targetNames(node.target)) locals.add(name);
        break;
      case "set-block":
        use(node.filter);
        inner(node.body);
        for (const { name } of targetNames(node.target)) locals.add(name);
        break;
      case "with": {
        const added: string[] = [];
        for (const { target, value } of node.assignments) {
          use(value);
          added.push(...targetNames(target).map(({ name }) => name));
        }
        inner(node.body, ...added);
        break;
      }
      case "filter-block":
        use(node.filter);
        inner(node.body);
        break;
      case "macro":
        locals.add(node.name.name);
        for (const value of node.signature.defaults) use(value, new Set([...locals, ...node.signature.names.map(({ name }) => name)]));
        inner(node.body, "caller", "varargs", "kwargs", ...node.signature.names.map(({ name }) => name));
        break;
      case "call-block":
        for (const value of node.signature.defaults) use(value);
        use(node.call);
        inner(node.body, ...node.signature.names.map(({ name }) => name));
        break;
      case "block":
        inner(node.body);
        break;
    }
  }
}

function collectExpr(expr: Expr | null, locals: ReadonlySet<string>, names: TemplateName[]): void {
  const guarded = new Set<Expr>();
  visitExpr(expr, {
    expr: (one) => {
      if (one.kind === "test" && (one.name === "defined" || one.name === "undefined")) guarded.add(one.target);
      if (one.kind === "filter" && guards.has(one.name) && one.target !== null) guarded.add(one.target);
      const found = pathOf(one);
      if (found === undefined) return true;
      const [root = ""] = found.path;
      if (!locals.has(root))
        names.push({ ...found, name: found.path.join("."), guarded: guarded.has(one), offset: one.offset, length: one.length });
      return false;
    },
  });
}

/** The path of a chain of attributes and literal subscriptions on a name; undefined for anything else. */
function pathOf(expr: Expr): { readonly path: readonly string[]; readonly parts: readonly Place[] } | undefined {
  const { offset, length } = expr;
  if (expr.kind === "name") return { path: [expr.name], parts: [{ offset, length }] };
  const key = expr.kind === "attribute" ? expr.name : expr.kind === "item" && expr.index.kind === "literal" ? expr.index.value : undefined;
  if (typeof key !== "string" || (expr.kind !== "attribute" && expr.kind !== "item")) return undefined;
  const before = pathOf(expr.target);
  if (before === undefined) return undefined;
  const part = expr.kind === "item" ? expr.index : { offset: offset + length - key.length, length: key.length };
  return { path: [...before.path, key], parts: [...before.parts, { offset: part.offset, length: part.length }] };
}

/** What will not work, in order. Syntax errors are in `parsed.errors`. */
export function checkTemplate(parsed: ParsedTemplate, names: readonly TemplateName[] = templateNames(parsed)): TemplateProblem[] {
  const problems = names.flatMap((name) => (name.guarded && name.path.length === 1 ? [] : checkName(name, parsed)));
  return [...problems, ...checkFunctions(parsed)].sort((a, b) => a.offset - b.offset);
}

/** True when the template asks about the name with `is defined`, so that it can do without it. */
function isTested(name: string, parsed: ParsedTemplate): boolean {
  let tested = false;
  const expr = (one: Expr): boolean => {
    const asks = one.kind === "test" && (one.name === "defined" || one.name === "undefined");
    if (asks && one.target.kind === "name" && one.target.name === name) tested = true;
    return true;
  };
  for (const node of parsed.nodes) visitNode(node, { expr });
  return tested;
}

const KNOWN_NAMES: readonly string[] = [...LOCAL_NAMES, ...SERVER_NAMES, ...GLOBAL_NAMES];

function checkName(name: TemplateName, parsed: ParsedTemplate): TemplateProblem[] {
  const [root = "", attribute] = name.path;
  const at = (index: number): Place => name.parts[index] ?? name;
  if (Object.hasOwn(REMOVED_NAMES, root)) {
    if (isTested(root, parsed)) return [];
    return [{ kind: "removed-in-3", message: `"${root}" does not exist in Airflow 3: use ${REMOVED_NAMES[root]}`, ...at(0) }];
  }
  if ((SERVER_NAMES as readonly string[]).includes(root)) {
    return [{ kind: "not-local", message: `"${root}" is known on an Airflow server only, not in a local run`, ...at(0) }];
  }
  if (!(LOCAL_NAMES as readonly string[]).includes(root)) {
    if (isTested(root, parsed)) return [];
    return [{ kind: "unknown", message: `Airflow gives templates no name "${root}"${didYouMean(root, KNOWN_NAMES)}`, ...at(0) }];
  }
  return attribute === undefined ? [] : checkAttribute(name, root, attribute, at(1));
}

const clockMethods = new Set(["now", "utcnow", "today"]);

function checkAttribute(name: TemplateName, root: string, attribute: string, place: Place): TemplateProblem[] {
  if (root === "macros") return checkMacro(name, attribute, place);
  if (root === "var" && attribute !== "value" && attribute !== "json") {
    return [
      { kind: "unknown", message: `"var" has "value" and "json", not "${attribute}"${didYouMean(attribute, ["value", "json"])}`, ...place },
    ];
  }
  const local = LOCAL_ATTRIBUTES[root];
  if (local === undefined || local.includes(attribute)) return [];
  const instead = Object.hasOwn(REMOVED_ATTRIBUTES, attribute) ? REMOVED_ATTRIBUTES[attribute] : undefined;
  if (instead !== undefined)
    return [{ kind: "removed-in-3", message: `"${root}.${attribute}" does not exist in Airflow 3: use ${instead}`, ...place }];
  const has = `a local run knows of "${root}" only ${local.join(", ")}`;
  return [{ kind: "not-local", message: `${has}, not "${attribute}"${didYouMean(attribute, local)}`, ...place }];
}

function checkMacro(name: TemplateName, macro: string, place: Place): TemplateProblem[] {
  const why = Object.hasOwn(OTHER_MACROS, macro) ? OTHER_MACROS[macro] : undefined;
  if (why !== undefined) return [{ kind: "not-local", message: `"macros.${macro}" cannot be used in a local run: ${why}`, ...place }];
  if (!(LOCAL_MACROS as readonly string[]).includes(macro)) {
    const near = didYouMean(macro, [...LOCAL_MACROS, ...Object.keys(OTHER_MACROS)]);
    return [{ kind: "unknown", message: `Airflow's "macros" has no "${macro}"${near}`, ...place }];
  }
  const method = name.path[2];
  if (macro !== "datetime" || method === undefined || !clockMethods.has(method)) return [];
  const message = `"macros.datetime.${method}" depends on the time of day, so that every run would differ: use logical_date or data_interval_end`;
  return [{ kind: "not-local", message, ...(name.parts[2] ?? place) }];
}

function checkFunctions(parsed: ParsedTemplate): TemplateProblem[] {
  return parsed.functions.flatMap(({ kind, name, offset, length }): TemplateProblem[] => {
    if (kind === "filter" && FILTERS_NOT_HERE.includes(name)) {
      return [{ kind: "not-local", message: `the filter "${name}" is not available in a local run`, offset, length }];
    }
    const known: Iterable<string> = kind === "filter" ? FILTER_NAMES : TEST_NAMES;
    if ([...known].includes(name)) return [];
    return [{ kind: "unknown", message: `there is no ${kind} named "${name}"${didYouMean(name, known)}`, offset, length }];
  });
}
