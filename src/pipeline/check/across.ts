/** What no pipeline can see alone: names that two of them want, and stores that two environments share. */

import type { Diagnostic, Span } from "../../protocol/diagnostic.ts";
import { isS3 } from "../../protocol/store-address.ts";
import { type Report, reportTo } from "../parse/report.ts";
import type { Pipeline } from "../resolve/pipeline.ts";
import type { Settings } from "../settings/types.ts";

/** A dag_id is unique in an environment. */
export class DagIds {
  /** By environment, then by dag_id. */
  readonly #seen = new Map<string, Map<string, Span>>();

  /** What is wrong with the name of a dag in an environment. */
  check({ dagId, name }: Pipeline["dag"], env: string): readonly Diagnostic[] {
    if (dagId === undefined || name === undefined) return [];
    const seen = this.#seen.get(env) ?? new Map<string, Span>();
    this.#seen.set(env, seen);
    const first = seen.get(dagId);
    if (first === undefined) seen.set(dagId, name.span);
    if (first === undefined) return [];
    const found: Diagnostic[] = [];
    const message = `the dag_id \`${dagId}\` is that of another pipeline too, and Airflow would keep only one`;
    reportTo(found)("duplicate-dag", name.span, message, { notes: [{ message: "it is taken here", span: first }] });
    return found;
  }
}

/** A store belongs to one environment, so that dev never puts a hit into prod's cache. */
export function checkStores(settings: readonly Settings[], report: Report): void {
  const seen = new Map<string, Settings>();
  for (const one of settings) {
    if (one.storeSpan === undefined) continue;
    const place = isS3(one.store.url) ? `${one.store.endpoint ?? ""} ${one.store.url}` : one.store.url;
    const first = seen.get(place);
    if (first === undefined) seen.set(place, one);
    else if (first.env !== one.env) {
      const message = `the environments \`${first.env}\` and \`${one.env}\` share the store \`${one.store.url}\`, so one would take the other's results`;
      const notes = first.storeSpan
        ? [{ message: `\`${first.env}\` has it from here; give each its own \`store.url\``, span: first.storeSpan }]
        : [];
      report("shared-store", one.storeSpan, message, { notes });
    }
  }
}
