/** Many kills at random moments. */
import { beforeAll, expect, test } from "vitest";
import { makeFolder } from "../workspace/temporary.ts";
import { killOnce, listRuns, slowWorkspace } from "./kills.ts";
import { buildProgram } from "./program.ts";

let bin: string;
beforeAll(async () => {
  bin = await buildProgram();
});

test("kill -9 of the runner at 200 random moments, then run again", async () => {
  const root = makeFolder(slowWorkspace);
  for (let n = 0; n < 200; n++) await killOnce(bin, root, Math.random() * 1000);
  expect((await listRuns(bin, root)).filter((run) => run.state === "success").length).toBeGreaterThanOrEqual(200);
});
