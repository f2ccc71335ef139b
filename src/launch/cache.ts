/** Has this very work been done before? The key names it by content: never by names, paths, times or runs. */
import { canonicalJson, type Json } from "../protocol/json.ts";
import { cacheKey } from "../protocol/layout.ts";
import type { Request } from "../protocol/request.ts";
import type { Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";
import { sha256 } from "./digest.ts";
import { holdArtifacts } from "./hold.ts";
import type { Inputs } from "./inputs.ts";
import { readResult } from "./results.ts";
import { startsSeriesAgain } from "./series.ts";

export interface WorkKey {
  /** sha256 (hex) of the canonical JSON of `parts`. */
  readonly key: string;
  readonly parts: { readonly [part: string]: Json };
}

/** The key of the request's work on these inputs. */
export function keyOf(request: Request, inputs: Inputs): WorkKey {
  const params = Object.entries(request.params).map(([name, { value }]): [string, Json] => [name, value]);
  const digests = Object.entries(inputs).map(([port, items]): [string, Json] => [port, items.map((item) => item.artifact.sha256)]);
  const ports = Object.entries(request.outputs).map(([port, { type, extension, dir }]): [string, Json] => [port, { type, extension, dir }]);
  const parts: { [part: string]: Json } = {
    operator: request.operator_digest,
    params: Object.fromEntries(params),
    inputs: Object.fromEntries(digests),
    outputs: Object.fromEntries(ports),
    env: { ...request.env },
    ...(request.cache.salt === undefined ? {} : { salt: request.cache.salt }),
  };
  return { key: sha256(canonicalJson(parts)), parts };
}

/**
 * The earlier result that may stand for this work, or undefined: effects, age and existence of its artifacts are checked.
 * `attempt` is the key prefix of the one that asks; under it is noted what it takes.
 */
export async function findHit(request: Request, work: WorkKey, attempt: string, store: Store, now: number): Promise<Result | undefined> {
  const { cache, effects } = request;
  if (!cache.read || cache.fresh || effects === "writes" || (effects === "reads" && !cache.reads)) return undefined;
  if (startsSeriesAgain(request.tries)) return undefined;
  const result = await readResult(store, cacheKey(work.key));
  if (result?.status !== "success" || result.cache?.key !== work.key) return undefined;
  if (cache.keep !== undefined && !isYoung(now - Date.parse(result.ended), cache.keep)) return undefined;
  const ports = Object.keys(request.outputs);
  if (ports.some((port) => result.outputs[port] === undefined)) return undefined;
  return (await holdArtifacts(result, attempt, store, now)) ? result : undefined;
}

/** Seconds up to which an artifact that is kept for `keep` seconds is a hit: it has to outlive the run that takes it. */
export function oldestHit(keep: number): number {
  return keep - Math.min(keep / 2, Math.max(keep / 10, 3600));
}

/** Milliseconds against seconds. What was made in the future was made by a clock that was wrong: nobody knows how old it is. */
function isYoung(age: number, keep: number): boolean {
  const oldest = oldestHit(keep);
  return age <= oldest * 1000 && age >= -(keep - oldest) * 1000;
}

/** "3 hours", for a person. */
export function describeAge(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return "less than a minute";
  if (minutes < 120) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
