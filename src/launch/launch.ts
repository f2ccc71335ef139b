/**
 * One attempt of one task: claim → stage → environment → run → check → upload → commit. It always ends with a Result;
 * whatever goes wrong is in it, and what is in the store is either all of the attempt or nothing that anybody reads.
 */
import { hostname } from "node:os";
import { attemptKey } from "../protocol/layout.ts";
import type { Limits, Request } from "../protocol/request.ts";
import type { CacheRecord, Result, Usage } from "../protocol/result.ts";
import { formatSize } from "../protocol/size.ts";
import type { Store } from "../storage/store.ts";
import { describeAge, findHit, keyOf, type WorkKey } from "./cache.ts";
import { checkOutputs } from "./check.ts";
import { claim } from "./claim.ts";
import { commit, point } from "./commit.ts";
import { readConnections, readOwnConnections } from "./connections.ts";
import type { LaunchDeps } from "./deps.ts";
import { prepareEnvironment } from "./environment.ts";
import { Failure, type FailureFacts, failureOf } from "./failure.ts";
import { fenceEarlier, overtaken } from "./fence.ts";
import { type Heart, startHeart } from "./heart.ts";
import { type Inputs, resolveInputs } from "./inputs.ts";
import { createJournal, type Journal } from "./journal.ts";
import { cancelled, startDeadline } from "./limit.ts";
import { createMasker, type Masker, maskRequest, maskResult } from "./mask.ts";
import { memoryFor } from "./memory.ts";
import { checkParameters } from "./parameters.ts";
import { attemptResultKey, encodeResult, isGivenUp } from "./results.ts";
import { runScript } from "./run.ts";
import { makeScratch, removeScratch, type Scratch } from "./scratch.ts";
import { stageInputs } from "./stage.ts";
import { findLast, findSettled } from "./tries.ts";
import { uploadOutputs } from "./upload.ts";
import { outputPaths } from "./variables.ts";
import { launcherVersion } from "./version.ts";

/** What is known of the attempt so far; `finish` makes the Result of it at any point. */
interface Attempt {
  readonly request: Request;
  readonly deps: LaunchDeps;
  readonly masker: Masker;
  readonly journal: Journal;
  readonly scratch: Scratch;
  readonly started: Date;
  /** The same moment by a clock that nobody sets. */
  readonly began: number;
  /** 0 until it is claimed. */
  number: number;
  heart?: Heart;
  inputs: Inputs;
  work?: WorkKey;
  usage: Omit<Usage, "phases">;
}

/** What an attempt came to, before it is written down. */
type Outcome = Pick<Result, "status" | "outputs"> &
  Partial<Pick<Result, "message">> & { readonly hit?: Result; readonly failure?: FailureFacts };

/** Runs one attempt of the request's task. Never throws for what a user, a script or a store does. */
export async function launch(request: Request, deps: LaunchDeps): Promise<Result> {
  const masker = createMasker([...readConnections(request, deps.env).values(), ...readOwnConnections(request, deps.env)]);
  const [started, began] = [new Date(), performance.now()];
  let scratch: Scratch;
  try {
    scratch = makeScratch(deps.work, request);
  } catch (error) {
    return endWithoutScratch(request, deps, masker, started, failureOf(error));
  }
  const journal = createJournal(masker, deps.onEvent, () => scratch.records);
  const attempt: Attempt = { request, deps, masker, journal, scratch, started, began, number: 0, inputs: {}, usage: {} };
  try {
    const outcome = await work(attempt).catch((error: unknown): Outcome => failed(failureOf(error)));
    return await finish(attempt, outcome);
  } finally {
    await removeScratch(scratch);
  }
}

/** The way of an attempt. Throws Failure, StoreError or the system's errors. */
async function work(attempt: Attempt): Promise<Outcome> {
  const { request, deps, journal, masker, scratch } = attempt;
  const { store } = deps;

  journal.phase("claim");
  const claimed = await claim(request, maskRequest(request, masker), store);
  attempt.number = claimed.attempt;
  attempt.heart = startHeart(request, claimed.attempt, journal, store, deps.pace);
  const signal = AbortSignal.any([deps.signal, attempt.heart.signal]);
  if (claimed.before.length > 0) {
    const earlier = await fenceEarlier(request, claimed, store);
    // Its launcher may have been killed before it could.
    if (earlier) await point(request, earlier, store);
  }
  checkParameters(request);

  journal.phase("stage");
  const deadline = startDeadline(request.limits.stage_time, signal);
  let variables: { readonly [name: string]: string };
  const outputs = outputPaths(request, scratch.outputs);
  try {
    attempt.inputs = await deadline.race(resolveInputs(request, deps));
    attempt.work = keyOf(request, attempt.inputs);
    const settled = await findSettled(request, attempt.work, store);
    if (settled) return settledOutcome(settled);
    const hit = await findHit(request, attempt.work, attemptPrefix(attempt), store, Date.now());
    if (hit) return hitOutcome(request, hit, journal);
    const onStaged = countBytes(attempt, "staged");
    const inputs = await deadline.race(stageInputs(request, attempt.inputs, deps, scratch.inputs, onStaged, deadline.signal));

    journal.phase("environment");
    const surroundings = { scratch, ports: { inputs, outputs }, journal, masker, signal: deadline.signal };
    variables = await deadline.race(prepareEnvironment(request, deps, surroundings));
  } finally {
    deadline.clear();
  }
  if (signal.aborted) throw cancelled(signal);

  journal.phase("run");
  const limits = await limitsOf(request, store, journal);
  const { usage, failure } = await runScript({ ...request, limits }, scratch, variables, masker, journal, signal);
  attempt.usage = { ...attempt.usage, ...usage };
  if (failure) throw new Failure(failure);

  journal.phase("check");
  const checked = await checkOutputs(request, outputs);

  attempt.heart.signal.throwIfAborted();

  journal.phase("upload");
  const artifacts = await uploadOutputs(checked, attemptPrefix(attempt), store, countBytes(attempt, "uploaded"), signal).catch(
    (error: unknown) => {
      throw signal.aborted ? cancelled(signal) : error;
    },
  );
  return { status: "success", outputs: artifacts };
}

function countBytes(attempt: Attempt, what: "staged" | "uploaded"): (bytes: number) => void {
  return (bytes) => {
    attempt.usage = { ...attempt.usage, [what]: (attempt.usage[what] ?? 0) + bytes };
  };
}

/** The request's limits, with more memory after a try of the series that had too little. */
async function limitsOf(request: Request, store: Store, journal: Journal): Promise<Limits> {
  const { limits } = request;
  if (limits.memory_max === undefined) return limits;
  const memory = memoryFor(limits, await findLast(request, store));
  if (memory === undefined || memory === limits.memory) return limits;
  const most = formatSize(limits.memory_max);
  journal.log("launcher", `an earlier try ran out of memory: this one may use ${formatSize(memory)} (memory_max is ${most})`);
  return { ...limits, memory };
}

function hitOutcome(request: Request, hit: Result, journal: Journal): Outcome {
  if (request.effects !== "reads") return { status: "success", outputs: hit.outputs, hit };
  const age = describeAge(Date.now() - Date.parse(hit.ended));
  const message = `taken from the cache: what it reads was read ${age} ago (${hit.ended}); --fresh ${request.task} asks again`;
  journal.warn(message);
  return { status: "success", outputs: hit.outputs, hit, message };
}

const notAgain = "not tried again, since another try cannot mend it: ";

function settledOutcome(settled: Result): Outcome {
  if (settled.status === "success") {
    const message = `attempt ${settled.attempt} has committed this already; its outputs are taken`;
    return { status: "success", outputs: settled.outputs, hit: settled, message };
  }
  const { reason = "internal", origin = "launcher", retryable, exit_code } = settled;
  const said = settled.message ?? reason;
  const message = said.startsWith(notAgain) ? said : `${notAgain}${said}`;
  return failed({ reason, origin, retryable, exit_code, message });
}

function failed(failure: FailureFacts): Outcome {
  return { status: failure.status ?? "failed", outputs: {}, message: failure.message, failure };
}

/** Commits the outcome; when even that fails, says so in the Result and leaves the store as it is. */
async function finish(attempt: Attempt, outcome: Outcome): Promise<Result> {
  const { request, deps, journal } = attempt;
  let result = resultOf(attempt, outcome);
  if (attempt.number > 0) {
    journal.phase("commit");
    try {
      await attempt.heart?.stop();
      await journal.upload(deps.store, attemptPrefix(attempt));
      result = await commit(request, resultOf(attempt, outcome), deps.store);
    } catch (error) {
      result = resultOf(attempt, failed(outcome.failure ?? failureOf(error)));
      // A log may be what did not fit; the few bytes of a result still might.
      result = await commit(request, result, deps.store).catch(() => result);
    }
    if (isGivenUp(result)) {
      // What the later attempt wrote could not know what this one came to; nothing points to it either way.
      result = resultOf(attempt, failed(overtaken(result).facts));
      await deps.store.put(attemptResultKey(request, attempt.number), encodeResult(result), { durable: false }).catch(() => {});
    }
  }
  deps.onEvent({ at: new Date().toISOString(), event: "end", result });
  return result;
}

function attemptPrefix({ request, number }: Attempt): string {
  return attemptKey(request.dag_id, request.run_id, request.task, number);
}

function resultOf(attempt: Attempt, outcome: Outcome): Result {
  const { request, started, journal } = attempt;
  const { status, outputs, hit, failure, message } = outcome;
  const inputs = Object.entries(attempt.inputs).map(([port, items]) => [port, items.map((item) => item.artifact)] as const);
  const result: Result = {
    proto: 1,
    dag_id: request.dag_id,
    run_id: request.run_id,
    task: request.task,
    attempt: attempt.number,
    try_number: request.tries.number,
    status,
    ...(failure && { reason: failure.reason, origin: failure.origin }),
    retryable: failure?.retryable ?? false,
    exit_code: failure?.exit_code ?? 0,
    ...(message !== undefined && { message }),
    outputs,
    inputs: Object.fromEntries(inputs),
    ...(attempt.work && { cache: cacheRecord(attempt.work, hit) }),
    usage: { phases: journal.phases(), ...attempt.usage },
    started: started.toISOString(),
    ended: endOf(attempt).toISOString(),
    host: hostname(),
    launcher: launcherVersion,
    tail: journal.tail(),
  };
  return maskResult(result, attempt.masker);
}

/** A clock that was set back meanwhile must not make it end before it began. */
function endOf({ started, began }: Attempt): Date {
  return new Date(Math.max(Date.now(), started.getTime() + performance.now() - began));
}

/** A hit of a hit names the attempt that did the work. */
function cacheRecord(work: WorkKey, hit: Result | undefined): CacheRecord {
  if (!hit) return work;
  const { run_id, task, attempt, ended } = hit.cache?.hit ?? hit;
  return { ...work, hit: { run_id, task, attempt, ended } };
}

function endWithoutScratch(request: Request, deps: LaunchDeps, masker: Masker, started: Date, failure: FailureFacts): Result {
  const journal = createJournal(masker, deps.onEvent, () => deps.work);
  const scratch = { id: "", root: "", work: "", inputs: "", outputs: "", tmp: "", script: "", taskFile: "", records: "" };
  const result = resultOf(
    { request, deps, masker, journal, scratch, started, began: performance.now(), number: 0, inputs: {}, usage: {} },
    failed(failure),
  );
  deps.onEvent({ at: new Date().toISOString(), event: "end", result });
  return result;
}
