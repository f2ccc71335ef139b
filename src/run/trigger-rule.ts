/**
 * Airflow's trigger rules and the way skips and failures spread, as airflow.ti_deps.deps.trigger_rule_dep decides them for
 * tasks that are neither mapped nor setup nor teardown.
 */
import type { TriggerRule } from "../protocol/plan.ts";

/** A finished state as Airflow counts it. */
export type FinishedState = "success" | "failed" | "skipped" | "upstream_failed";

/** What becomes of a task, seen from its direct upstream tasks. */
export type Decision = "wait" | "run" | "skipped" | "upstream_failed";

/** How many of the direct upstream tasks have ended how; `all` counts those that have not finished too. */
export type Counts = { readonly [state in FinishedState | "all"]: number };

/** Decides by what became of the direct upstream tasks. */
export function decideTrigger(rule: TriggerRule, upstream: Counts): Decision {
  const { success, skipped, all } = upstream;
  if (all === 0 || rule === "always") return "run";
  const failed = upstream.failed + upstream.upstream_failed;
  const finished = success + skipped + failed === all;

  switch (rule) {
    case "all_success":
      if (failed > 0) return "upstream_failed";
      if (skipped > 0) return "skipped";
      return runIf(success === all);
    case "all_failed":
      if (success > 0 || skipped > 0) return "skipped";
      return runIf(failed === all);
    case "all_done":
    case "all_done_setup_success": // without setup tasks the two are one
      return runIf(finished);
    case "all_done_min_one_success":
      if (skipped > 0) return "skipped";
      if (finished && success === 0) return "upstream_failed";
      return runIf(finished);
    case "all_skipped":
      if (success > 0 || failed > 0) return "skipped";
      return runIf(skipped === all);
    case "one_success":
      if (finished && skipped === all) return "skipped";
      if (finished && success === 0) return "upstream_failed";
      return runIf(success > 0);
    case "one_failed":
      if (finished && failed === 0) return "skipped";
      return runIf(failed > 0);
    case "one_done": {
      const ended = success + upstream.failed; // upstream_failed never ran
      if (finished && ended === 0) return "skipped";
      return runIf(ended > 0);
    }
    case "none_failed":
      if (failed > 0) return "upstream_failed";
      return runIf(success + skipped === all);
    case "none_failed_min_one_success":
      if (failed > 0) return "upstream_failed";
      if (skipped === all) return "skipped";
      return runIf(success + skipped === all);
    case "none_skipped":
      if (skipped > 0) return "skipped";
      return runIf(finished);
  }
}

function runIf(ready: boolean): Decision {
  return ready ? "run" : "wait";
}
