/** Runs by name and by age, in a store that has thousands. */
import { expect, test } from "vitest";
import { findRun, newestRuns } from "../../src/run/find-run.ts";
import { createClockedStore, day, leaveTask, today } from "./collect/stores.ts";

async function manyRuns(count: number) {
  const store = createClockedStore();
  for (let n = 0; n < count; n++) {
    store.now = today - (count - n) * day;
    // It starts when its day is over.
    await leaveTask(store, `scheduled__${new Date(store.now - day).toISOString().slice(0, 19)}+00:00`, "a");
  }
  store.now = today;
  return store;
}

test("the newest come first, and of many only a few are read", async () => {
  const store = await manyRuns(500);
  await leaveTask(store, "backfill__2020-01-01T00:00:00+00:00", "a");
  let reads = 0;
  const counted = {
    ...store,
    get: (key: string) => {
      reads += 1;
      return store.get(key);
    },
  };
  const newest = await newestRuns([counted], 3);
  expect(newest.map(({ run }) => run.run_id)).toEqual([
    "backfill__2020-01-01T00:00:00+00:00",
    `scheduled__${new Date(today - 2 * day).toISOString().slice(0, 19)}+00:00`,
    `scheduled__${new Date(today - 3 * day).toISOString().slice(0, 19)}+00:00`,
  ]);
  expect(reads).toBeLessThan(100);
  expect(await newestRuns([counted], 3, "another")).toEqual([]);
});

test("a run is found by its id or a part of it, and only that one is read", async () => {
  const store = await manyRuns(40);
  const found = await findRun([store], `scheduled__${new Date(today - 5 * day).toISOString().slice(0, 10)}`);
  expect(found).toMatchObject({ run: { state: "success", tasks: { a: { state: "success", attempts: 1 } } } });
  expect(await findRun([store], "scheduled__")).toMatchObject({ problem: expect.stringContaining('"scheduled__" fits 40 runs') });
  expect(await findRun([store], "nothing")).toMatchObject({
    problem: expect.stringMatching(/no run "nothing"; the newest is scheduled__/),
  });
  expect(await findRun([store], "latest")).toMatchObject({ run: { run_id: expect.stringMatching(/^scheduled__2026-05-30/) } });
  expect(await findRun([createClockedStore()], "latest")).toEqual({ problem: "there are no runs yet; tradewind run PIPELINE makes one" });
});
