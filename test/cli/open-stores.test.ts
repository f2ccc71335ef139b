/** Where the stores are, by settings that do not say it. */
import { rmSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { makeWorkspace, tradewind } from "./tradewind.ts";

const made: string[] = [];
afterAll(() => {
  for (const root of made) rmSync(root, { recursive: true, force: true });
});

function workspaceWith(prod: string): string {
  const root = makeWorkspace({
    "tradewind.yaml": "",
    "env/dev.yaml": "",
    "env/prod.yaml": prod,
    "pipelines/daily.yaml": "dag: { name: daily }\ntasks: { extract: { operator_type: pg_to_csv, connection: dwh, table: t } }\n",
  });
  made.push(root);
  return root;
}

const unclear = "the settings of prod do not say where its store is: tradewind check tells what is wrong with them\n";

describe.each([
  ["an address that is none", 'store: { url: "s3:/lake" }\n'],
  ["a setting that does not exist", `store: { url: "s3://$\{lake}/tw" }\n`],
  ["a misspelled key", "store: { urll: s3://lake/tw }\n"],
  ["no map", "store: s3://lake/tw\n"],
  ["no YAML", "store: { url: s3://lake/tw\n"],
])("%s", (_, prod) => {
  test.each([["doctor", "store"], ["store", "du"], ["runs"], ["show", "latest"]])(
    "%s %s: the usual store is not taken for it",
    async (...args) => {
      const done = await tradewind([...args.filter((word) => word !== undefined), "--env", "prod"], { cwd: workspaceWith(prod) });
      expect(done).toMatchObject({ code: 1, stdout: "" });
      expect(done.stderr).toContain(unclear);
    },
  );

  test("what the other environments have is shown all the same", async () => {
    const done = await tradewind(["store", "du"], { cwd: workspaceWith(prod) });
    expect(done.code).toBe(0);
    expect(done.stdout).toContain(".tradewind/store/dev");
    expect(done.stdout).not.toContain(".tradewind/store/prod");
    expect(done.stderr).toContain(unclear);
  });
});

test("a fault elsewhere in the settings does not matter", async () => {
  const root = workspaceWith("store: { url: /nowhere/at/all }\nflavors: { small: { memory: much } }\n");
  const done = await tradewind(["store", "du", "--env", "prod"], { cwd: root });
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toContain("/nowhere/at/all");
});
