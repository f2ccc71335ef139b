/** `tradewind check --write-bindings`: what `needs` bound stands under `inputs` afterwards, and the plans are the same. */
import { bindingFixes } from "../pipeline/check/bindings.ts";
import { applyFixes } from "../pipeline/check/fixes.ts";
import { createCompiler } from "../pipeline/compile.ts";
import type { Unreadable } from "../pipeline/sources.ts";
import { canonicalJson, type Json } from "../protocol/json.ts";
import type { Plan } from "../protocol/plan.ts";
import { airflowIndex } from "../workspace/airflow-index.ts";

type Texts = ReadonlyMap<string, string | Unreadable>;

const digest = { sha256: "0".repeat(64) };

/** The texts that change, and the tasks whose inputs are written out. A file whose plan would change in any environment is left alone. */
export function writeBindings(
  texts: Texts,
  files: readonly string[],
  set: ReadonlyMap<string, string>,
): { readonly texts: ReadonlyMap<string, string>; readonly written: number } {
  const compile = createCompiler();
  const there = { get: () => digest };
  const read = (given: Texts) =>
    compile({ files: given, folders: there, blobs: there, airflow: airflowIndex }, { set, explain: true }).pipelines;
  const before = read(texts);
  const changed = new Map<string, string>();
  let written = 0;
  for (const file of files) {
    const text = texts.get(file);
    const resolved = before.find((one) => one.file === file)?.resolved;
    if (typeof text !== "string" || resolved === undefined) continue;
    const made = applyFixes(bindingFixes(resolved, text), texts);
    if (made.applied.length === 0) continue;
    const meanings = (all: typeof before) =>
      all.filter((one) => one.file === file).map(({ env, plan }) => `${env} ${plan && meaningOf(plan)}`);
    const after = read(new Map([...texts, ...made.texts]));
    if (before.some((one) => one.file === file && !one.plan) || meanings(before).join("\n") !== meanings(after).join("\n")) continue;
    for (const [path, now] of made.texts) changed.set(path, now);
    written += made.applied.length;
  }
  return { texts: changed, written };
}

/** The plan without the digest of what it was made from. */
function meaningOf({ source, ...plan }: Plan): string {
  return canonicalJson({ ...plan, source: { file: source.file } } as unknown as Json);
}
