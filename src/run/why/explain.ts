/** Why a task did its work in a run, or did not have to: from what it and earlier runs left in the store. */
import { artifactsExist } from "../../launch/artifacts.ts";
import { oldestHit } from "../../launch/cache.ts";
import { decodeResult, isGivenUp, pointerKey, readResult } from "../../launch/results.ts";
import { startsSeriesAgain } from "../../launch/series.ts";
import { attemptKey, dagKey, decodeSegment } from "../../protocol/layout.ts";
import type { Request } from "../../protocol/request.ts";
import type { Artifact, Result } from "../../protocol/result.ts";
import type { Store } from "../../storage/store.ts";
import { readMany } from "../collect/read-many.ts";
import { readRecordedRequest } from "../recorded-request.ts";
import { compareWork, type Difference, type Work } from "./compare.ts";

/** Why the cache was not asked, or had nothing. */
export type Cause =
  /** Its effects: it changes the outside world. */
  | { readonly cause: "writes" }
  /** It reads the outside world, which counts in local runs only. */
  | { readonly cause: "reads" }
  | { readonly cause: "no-cache" }
  | { readonly cause: "fresh" }
  /** Somebody cleared it. */
  | { readonly cause: "cleared" }
  /** No earlier run has done it. */
  | { readonly cause: "first" }
  /** The same work was done, but its result is older than `store.keep` allows; in seconds. */
  | { readonly cause: "too-old"; readonly age: number; readonly oldest: number }
  | { readonly cause: "artifacts-gone" }
  /** The same work failed then. */
  | { readonly cause: "failed" }
  /** It went on at the same time. */
  | { readonly cause: "at-once" }
  /** The same work is there, but not in the cache. */
  | { readonly cause: "no-entry" }
  /** It is other work: see the differences. */
  | { readonly cause: "changed" };

export interface Explanation {
  readonly task: string;
  readonly run_id: string;
  readonly attempt: number;
  readonly status: Result["status"];
  /** `ran`: did its work (or tried); `hit`: took that of `from`; `adopted`: the same by --from or --only; `settled`: an earlier try had done it;
   *  `early`: ended before it was clear what there was to do. */
  readonly how: "ran" | "hit" | "adopted" | "settled" | "early";
  readonly message?: string;
  readonly from?: Reference;
  readonly causes: readonly Cause[];
  /** What it is compared with. */
  readonly than?: Reference;
  readonly differences: readonly ExplainedDifference[];
  /** The same work as that of `than` made other bytes. */
  readonly unrepeatable: boolean;
}

export interface Reference {
  readonly run_id: string;
  readonly task: string;
  readonly attempt: number;
  readonly ended: string;
}

/** With the tasks behind an input whose content is another. */
export type ExplainedDifference = Difference & { readonly producers?: readonly Explanation[] };

export interface Question {
  readonly dag_id: string;
  readonly run_id: string;
  readonly task: string;
  readonly attempt: number;
  /** The run to compare with; absent: that of the newest earlier result. */
  readonly than?: string;
}

/** Undefined when the attempt has no result yet. */
export async function explainAttempt(question: Question, store: Store): Promise<Explanation | { readonly problem: string }> {
  const { dag_id, run_id, task, attempt, than } = question;
  const result = await readResult(store, `${attemptKey(dag_id, run_id, task, attempt)}/result.json`);
  if (result === undefined) return { problem: `attempt ${attempt} of ${task} has no result yet: when it ends, this says why it ran` };
  return explainResult(result, than, store, new Set());
}

async function explainResult(
  result: Result,
  than: string | undefined,
  store: Store,
  seen: Set<string>,
): Promise<Explanation | { readonly problem: string }> {
  const { dag_id, run_id, task, attempt, status, message } = result;
  seen.add(task);
  const request = await readRecordedRequest(dag_id, run_id, task, attempt, store);
  const facts = { task, run_id, attempt, status, ...(message !== undefined && { message }) };
  const hit = result.cache?.hit;
  const other = hit !== undefined && than === undefined ? undefined : await findOther(result, than, store);
  if (other !== undefined && "problem" in other) return other;
  const compared = other === undefined ? undefined : await compare(other, { result, ...(request && { request }) }, store, seen);
  const plain = { causes: [], differences: [], unrepeatable: false };
  if (hit) {
    const how = hit.run_id === run_id ? "settled" : request === undefined ? "adopted" : "hit";
    return { ...facts, how, from: hit, ...plain, ...compared };
  }
  if (result.cache === undefined) return { ...facts, how: "early", ...plain };
  const causes = request === undefined ? [] : causesIn(request);
  if (causes.length === 0) causes.push(await causeOf(result, request, other, store));
  return { ...facts, how: "ran", ...plain, causes, ...compared };
}

/** What in the request itself kept the cache out. */
function causesIn({ effects, cache, tries }: Request): Cause[] {
  const causes: Cause[] = [];
  if (effects === "writes") causes.push({ cause: "writes" });
  if (effects === "reads" && !cache.reads) causes.push({ cause: "reads" });
  if (!cache.read) causes.push({ cause: "no-cache" });
  if (cache.fresh) causes.push({ cause: "fresh" });
  if (startsSeriesAgain(tries)) causes.push({ cause: "cleared" });
  return causes;
}

async function causeOf(result: Result, request: Request | undefined, other: Result | undefined, store: Store): Promise<Cause> {
  if (other === undefined) return { cause: "first" };
  if (other.cache?.key !== result.cache?.key) return { cause: "changed" };
  if (other.status !== "success") return { cause: "failed" };
  if (Date.parse(other.ended) > Date.parse(result.started)) return { cause: "at-once" };
  const age = (Date.parse(result.started) - Date.parse(other.ended)) / 1000;
  const oldest = request?.cache.keep === undefined ? Number.POSITIVE_INFINITY : oldestHit(request.cache.keep);
  if (age > oldest) return { cause: "too-old", age, oldest };
  return (await artifactsExist(other, store)) ? { cause: "no-entry" } : { cause: "artifacts-gone" };
}

type Compared = Pick<Explanation, "than" | "differences" | "unrepeatable">;

async function compare(other: Result, mine: Work, store: Store, seen: Set<string>): Promise<Compared> {
  const { run_id, task, attempt, ended } = other;
  const request = await readRecordedRequest(other.dag_id, run_id, task, attempt, store);
  const differences: ExplainedDifference[] = [];
  for (const difference of compareWork({ result: other, ...(request && { request }) }, mine)) {
    const producers = difference.part === "input" ? await explainProducers(difference.port, other, mine, store, seen) : [];
    differences.push(producers.length > 0 ? { ...difference, producers } : difference);
  }
  const same = other.cache?.key === mine.result.cache?.key && other.status === "success" && mine.result.status === "success";
  const unrepeatable = same && digests(other.outputs) !== digests(mine.result.outputs);
  return { than: { run_id, task, attempt, ended }, differences, unrepeatable };
}

/** The tasks that made an input, each compared with what it made for the other run. */
async function explainProducers(port: string, other: Result, mine: Work, store: Store, seen: Set<string>): Promise<readonly Explanation[]> {
  const { dag_id, run_id } = mine.result;
  const explained: Explanation[] = [];
  for (const source of mine.request?.inputs[port]?.sources ?? []) {
    if (source.kind !== "task" || seen.has(source.task)) continue;
    const [now, then] = await Promise.all([
      readResult(store, pointerKey(dag_id, run_id, source.task)),
      readResult(store, pointerKey(other.dag_id, other.run_id, source.task)),
    ]);
    if (now === undefined || then === undefined || digests(now.outputs) === digests(then.outputs)) continue;
    const explanation = await explainResult(now, other.run_id, store, seen);
    if (!("problem" in explanation)) explained.push(explanation);
  }
  return explained;
}

function digests(outputs: { readonly [port: string]: Artifact }): string {
  return JSON.stringify(Object.entries(outputs).map(([port, { sha256 }]) => [port, sha256]));
}

/** The newest result of this task that was there before: with the same key if there is one, else a success; or that of run `than`. */
async function findOther(
  result: Result,
  than: string | undefined,
  store: Store,
): Promise<Result | undefined | { readonly problem: string }> {
  const { dag_id, run_id, task, attempt } = result;
  if (than !== undefined) {
    const other = await readResult(store, pointerKey(dag_id, than, task));
    return other ?? { problem: `task ${task} has no result in run ${than}` };
  }
  const runs = (await store.folders(dagKey(dag_id))).map(decodeSegment).filter((run) => run !== run_id);
  const keys = runs.map((run) => ({ key: pointerKey(dag_id, run, task) }));
  for (let n = 1; n < attempt; n++) keys.push({ key: `${attemptKey(dag_id, run_id, task, n)}/result.json` });
  let best: Result | undefined;
  const isSame = (one: Result): boolean => one.cache?.key === result.cache?.key;
  for await (const { bytes } of readMany(keys, store)) {
    const found = bytes && decodeResult(bytes);
    if (!found?.cache || isGivenUp(found) || found.started >= result.started) continue;
    if (found.status !== "success" && !isSame(found)) continue;
    if (best === undefined || rank(found, isSame) > rank(best, isSame)) best = found;
  }
  return best;
}

/** The same work first, then success, then the newest. */
function rank(result: Result, isSame: (one: Result) => boolean): string {
  return `${isSame(result) ? 1 : 0}${result.status === "success" ? 1 : 0}${result.ended}`;
}
