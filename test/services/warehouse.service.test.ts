import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensureWarehouse, stopWarehouse } from "../../scripts/warehouse.mjs";

const script = join(process.cwd(), "scripts", "warehouse.mjs");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tradewind-warehouse-"));
  chmodSync(folder, 0o711);
});

afterEach(async () => {
  await stopWarehouse({ folder });
  rmSync(folder, { recursive: true, force: true });
});

async function answer(uri: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: uri });
  client.on("error", () => {});
  await client.connect();
  const { rows } = await client.query({ text: sql, rowMode: "array" });
  await client.end();
  return rows[0]?.[0];
}

const postmaster = (): number => Number(readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);

/** A process of its own that holds the warehouse until it is killed. */
async function holder() {
  const code = `import { ensureWarehouse } from ${JSON.stringify(script)};
    const { uri, started } = await ensureWarehouse({ folder: ${JSON.stringify(folder)}, guard: true });
    console.log(JSON.stringify({ uri, started })); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as { uri: string; started: boolean }) };
}

describe("the warehouse", () => {
  test("starts, asks for its password, keeps its data, and is the same one when started twice", async () => {
    const first = await ensureWarehouse({ folder });
    const second = await ensureWarehouse({ folder });
    expect([first.started, second.started]).toEqual([true, false]);
    expect(second.uri).toBe(first.uri);
    expect(await answer(first.uri, "show listen_addresses")).toBe("127.0.0.1");
    expect(await answer(first.uri, "select rolpassword like 'SCRAM-SHA-256%' from pg_authid where rolname = current_user")).toBe(true);
    await expect(answer(first.uri.replace(first.password, "wrong"), "select 1")).rejects.toThrow(/password authentication failed/);
    expect(statSync(join(folder, "warehouse.json")).mode & 0o077).toBe(0);
    await answer(first.uri, "create table kept as select 42 as n");
    expect(await first.stop()).toBe(true);
    await expect(answer(first.uri, "select 1")).rejects.toThrow();
    const third = await ensureWarehouse({ folder });
    expect(await answer(third.uri, "select n from kept")).toBe(42);
  });

  test("two that start it at once share it; it stops with the last of them, killed or not", async () => {
    const [one, two] = await Promise.all([holder(), holder()]);
    expect([one.started, two.started].sort()).toEqual([false, true]);
    expect(one.uri).toBe(two.uri);
    const pid = postmaster();
    one.child.kill("SIGKILL");
    while (readdirSync(join(folder, "users")).length > 1) await sleep(20);
    expect(await answer(two.uri, "select 1")).toBe(1);
    two.child.kill("SIGKILL");
    while (existsSync(join(folder, "data", "postmaster.pid"))) await sleep(20);
    await expect(answer(two.uri, "select 1")).rejects.toThrow();
    expect(pid).toBeGreaterThan(0);
  });

  test("starts again after its server was killed", async () => {
    const first = await ensureWarehouse({ folder });
    await answer(first.uri, "create table kept as select 42 as n");
    process.kill(postmaster(), "SIGKILL");
    const second = await ensureWarehouse({ folder });
    expect(second.started).toBe(true);
    expect(await answer(second.uri, "select n from kept")).toBe(42);
  });

  test("takes over the lock of a process that died, and makes again what it left half made", async () => {
    writeFileSync(join(folder, "lock"), "4194304");
    const { uri } = await ensureWarehouse({ folder });
    expect(await answer(uri, "select 1")).toBe(1);
  });

  test("data of another major version is a sentence", async () => {
    const { stop } = await ensureWarehouse({ folder });
    await stop();
    writeFileSync(join(folder, "data", "PG_VERSION"), "12\n");
    await expect(ensureWarehouse({ folder })).rejects.toThrow(/was made by Postgres 12; this is 18\.\d+\. Delete that folder/);
  });
});
