/** What is different between two pieces of work: pure, over what their attempts have left in the store. */
import { canonicalJson, isJsonObject, type Json } from "../../protocol/json.ts";
import type { PythonPlan } from "../../protocol/plan.ts";
import type { Request } from "../../protocol/request.ts";
import type { Artifact, Result } from "../../protocol/result.ts";

/** An attempt's result, and what it was asked to do where that is on record. */
export interface Work {
  readonly result: Result;
  readonly request?: Request;
}

export type Difference =
  | { readonly part: "script"; readonly before: string; readonly after: string }
  | { readonly part: "code" }
  | { readonly part: "packages"; readonly before: Json; readonly after: Json }
  /** A port of the operator's interface: what it takes or makes. */
  | { readonly part: "port"; readonly port: string; readonly before: Json; readonly after: Json }
  /** The operator's version or the list of its parameters; or nothing more is on record than that it is another. */
  | { readonly part: "operator"; readonly known: boolean }
  /** One value of a parameter; `path` leads into lists and maps: `columns[2]`. `hidden`: a secret was there, which no record shows. */
  | { readonly part: "parameter"; readonly path: string; readonly before?: Json; readonly after?: Json; readonly hidden: boolean }
  | { readonly part: "input"; readonly port: string; readonly before: readonly Artifact[]; readonly after: readonly Artifact[] }
  | { readonly part: "env"; readonly name: string; readonly before?: Json; readonly after?: Json; readonly hidden: boolean }
  | { readonly part: "salt" };

/** In the order in which people look for them. Empty for the same work. */
export function compareWork(before: Work, after: Work): readonly Difference[] {
  const [old, now] = [partsOf(before), partsOf(after)];
  const found: Difference[] = [];
  if (differ(old.operator, now.operator)) found.push(...compareOperators(before.request, after.request));
  for (const { path, ...values } of compareValues(old.params, now.params)) {
    found.push({ part: "parameter", path, ...values, hidden: isHidden(values.before) || isHidden(values.after) });
  }
  for (const port of changedKeys(old.inputs, now.inputs)) {
    found.push({ part: "input", port, before: before.result.inputs[port] ?? [], after: after.result.inputs[port] ?? [] });
  }
  for (const port of changedKeys(old.outputs, now.outputs)) {
    const [one, two] = [entry(old.outputs, port), entry(now.outputs, port)];
    const same = (item: Difference): boolean => item.part === "port" && item.port === port;
    if (!found.some(same)) found.push({ part: "port", port, before: one ?? null, after: two ?? null });
  }
  for (const name of changedKeys(old.env, now.env)) {
    const [one, two] = [entry(old.env, name), entry(now.env, name)];
    found.push({ part: "env", name, ...values(one, two), hidden: isHidden(one) || isHidden(two) });
  }
  if (differ(old.salt, now.salt)) found.push({ part: "salt" });
  // Two secrets are the same text on record: the keys still tell that something is not what it was.
  if (found.length === 0 && before.result.cache?.key !== after.result.cache?.key) found.push(...hiddenValues(now));
  return found;
}

function partsOf({ result }: Work): { readonly [part: string]: Json } {
  return result.cache?.parts ?? {};
}

/** The digest of an operator is over script, code, packages, ports, version and names of parameters: all but the last two are on record. */
function compareOperators(before: Request | undefined, after: Request | undefined): Difference[] {
  if (before === undefined || after === undefined) return [{ part: "operator", known: false }];
  const found: Difference[] = [];
  if (before.script !== after.script) found.push({ part: "script", before: before.script, after: after.script });
  if (before.code !== after.code) found.push({ part: "code" });
  if (differ(before.python, after.python)) found.push({ part: "packages", before: packages(before.python), after: packages(after.python) });
  const ports = (request: Request) => ({
    ...Object.fromEntries(
      Object.entries(request.inputs).map(([port, { types, optional, many }]) => [port, { types: [...types], optional, many }]),
    ),
    ...Object.fromEntries(Object.entries(request.outputs).map(([port, output]) => [port, { ...output }])),
  });
  const [old, now] = [ports(before), ports(after)];
  for (const port of changedKeys(old, now))
    found.push({ part: "port", port, before: entry(old, port) ?? null, after: entry(now, port) ?? null });
  return found.length > 0 ? found : [{ part: "operator", known: true }];
}

function packages(python: PythonPlan | undefined): Json {
  return python === undefined ? null : { ...python, packages: [...python.packages] };
}

/** Where two values differ, as deep as both are maps or lists. */
function compareValues(before: Json | undefined, after: Json | undefined, path = ""): { path: string; before?: Json; after?: Json }[] {
  if (!differ(before, after)) return [];
  if (isJsonObject(before) && isJsonObject(after)) {
    return changedKeys(before, after).flatMap((key) =>
      compareValues(entry(before, key), entry(after, key), path === "" ? key : `${path}.${key}`),
    );
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length && path !== "") {
    return before.flatMap((item: Json, index) => compareValues(item, after[index], `${path}[${index}]`));
  }
  return [{ path, ...values(before, after) }];
}

function values(before: Json | undefined, after: Json | undefined): { before?: Json; after?: Json } {
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

function changedKeys(before: Json | undefined, after: Json | undefined): string[] {
  const keys = new Set([before, after].flatMap((value) => (isJsonObject(value) ? Object.keys(value) : [])));
  return [...keys].filter((key) => differ(entry(before, key), entry(after, key)));
}

function entry(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function differ(one: unknown, two: unknown): boolean {
  return (one === undefined) !== (two === undefined) || canonicalJson(one) !== canonicalJson(two);
}

/** What maskRequest puts in the place of a secret. */
function isHidden(value: Json | undefined): boolean {
  return value !== undefined && canonicalJson(value).includes("***");
}

function hiddenValues(parts: { readonly [part: string]: Json }): Difference[] {
  const hidden = Object.entries(isJsonObject(parts.params) ? parts.params : {}).filter(([, value]) => isHidden(value));
  return hidden.map(([path, value]) => ({ part: "parameter", path, before: value, after: value, hidden: true }));
}
