/** Names of a task's surroundings that Airflow or the shell would refuse. */
import { quote } from "../parse/report.ts";
import type { Check } from "./signature.ts";

/** Airflow's columns for pools and queues. */
const longest = 256;

export const checkNames: Check = ({ tasks }, report) => {
  for (const { pool, queue, job } of tasks) {
    for (const [key, name] of [
      ["pool", pool],
      ["queue", queue],
    ] as const) {
      if (name && (name.value.trim() === "" || name.value.length > longest)) {
        report("invalid-name", name.span, `a ${key} has a name of 1 to ${longest} characters, not ${quote(name.value)}`);
      }
    }
    for (const { name, keySpan } of job?.env ?? []) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        report(
          "invalid-name",
          keySpan,
          `${quote(name)} is no name of an environment variable: letters, digits and \`_\`, and no digit first`,
        );
      }
    }
  }
};
