/**
 * A recorded attempt, here again: the same inputs by digest, parameters, code, Python and limits, by the launcher's own phases. It is
 * prepared and run beside any run: nothing is claimed, uploaded or committed, so neither the run it comes from nor the cache can change.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { checkOutputs } from "../../launch/check.ts";
import { readConnections, readOwnConnections } from "../../launch/connections.ts";
import type { LaunchDeps } from "../../launch/deps.ts";
import { prepareEnvironment } from "../../launch/environment.ts";
import { type FailureFacts, failureOf } from "../../launch/failure.ts";
import { guard } from "../../launch/guard.ts";
import type { Inputs } from "../../launch/inputs.ts";
import { createJournal, type Journal } from "../../launch/journal.ts";
import { startDeadline } from "../../launch/limit.ts";
import { createMasker, type Masker } from "../../launch/mask.ts";
import { runScript } from "../../launch/run.ts";
import { makeScratch, removeScratch, type Scratch } from "../../launch/scratch.ts";
import { stageInputs } from "../../launch/stage.ts";
import { outputPaths, passedVariables } from "../../launch/variables.ts";
import type { Request } from "../../protocol/request.ts";
import { variableName } from "../../protocol/request-env.ts";
import type { Artifact, Result } from "../../protocol/result.ts";
import { type HandFiles, writeHandFiles } from "./files.ts";
import type { DebugRequest } from "./request.ts";

export interface Prepared {
  readonly request: Request;
  /** Parameters whose values are secret. */
  readonly secret: ReadonlySet<string>;
  readonly scratch: Scratch;
  readonly variables: { readonly [name: string]: string };
  readonly files: HandFiles;
  readonly journal: Journal;
  readonly masker: Masker;
}

/** Everything that the script needs, in a folder of its own under `deps.work`. Throws what the launcher's phases throw. */
export async function prepareDebug(
  { request, secret }: Pick<DebugRequest, "request" | "secret">,
  inputs: Inputs,
  deps: LaunchDeps,
): Promise<Prepared> {
  const connections = readConnections(request, deps.env);
  const masker = createMasker([...connections.values(), ...readOwnConnections(request, deps.env)]);
  const scratch = makeScratch(deps.work, request);
  const journal = createJournal(masker, deps.onEvent, () => scratch.records);
  const deadline = startDeadline(request.limits.stage_time, deps.signal);
  try {
    journal.phase("stage");
    const staged = await deadline.race(stageInputs(request, inputs, deps, scratch.inputs, () => {}, deadline.signal));
    journal.phase("environment");
    const ports = { inputs: staged, outputs: outputPaths(request, scratch.outputs) };
    const variables = await deadline.race(prepareEnvironment(request, deps, { scratch, ports, journal, masker, signal: deadline.signal }));
    writeFileSync(scratch.script, request.script, { mode: 0o600 });
    const hidden = new Set([...connections.keys(), ...[...secret].map((name) => variableName("PARAM", name))]);
    const isSecret = (name: string, value: string): boolean => hidden.has(name) || masker.mask(value) !== value;
    const files = writeHandFiles(scratch, variables, passedVariables(deps.env), isSecret);
    return { request, secret, scratch, variables, files, journal, masker };
  } catch (error) {
    await removeScratch(scratch);
    throw error;
  } finally {
    deadline.clear();
  }
}

/** How it went here. */
export interface DebugEnd {
  readonly status: Result["status"];
  readonly failure?: FailureFacts;
  readonly outputs: { readonly [port: string]: Pick<Artifact, "sha256" | "size" | "rows"> };
}

/** Runs the script under its limits and checks its outputs. */
export async function runPrepared({ request, scratch, variables, journal, masker }: Prepared, signal: AbortSignal): Promise<DebugEnd> {
  try {
    journal.phase("run");
    const { failure } = await runScript(request, scratch, variables, masker, journal, signal);
    if (failure) return { status: failure.status ?? "failed", failure, outputs: {} };
    journal.phase("check");
    const checked = await checkOutputs(request, outputPaths(request, scratch.outputs));
    const outputs = checked.map(({ port, sha256, size, rows }) => [port, { sha256, size, ...(rows !== undefined && { rows }) }] as const);
    return { status: "success", outputs: Object.fromEntries(outputs) };
  } catch (error) {
    const failure = failureOf(error);
    return { status: failure.status ?? "failed", failure, outputs: {} };
  }
}

/** Removes the folder, or leaves it where it is, without the secrets that the script's own description of its task holds. */
export async function endDebug({ scratch, secret, masker }: Prepared, keep: boolean): Promise<void> {
  if (!keep) return removeScratch(scratch);
  guard.release(scratch.id);
  const task = JSON.parse(masker.mask(readFileSync(scratch.taskFile, "utf8")));
  for (const name of secret) task.params[name] = "***";
  writeFileSync(scratch.taskFile, `${JSON.stringify(task, null, 2)}\n`);
}
