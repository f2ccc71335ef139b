/** Each task's operator: is there one of that name, and can it run at all? */
import { nearest } from "../../protocol/suggest.ts";
import { didYouMean, quote, slipOf } from "../parse/report.ts";
import type { Check } from "./signature.ts";

export const checkOperators: Check = ({ tasks, catalog }, report) => {
  for (const { id, operator, inputs, job, local } of tasks) {
    if (operator === undefined) continue;
    const { name, span, found } = operator;
    if (found === undefined) {
      if (/^pipelines\//.test(name)) continue; // said where it is looked for
      if (catalog.ambiguous.has(name)) {
        const message = `${quote(name)} is a class of several files; say which: ${(catalog.ambiguous.get(name) ?? []).join(" or ")}`;
        report("unknown-operator", span, message);
      } else {
        const names = [...catalog.manifests.keys(), ...catalog.classes.keys()];
        const near = didYouMean(nearest(name, names));
        const notes = near === "" ? [{ message: `there are ${names.sort().join(", ")}; one of Airflow's is named by its class path` }] : [];
        report("unknown-operator", span, `task \`${id}\` is of operator ${quote(name)}, which does not exist${near}`, {
          notes,
          ...slipOf(name, names, span),
        });
      }
    } else if (found.kind === "airflow") {
      for (const { port, keySpan } of inputs) {
        report(
          "unknown-port",
          keySpan,
          `task \`${id}\` is one of Airflow's own operators, which have no port ${quote(port)}; order it by \`needs\``,
        );
      }
    } else {
      if (!found.broken && (job?.script === undefined || job.script.value.trim() === "")) {
        const places = [found.folder === undefined ? [] : found.file, found.file === name ? [] : "`job:` of the task"].flat();
        const notes = [{ message: `its \`job.execution_script\` belongs into ${places.join(", or into ")}` }];
        report("missing-script", span, `task \`${id}\` has nothing to run: operator \`${name}\` has no \`execution_script\``, { notes });
      }
      if (local)
        report("invalid-value", local.span, `\`local\` stands in for one of Airflow's own operators; \`${name}\` runs locally as it is`);
    }
  }
};
