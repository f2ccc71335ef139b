/** From what somebody types to a run: `latest`, a run id, or a part of one that only one run has. */
import type { Store } from "../storage/store.ts";
import { listRuns, type RunSummary } from "./list.ts";

export interface FoundRun {
  readonly run: RunSummary;
  readonly store: Store;
}

/** All runs of some stores, newest first. */
export async function listAllRuns(stores: readonly Store[]): Promise<FoundRun[]> {
  const lists = await Promise.all(stores.map(async (store) => (await listRuns(store)).map((run) => ({ run, store }))));
  return lists.flat().sort((a, b) => ((a.run.started ?? "") < (b.run.started ?? "") ? 1 : -1));
}

/** The run that `name` means, or one sentence. */
export function findRun(runs: readonly FoundRun[], name: string): FoundRun | { readonly problem: string } {
  const [newest] = runs;
  if (newest === undefined) return { problem: "there are no runs yet; tradewind run PIPELINE makes one" };
  if (name === "latest") return newest;
  const exact = runs.filter(({ run }) => run.run_id === name || `${run.dag_id}/${run.run_id}` === name);
  const found = exact.length > 0 ? exact : runs.filter(({ run }) => `${run.dag_id}/${run.run_id}`.includes(name));
  const [first, second] = found;
  if (first === undefined) return { problem: `no run "${name}"; the newest is ${newest.run.run_id} (tradewind runs lists all)` };
  if (second === undefined) return first;
  const names = found.slice(0, 3).map(({ run }) => `${run.dag_id}/${run.run_id}`);
  return { problem: `"${name}" fits ${found.length} runs: ${names.join(", ")}${found.length > 3 ? ", …" : ""}` };
}
