/**
 * The table is read off airflow.ti_deps.deps.trigger_rule_dep, case by case: what a task with two upstream tasks does.
 * S success, F failed, U upstream_failed, K skipped, . not finished yet.
 */
import { describe, expect, test } from "vitest";
import type { TriggerRule } from "../../src/protocol/plan.ts";
import { type Decision, decideTrigger, type FinishedState } from "../../src/run/trigger-rule.ts";
import { countStates } from "./plain-schedule.ts";

const states: Record<string, FinishedState | undefined> = { S: "success", F: "failed", U: "upstream_failed", K: "skipped", ".": undefined };
const decisions: Record<string, Decision> = { r: "run", w: "wait", k: "skipped", u: "upstream_failed" };

const pairs = ["SS", "SF", "SU", "SK", "S.", "FF", "FU", "FK", "F.", "UU", "UK", "U.", "KK", "K.", ".."];

const table: Record<TriggerRule, string> = {
  //                            SS SF SU SK S. FF FU FK F. UU UK U. KK K. ..
  all_success: /*             */ "r  u  u  k  w  u  u  u  u  u  u  u  k  k  w",
  all_failed: /*              */ "k  k  k  k  k  r  r  k  w  r  k  w  k  k  w",
  all_done: /*                */ "r  r  r  r  w  r  r  r  w  r  r  w  r  w  w",
  all_done_min_one_success: /**/ "r  r  r  k  w  u  u  k  w  u  k  w  k  k  w",
  all_done_setup_success: /*  */ "r  r  r  r  w  r  r  r  w  r  r  w  r  w  w",
  all_skipped: /*             */ "k  k  k  k  k  k  k  k  k  k  k  k  r  w  w",
  always: /*                  */ "r  r  r  r  r  r  r  r  r  r  r  r  r  r  r",
  one_done: /*                */ "r  r  r  r  r  r  r  r  r  k  k  w  k  w  w",
  one_failed: /*              */ "k  r  r  k  w  r  r  r  r  r  r  r  k  w  w",
  one_success: /*             */ "r  r  r  r  r  u  u  u  w  u  u  w  k  w  w",
  none_failed: /*             */ "r  u  u  r  w  u  u  u  u  u  u  u  r  w  w",
  none_failed_min_one_success: /**/ "r  u  u  r  w  u  u  u  u  u  u  u  k  w  w",
  none_skipped: /*            */ "r  r  r  k  w  r  r  k  w  r  k  w  k  k  w",
};

describe.each(Object.entries(table))("%s", (rule, row) => {
  test.each(row.split(/\s+/).map((letter, index) => [pairs[index] ?? "", decisions[letter]]))("%s → %s", (pair, decision) => {
    const upstream = [...pair].map((letter) => states[letter]);
    expect(decideTrigger(rule as TriggerRule, countStates(upstream))).toBe(decision);
    expect(decideTrigger(rule as TriggerRule, countStates(upstream.toReversed()))).toBe(decision);
  });

  test("a task without upstream runs", () => {
    expect(decideTrigger(rule as TriggerRule, countStates([]))).toBe("run");
  });
});

test("no rule waits once all upstream tasks have finished", () => {
  const finished: FinishedState[] = ["success", "failed", "upstream_failed", "skipped"];
  for (const rule of Object.keys(table) as TriggerRule[]) {
    for (const a of finished)
      for (const b of finished) for (const c of finished) expect(decideTrigger(rule, countStates([a, b, c]))).not.toBe("wait");
  }
});
