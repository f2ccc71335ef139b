/** The flights example for tests against real Airflow: copies with stores of their own, a password that is hard to keep, what a run came to. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type pg from "pg";
import { expect } from "vitest";
import { cache, root } from "../../scripts/provision.mjs";
import { dagKey, runKey } from "../../src/protocol/layout.ts";
import type { Result } from "../../src/protocol/result.ts";
import type { Store } from "../../src/storage/store.ts";

export const login = "canary";

/** All that URIs, SQL, shells and Python's % would like to read otherwise. */
export const password = `C4n/ry@+:%"x'`;

/** As it may stand in a URI, in JSON, and as it is. */
export function spellingsOf(secret: string): readonly string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
}

/** Files below the folders that hold one of the secrets in any spelling. */
export function filesWith(secrets: readonly string[], ...folders: readonly string[]): readonly string[] {
  const patterns = secrets.flatMap(spellingsOf).flatMap((spelling) => ["-e", spelling]);
  const { stdout, status } = spawnSync("grep", ["-rlaF", ...patterns, ...folders], { encoding: "utf8" });
  expect([0, 1]).toContain(status);
  return stdout.split("\n").filter((line) => line !== "");
}

/** This process's environment without Airflow's variables: the package index and its certificates are set in it. */
export const environment: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value && !name.startsWith("AIRFLOW_") ? [[name, value]] : [])),
  ),
  XDG_CACHE_HOME: join(cache, "xdg"),
  PATH: `${join(cache, "uv", "bin")}${delimiter}${process.env.PATH}`,
};

/** Copies the example to `workspace`; `settings` is YAML that is added to those of its environment dev. */
export function copyExample(workspace: string, settings: string): void {
  cpSync(join(root, "examples", "flights"), workspace, {
    recursive: true,
    filter: (path) => !/\/(\.tradewind|dags|\.env)$/.test(path),
  });
  const file = join(workspace, "env", "dev.yaml");
  writeFileSync(file, `${readFileSync(file, "utf8")}\n${settings}\n`);
}

/** Options that name environment and results folder. */
export const inDev = (workspace: string): readonly string[] => ["--env", "dev", "--set", `results=${join(workspace, "results")}`];

/** `<folder>/bin` with the command `tradewind`, for a worker's PATH. */
export function installTradewind(folder: string, program: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "tradewind"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(bin, "tradewind"), 0o755);
  return bin;
}

export interface Outcome {
  /** `task:port` → digest. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** What the loads left in the warehouse. */
  readonly rows: readonly unknown[];
}

/** The results of a run, by task, from the pointers of the store. */
export async function readPointers(store: Store, dagId: string, runId: string): Promise<Readonly<Record<string, Result>>> {
  const results: Record<string, Result> = {};
  for await (const { key } of store.list(runKey(dagId, runId))) {
    if (!/^[^/]+\/result\.json$/.test(key.slice(runKey(dagId, runId).length + 1))) continue;
    const result = JSON.parse(await readText(store, key)) as Result;
    results[result.task] = result;
  }
  return results;
}

/** What is at a key; nothing when it is absent. */
export async function readText(store: Store, key: string): Promise<string> {
  const bytes = await store.get(key);
  return bytes === undefined ? "" : new TextDecoder().decode(bytes);
}

/** The one run of flight_delays in a store. */
export async function onlyRun(store: Store): Promise<string> {
  const runs = await store.folders(dagKey("flight_delays"));
  expect(runs).toHaveLength(1);
  return decodeURIComponent(runs[0] ?? "");
}

/** Digests from the store; rows from the warehouse, which is emptied for the next run. */
export async function takeOutcome(store: Store, runId: string, client: pg.Client): Promise<Outcome> {
  const artifacts: Record<string, string> = {};
  for (const { task, outputs } of Object.values(await readPointers(store, "flight_delays", runId))) {
    for (const [port, { sha256 }] of Object.entries(outputs)) artifacts[`${task}:${port}`] = sha256;
  }
  const rows = [];
  for (const table of ["dev.flight_scores", "dev.carrier_report"]) {
    rows.push(...(await client.query(`select t::text from ${table} as t order by 1`)).rows);
    await client.query(`truncate ${table}`);
  }
  return { artifacts, rows };
}
