/** From what somebody types to a run: `latest`, a run id, or a part of one that only one run has. */
import { dagKey, decodeSegment, runsKey } from "../protocol/layout.ts";
import type { Store } from "../storage/store.ts";
import { type RunSummary, readRun } from "./list.ts";

export interface FoundRun {
  readonly run: RunSummary;
  readonly store: Store;
}

interface RunName {
  readonly dag_id: string;
  readonly run_id: string;
  readonly store: Store;
}

/** Runs that are read at once. */
const atOnce = 16;

/** The run that `name` means, or one sentence. Only that run is read. */
export async function findRun(stores: readonly Store[], name: string): Promise<FoundRun | { readonly problem: string }> {
  const names = await listNames(stores);
  const [newest] = names.length === 0 || name === "latest" ? await newestRuns(stores, 1) : [];
  if (name === "latest" && newest !== undefined) return newest;
  if (names.length === 0) return { problem: "there are no runs yet; tradewind run PIPELINE makes one" };
  const exact = names.filter(({ dag_id, run_id }) => run_id === name || `${dag_id}/${run_id}` === name);
  const found = exact.length > 0 ? exact : names.filter(({ dag_id, run_id }) => `${dag_id}/${run_id}`.includes(name));
  const [first, second] = found;
  if (first === undefined) {
    const [last] = await newestRuns(stores, 1);
    return { problem: `no run "${name}"; the newest is ${last?.run.run_id} (tradewind runs lists all)` };
  }
  if (second === undefined) return { run: await readRun(first.dag_id, first.run_id, first.store), store: first.store };
  const shown = found.slice(0, 3).map(({ dag_id, run_id }) => `${dag_id}/${run_id}`);
  return { problem: `"${name}" fits ${found.length} runs: ${shown.join(", ")}${found.length > 3 ? ", …" : ""}` };
}

/**
 * The newest runs of some stores, or of one dag. Of thousands only those are read that may be among them: a run's id says when it
 * began (or of which date it is); of those that say nothing, all.
 */
export async function newestRuns(stores: readonly Store[], limit: number, dagId?: string): Promise<readonly FoundRun[]> {
  const names = await listNames(stores, dagId);
  const runs: FoundRun[] = [];
  const chosen = mayBeNewest(names, limit);
  for (let done = 0; done < chosen.length; done += atOnce) {
    const part = chosen.slice(done, done + atOnce);
    runs.push(
      ...(await Promise.all(part.map(async ({ dag_id, run_id, store }) => ({ run: await readRun(dag_id, run_id, store), store })))),
    );
  }
  const startOf = ({ run }: FoundRun): string => run.started ?? "";
  return runs.sort((a, b) => (startOf(a) < startOf(b) ? 1 : startOf(a) > startOf(b) ? -1 : 0)).slice(0, limit);
}

async function listNames(stores: readonly Store[], dagId?: string): Promise<RunName[]> {
  const lists = stores.map(async (store) => {
    const dags = dagId === undefined ? (await store.folders(runsKey)).map(decodeSegment) : [dagId];
    const runs = dags.map(async (dag_id) =>
      (await store.folders(dagKey(dag_id))).map((folder) => ({ dag_id, run_id: decodeSegment(folder), store })),
    );
    return (await Promise.all(runs)).flat();
  });
  return (await Promise.all(lists)).flat();
}

/** Twice as many as asked for, since a run starts some time after its date, and two of each dag. */
function mayBeNewest(names: readonly RunName[], limit: number): readonly RunName[] {
  const dated = names.map((name) => ({ name, time: timeIn(name.run_id) })).sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
  const ofDag = new Map<string, number>();
  return dated
    .filter(({ name, time }, index) => {
      const before = ofDag.get(name.dag_id) ?? 0;
      ofDag.set(name.dag_id, before + 1);
      return index < limit * 2 + 20 || before < 2 || time === unknownTime;
    })
    .map(({ name }) => name);
}

/** After every date: what may be new is looked at. */
const unknownTime = "9999";

/** `scheduled__2026-03-15T03:00:00+00:00`, `local__<date>__<start>`: the last instant; a backfill's date says nothing about its start. */
function timeIn(runId: string): string {
  const found = /^(?:scheduled|manual|local)__(?:.*__)?(\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\d)/.exec(runId)?.[1];
  return found?.replaceAll(/(?<=T.*)-/g, ":") ?? unknownTime;
}
