/** `critical: true` promises somebody that it runs: it needs an owner, a second try and an end. */
import type { Check } from "./signature.ts";

export const checkCritical: Check = ({ dag, tasks }, report) => {
  if (!dag.critical) return;
  const notes = dag.criticalSpan ? [{ message: "the pipeline is critical", span: dag.criticalSpan }] : [];
  if (dag.owner === undefined) report("critical-demands", dag.criticalSpan ?? dag.span, "a critical pipeline needs an `owner` under `dag`");
  for (const { id, nameSpan, retries, job, operator, executionTimeout, enabled } of tasks) {
    if (!enabled || operator?.found === undefined) continue;
    if ((retries?.value ?? 0) < 1) {
      report("critical-demands", retries?.span ?? nameSpan, `task \`${id}\` of a critical pipeline needs \`retries\` of at least 1`, {
        notes,
      });
    }
    const limited = operator.found.kind === "manifest" ? job?.executionTime : executionTimeout;
    if (limited === undefined) {
      const key = operator.found.kind === "manifest" ? "`execution_time` in its job" : "an `execution_timeout`";
      report("critical-demands", nameSpan, `task \`${id}\` of a critical pipeline needs ${key}, so that it cannot hang`, { notes });
    }
  }
};
