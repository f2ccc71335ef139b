/** The static reader, held to Python itself over every operator of Airflow's standard providers, and the index made by it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { indexFile, printIndex, providerFolder, providerModules, providerSource, providerVersions } from "../../scripts/airflow-index.mjs";
import { pythonEnvironment } from "../../scripts/provision.mjs";
import { findIndexed } from "../../src/pipeline/catalog/airflow-index.ts";
import { PythonFiles } from "../../src/pipeline/catalog/python/files.ts";
import { makeAirflowIndex } from "../../src/pipeline/catalog/python/make-index.ts";
import { type ConstructorParam, signatureOf } from "../../src/pipeline/catalog/python/signature.ts";
import { canonicalJson, type Json } from "../../src/protocol/json.ts";
import { airflowIndex } from "../../src/workspace/airflow-index.ts";

/** What inspect.signature says of a parameter; `opaque`: a default that JSON cannot hold. */
interface RealParam {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  readonly default: { readonly value: Json } | { readonly opaque: true } | null;
}

interface Real {
  readonly packages: { readonly [name: string]: string };
  readonly classes: { readonly [classPath: string]: readonly RealParam[] };
  /** `template_fields`, sorted. */
  readonly templates: { readonly [classPath: string]: readonly string[] };
  /** Modules that want a package which is not installed. */
  readonly unread: readonly (readonly [module: string, why: string])[];
}

const home = mkdtempSync(join(tmpdir(), "tradewind-providers-"));
afterAll(() => rmSync(home, { recursive: true }));

let real: Real;
let folder: string;
beforeAll(() => {
  const python = join(pythonEnvironment("providers"), "bin", "python");
  folder = providerFolder();
  const text = execFileSync(python, [join(import.meta.dirname, "inspect_operators.py")], {
    env: { PATH: process.env.PATH, AIRFLOW_HOME: home, HOME: home },
    encoding: "utf8",
    maxBuffer: 64 << 20,
    stdio: ["ignore", "pipe", "ignore"],
  });
  real = JSON.parse(text) as Real;
});

function describeRead({ name, kind, required, value }: ConstructorParam): string {
  if (required) return canonicalJson({ name, required });
  if (kind === "list" || kind === "map") return canonicalJson({ name, kind });
  return canonicalJson(value === undefined ? { name, opaque: true } : { name, value });
}

function describeReal({ name, kind, required, default: given }: RealParam): string {
  if (required) return canonicalJson({ name, required });
  if (kind === "VAR_POSITIONAL" || kind === "VAR_KEYWORD") return canonicalJson({ name, kind: kind === "VAR_KEYWORD" ? "map" : "list" });
  return canonicalJson({ name, ...(given as { readonly value: Json }) });
}

describe("the static reader against inspect.signature", () => {
  test("is asked about the versions that are pinned", () => {
    expect(providerVersions()).toMatchObject(real.packages);
  });

  test("gives the same names, defaults and required ones for at least 95 % of the classes", () => {
    const files = new PythonFiles(providerSource(folder));
    const wrong = Object.entries(real.classes).filter(([path, params]) => {
      const dot = path.lastIndexOf(".");
      const found = files.module(path.slice(0, dot))?.classes.get(path.slice(dot + 1));
      if (found === undefined) return true;
      const { params: read } = signatureOf(files.order(found), files);
      return read.map(describeRead).join("\n") !== params.map(describeReal).join("\n");
    });
    const total = Object.keys(real.classes).length;
    console.log(`${total - wrong.length} of ${total} classes are read as Python sees them; not ${wrong.map(([path]) => path).join(", ")}`);
    expect(total).toBeGreaterThan(300);
    expect((total - wrong.length) / total).toBeGreaterThanOrEqual(0.95);
  });
});

describe("the index of Airflow's operators", () => {
  test("is what the pinned packages give; else run: node scripts/airflow-index.mjs", () => {
    const made = makeAirflowIndex(providerSource(folder), providerModules(folder), providerVersions());
    expect(printIndex(made) === readFileSync(indexFile, "utf8")).toBe(true);
  });

  test("has every class that Python finds, with all that its own constructor names", () => {
    const index = airflowIndex();
    const missing = Object.entries(real.classes).flatMap(([path, params]) => {
      const known = findIndexed(index, path);
      if (known === undefined) return [path];
      const named = params.filter(({ kind }) => !kind.startsWith("VAR_"));
      return named.filter(({ name }) => !known.params.has(name)).map(({ name }) => `${path}: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  test("knows what Airflow renders, for nearly all of them, and is never wrong", () => {
    const index = airflowIndex();
    const asked = Object.entries(real.templates);
    const known = asked.flatMap(([path, fields]) => {
      const templates = findIndexed(index, path)?.templateFields;
      return templates === undefined ? [] : [[path, [...templates].sort(), fields] as const];
    });
    expect(known.filter(([, read, fields]) => read.join() !== fields.join())).toEqual([]);
    expect(known.length / asked.length).toBeGreaterThan(0.9);
  });

  test("adds no required parameter to those of the constructor, but what goes through **kwargs", () => {
    const index = airflowIndex();
    const wrong = Object.entries(real.classes).flatMap(([path, params]) => {
      const required = params.filter((param) => param.required).map(({ name }) => name);
      const open = params.some(({ kind }) => kind === "VAR_KEYWORD");
      const indexed = [...(findIndexed(index, path)?.params.values() ?? [])].filter((param) => param.required && param.name !== "task_id");
      return open ? [] : indexed.filter(({ name }) => !required.includes(name)).map(({ name }) => `${path}: ${name}`);
    });
    expect(wrong).toEqual([]);
  });
});
