/** A local run decides as Airflow's scheduler does: every rule, every combination of up to three upstream states. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pythonEnvironment } from "../../scripts/provision.mjs";
import type { TriggerRule } from "../../src/protocol/plan.ts";
import { decideTrigger, type FinishedState } from "../../src/run/trigger-rule.ts";
import { countStates } from "../run/plain-schedule.ts";

const states: Record<string, FinishedState | undefined> = { S: "success", F: "failed", U: "upstream_failed", K: "skipped", ".": undefined };

/** Rule → the letters of the upstream states → what Airflow decides. */
type Table = Record<string, Record<string, string>>;

function askAirflow(version: string): Table {
  const python = join(pythonEnvironment(`airflow-${version}`), "bin", "python");
  const printed = execFileSync(python, [join(import.meta.dirname, "trigger_rules.py")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return JSON.parse(printed.slice(printed.indexOf("{")));
}

/** Airflow 3's names for rules that 2.11 has not. */
const all: readonly TriggerRule[] = [
  "all_done",
  "all_done_min_one_success",
  "all_done_setup_success",
  "all_failed",
  "all_skipped",
  "all_success",
  "always",
  "none_failed",
  "none_failed_min_one_success",
  "none_skipped",
  "one_done",
  "one_failed",
  "one_success",
];

test.each(["3.3", "2.11"])("Airflow %s", (version) => {
  const airflow = askAirflow(version);
  const rules = all.filter((rule) => rule in airflow);
  expect(rules.length).toBeGreaterThanOrEqual(12);
  if (version === "3.3") expect(rules).toEqual(all);
  const ours = Object.fromEntries(
    rules.map((rule) => [
      rule,
      Object.fromEntries(
        Object.keys(airflow[rule] ?? {}).map((letters) => [
          letters,
          decideTrigger(rule, countStates([...letters].map((letter) => states[letter]))),
        ]),
      ),
    ]),
  );
  const theirs = Object.fromEntries(rules.map((rule) => [rule, airflow[rule]]));
  expect(ours).toEqual(theirs);
});
