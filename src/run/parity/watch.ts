/** What a run that somebody else drives has come to so far, as its store shows it. */
import { pointerKey, readResult } from "../../launch/results.ts";
import { dagKey, decodeSegment } from "../../protocol/layout.ts";
import type { Plan } from "../../protocol/plan.ts";
import type { Store } from "../../storage/store.ts";

/** Milliseconds between two looks. */
const pace = 1000;

/** Tells each task's status once, until it is ended; the store has only this one run of the dag. */
export function watchStore(plan: Plan, store: Store, onTask: (task: string, status: string) => void): { end(): Promise<void> } {
  const told = new Set<string>();
  let ended = false;
  const look = async (): Promise<void> => {
    const [run] = await store.folders(dagKey(plan.dag.dag_id));
    for (const { id, kind } of run === undefined ? [] : plan.tasks) {
      if (kind !== "job" || told.has(id)) continue;
      const result = await readResult(store, pointerKey(plan.dag.dag_id, decodeSegment(run ?? ""), id));
      if (result === undefined || result.status === "failed") continue; // it may be tried again
      told.add(id);
      onTask(id, result.status);
    }
  };
  const watching = (async () => {
    while (!ended) {
      // A look that fails is none; what matters is read when the run is over.
      await look().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, pace));
    }
  })();
  return {
    async end() {
      ended = true;
      await watching;
    },
  };
}
