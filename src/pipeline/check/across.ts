/** What no pipeline can see alone: names that two of them want, and stores that two environments share. */

import type { Span } from "../../protocol/diagnostic.ts";
import { isS3 } from "../../protocol/store-address.ts";
import type { Report } from "../parse/report.ts";
import type { Pipeline } from "../resolve/pipeline.ts";
import type { Settings } from "../settings/types.ts";

/** A dag_id is unique in an environment. */
export class DagIds {
  readonly #seen = new Map<string, Span>();

  check({ dagId, name }: Pipeline["dag"], env: string, report: Report): void {
    if (dagId === undefined || name === undefined) return;
    const key = `${env}/${dagId}`;
    const first = this.#seen.get(key);
    if (first === undefined) this.#seen.set(key, name.span);
    else {
      const notes = [{ message: "it is taken here", span: first }];
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
