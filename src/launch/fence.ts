/**
 * Newest wins. An attempt's result is created once, either by its own launcher or by a later attempt that gives it up: whichever
 * comes first. So of two launchers at work on one task only the later one commits, however slow, stopped or cut off the other
 * was; it notices at its next sign of life, or when it wants to commit.
 */
import { hostname } from "node:os";
import { EXIT } from "../protocol/exit.ts";
import { aliveKey } from "../protocol/layout.ts";
import type { Request } from "../protocol/request.ts";
import type { Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";
import { type Claimed, requestKey } from "./claim.ts";
import { Failure } from "./failure.ts";
import { attemptResultKey, encodeResult, isGivenUp, readResult } from "./results.ts";
import { isLost, readSigns, type Signs } from "./signs.ts";
import { launcherVersion } from "./version.ts";

/**
 * Gives up every attempt before this one that has no result yet. Answers with the newest result that a launcher committed
 * itself: what it may have had no time to point to is then done by the caller.
 */
export async function fenceEarlier(request: Request, { attempt, before }: Claimed, store: Store): Promise<Result | undefined> {
  for (const n of before.toReversed()) {
    const result = (await readResult(store, attemptResultKey(request, n))) ?? (await giveUp(request, n, attempt, store));
    // A launcher that came to a result had done the same with all before it.
    if (result !== undefined && !isGivenUp(result)) return result;
  }
  return undefined;
}

/** Undefined when it is done; otherwise the result that came first. */
async function giveUp(request: Request, attempt: number, by: number, store: Store): Promise<Result | undefined> {
  const key = attemptResultKey(request, attempt);
  const signs = await readSigns(requestKey(request, attempt), aliveKey(request.dag_id, request.run_id, request.task, attempt), store);
  const now = (await store.head(requestKey(request, by)))?.modified ?? 0;
  const result = givenUp(request, attempt, by, signs, isLost(signs, now, store));
  if (await store.put(key, encodeResult(result), { ifAbsent: true, durable: false })) return undefined;
  return readResult(store, key);
}

function givenUp(request: Request, attempt: number, by: number, { claimed, alive, seen, try_number }: Signs, lost: boolean): Result {
  const ended = new Date().toISOString();
  const host = alive?.host ?? claimed?.host ?? "unknown";
  const last =
    seen === undefined ? "" : `; its last sign of life was at ${new Date(seen).toISOString()}${alive ? ` (${alive.phase})` : ""}`;
  const end = lost
    ? {
        status: "failed" as const,
        reason: "lost" as const,
        exit_code: EXIT.os,
        message: `the launcher on host ${host} died without a word, or its machine did${last}`,
      }
    : { status: "cancelled" as const, reason: "overtaken" as const, exit_code: EXIT.cancelled, message: overtakenBy(by) };
  return {
    proto: 1,
    dag_id: request.dag_id,
    run_id: request.run_id,
    task: request.task,
    attempt,
    try_number: try_number ?? request.tries.number,
    ...end,
    origin: "platform",
    retryable: true,
    outputs: {},
    inputs: {},
    usage: { phases: {} },
    started: claimed?.at ?? ended,
    ended,
    host,
    launcher: launcherVersion,
    tail: [],
  };
}

function overtakenBy(attempt: number): string {
  return `attempt ${attempt} has started on host ${hostname()}, so this one is given up: its work is not committed`;
}

/** The end of an attempt that was given up by a later one, whose word `result` is. */
export function overtaken(result: Result): Failure {
  // It lives, whatever the other could see of it.
  const message =
    result.reason === "overtaken" && result.message !== undefined
      ? result.message
      : "a later attempt has started, which took this one for lost: its work is not committed";
  return new Failure({ status: "cancelled", reason: "overtaken", origin: "platform", retryable: true, exit_code: EXIT.cancelled, message });
}
