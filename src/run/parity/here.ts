/** The local side: a run like any other, in a store of its own. */
import type { RunEvent } from "../../protocol/run-event.ts";
import { openStore } from "../../storage/open.ts";
import type { PreparedRun } from "../prepare.ts";
import { run } from "../run.ts";
import { type Outcome, readOutcome } from "./outcome.ts";

export interface HereDeps {
  /** Folder of the workspace. */
  readonly root: string;
  readonly onEvent: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}

/** Runs it to its end; or says why it cannot start. */
export async function runHere(prepared: PreparedRun, deps: HereDeps): Promise<Outcome | { readonly problems: readonly string[] }> {
  const { plan, options } = prepared;
  const store = openStore(options.store, { env: options.env });
  const record = await run(prepared, { ...deps, store });
  if ("problems" in record) return record;
  const states = Object.entries(record.tasks).map(([id, task]): [string, string] => [id, task.state]);
  const { run_id, state, logical_date } = record;
  const said = async (task: string) => [record.tasks[task]?.message ?? ""].filter((line) => line !== "");
  return readOutcome(plan, "here", { run_id, state, logical_date, tasks: Object.fromEntries(states) }, store, said);
}
