/** What no pipeline can see alone: names that two of them want, and stores that two environments share. */

import type { Report } from "../parse/report.ts";
import type { Pipeline } from "../resolve/pipeline.ts";
import type { Settings } from "../settings/types.ts";

/** A dag_id is unique in an environment. `pipelines` are those of one, each with where its faults go. */
export function checkDagIds(pipelines: readonly { readonly pipeline: Pipeline | undefined; readonly report: Report }[]): void {
  const seen = new Map<string, Pipeline>();
  for (const { pipeline, report } of pipelines) {
    const { dagId, name } = pipeline?.dag ?? {};
    if (pipeline === undefined || dagId === undefined || name === undefined) continue;
    const first = seen.get(dagId);
    if (first === undefined) seen.set(dagId, pipeline);
    else {
      const notes = first.dag.name ? [{ message: "it is taken here", span: first.dag.name.span }] : [];
      report("duplicate-dag", name.span, `the dag_id \`${dagId}\` is that of another pipeline too, and Airflow would keep only one`, {
        notes,
      });
    }
  }
}

/** A store belongs to one environment, so that dev never puts a hit into prod's cache. */
export function checkStores(settings: readonly Settings[], report: Report): void {
  const seen = new Map<string, Settings>();
  for (const one of settings) {
    if (one.storeSpan === undefined) continue;
    const first = seen.get(one.store.url);
    if (first === undefined) seen.set(one.store.url, one);
    else if (first.env !== one.env) {
      const message = `the environments \`${first.env}\` and \`${one.env}\` share the store \`${one.store.url}\`, so one would take the other's results`;
      const notes = first.storeSpan
        ? [{ message: `\`${first.env}\` has it from here; give each its own \`store.url\``, span: first.storeSpan }]
        : [];
      report("shared-store", one.storeSpan, message, { notes });
    }
  }
}
