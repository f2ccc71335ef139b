import { expect, test } from "vitest";
import { emitDag } from "../../../src/pipeline/emit/emit.ts";
import { forLocalAirflow, inStore, withoutWriters, writersOf } from "../../../src/run/parity/plans.ts";
import { makeJob, makePlan, makeTask } from "../../pipeline/emit/plans.ts";

const job = makeJob({ script: "true" });
const plan = makePlan(
  [
    makeTask("read", { job, effects: "reads", pool: "narrow", queue: "far", retries: 1, retry_delay: 3600 }),
    makeTask("load.write", { job, effects: "writes", upstream: ["read"] }),
    makeTask("load.after", { job, effects: "none", upstream: ["load.write"] }),
    makeTask("last", { job, effects: "none", upstream: ["read"] }),
  ],
  { dag_id: "d", start_date: "2026-01-01T00:00:00", end_date: "2026-02-01T00:00:00" },
  { store: { url: "s3://bucket/x", connection: "s3", keep: 60 }, launcher: { kind: "pip", requirement: "tradewind==1" } },
);
const dates = (day: string) => ({ logical_date: day, data_interval_start: day, data_interval_end: day });

test("what writes, and what comes after it, is left out", () => {
  expect(writersOf(plan)).toEqual(["load.write"]);
  expect(withoutWriters(plan).tasks.map(({ id }) => id)).toEqual(["read", "last"]);
});

test("an Airflow of this machine gets nothing that belongs to the environment's", () => {
  const local = forLocalAirflow(inStore(plan, "/here"), dates("2026-01-10T03:00:00+00:00"));
  const python = emitDag(local, "portable");
  expect(python).toContain('"TRADEWIND_STORE": "/here"');
  expect(python).toContain('LAUNCH = "exec tradewind launch </dev/null"');
  for (const gone of ["s3:", "narrow", '"far"', "tradewind==1", "end_date", "hours=1"]) expect(python).not.toContain(gone);
  expect(local.dag.start_date).toBe("2026-01-01T00:00:00");
  expect(local.store.keep).toBe(60);
});

test("a date before the DAG's first is one that may be tried", () => {
  expect(forLocalAirflow(plan, dates("2025-06-01T03:00:00+00:00")).dag.start_date).toBe("1970-01-01T00:00:00");
});

test("groups of which all tasks are left out are no fault", () => {
  expect(emitDag(withoutWriters(plan), "portable")).toContain("read >> last");
});
