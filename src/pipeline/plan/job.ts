/** JobPlan: all a launcher must know of how an operator runs, and the digest that makes two jobs the same. */
import { canonicalJson } from "../../protocol/json.ts";
import type { FlavorPlan, JobPlan, OutputPlan, PythonPlan } from "../../protocol/plan.ts";
import type { Manifest } from "../catalog/manifest.ts";
import { referenceOf } from "../resolve/job.ts";
import type { Job } from "../resolve/pipeline.ts";
import type { Inventory } from "./inventory.ts";

/** Seconds; generous for gigabytes on a slow line. */
const usualStageTime = 600;
/** Seconds between TERM and KILL; Airflow itself waits 5 s before it stops listening. */
const usualGrace = 10;

/** Undefined when a digest is still lacking; the inventory knows which. */
export function planJob(
  manifest: Manifest,
  job: Job,
  outputs: { readonly [port: string]: OutputPlan },
  inventory: Inventory,
): JobPlan | undefined {
  // The last newline of a block means nothing to bash, and would make dag.py write it as a template.
  const script = (job.script?.value ?? "").replace(/\n+$/, "");
  const code = job.code && inventory.folder(job.code.value);
  const python = planPython(job, inventory);
  if (job.code && code === undefined) return undefined;
  const env = Object.fromEntries(job.env.map(({ name, value }) => [name, value]));
  const inputs = Object.fromEntries(
    [...manifest.inputs.values()].map(({ name, types, optional, many }) => [name, { types, optional, many }]),
  );
  const params = [...manifest.params.keys()].sort();
  const version = manifest.version ?? null;
  const image = referenceOf(job.image);
  // A process sees nothing of the image but the interpreter's version.
  const inside = (job.engine?.value ?? "process") === "process" ? undefined : image;
  const digest = inventory.digestOf(canonicalJson({ version, params, inputs, outputs, script, code, python, image: inside }));
  const flavor: FlavorPlan | undefined = job.flavor?.found;
  return {
    script,
    ...(code === undefined ? {} : { code }),
    ...(python ? { python } : {}),
    env,
    ...(image === undefined ? {} : { image }),
    ...(flavor ? { flavor } : {}),
    ...(job.executionTime ? { execution_time: job.executionTime.value } : {}),
    stage_time: job.stageTime?.value ?? usualStageTime,
    grace: job.grace?.value ?? usualGrace,
    digest,
  };
}

function planPython(job: Job, inventory: Inventory): PythonPlan | undefined {
  const version = job.image?.found?.python;
  const requirements = job.requirements && inventory.text(job.requirements.value);
  if (version === undefined && job.packages.length === 0 && requirements === undefined) return undefined;
  return {
    ...(version === undefined ? {} : { version }),
    packages: job.packages.map(({ value }) => value),
    ...(requirements === undefined ? {} : { requirements }),
  };
}
