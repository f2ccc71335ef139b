/** Each task's operator: is there one of that name, and can it run at all? */
import { nearest } from "../../protocol/suggest.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { didYouMean, quote, renameTo, slipOf } from "../parse/report.ts";
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
        const whole = fullName(name, names, catalog);
        const near = didYouMean(nearest(name, names) ?? whole);
        const notes = near === "" ? [{ message: `there are ${names.sort().join(", ")}; one of Airflow's is named by its class path` }] : [];
        report("unknown-operator", span, `task \`${id}\` is of operator ${quote(name)}, which does not exist${near}`, {
          notes,
          ...(whole === undefined ? slipOf(name, names, span) : renameTo(whole, name, span)),
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

/** What is meant by a class of Airflow without its path, or by an operator's file or folder. */
function fullName(name: string, names: readonly string[], { airflow }: Catalog): string | undefined {
  const last = name.replace(/\.(ya?ml|py)$/, "").replace(/^.*[./]/, "");
  if (last !== name && names.includes(last)) return last;
  if (!/^[A-Z]\w+$/.test(name)) return undefined;
  const paths = Object.keys(airflow()?.classes ?? {}).filter((path) => path.endsWith(`.${name}`));
  return paths.length === 1 ? paths[0] : undefined;
}
