/**
 * The ledger of appends: the table `tradewind_ledger` beside the table that is appended to. A line is written in the transaction that
 * adds the rows, so an attempt that is repeated finds it and adds nothing.
 */
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import type pg from "pg";
import { EXIT } from "../../protocol/exit.ts";
import { BuiltinFailure } from "./failure.ts";
import type { Table } from "./find-table.ts";
import { quoteName } from "./table-name.ts";

export interface LedgerKey {
  readonly dag_id: string;
  readonly run_id: string;
  readonly task: string;
  /** sha256 (hex) of the file. */
  readonly sha256: string;
}

export interface LedgerLine {
  readonly rows: string;
  readonly sha256: string;
  readonly loaded_at: Date;
}

/** Who appends: the run and task, or, by hand, the file itself. */
export async function ledgerKey(env: NodeJS.ProcessEnv, file: string): Promise<LedgerKey> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  const sha256 = hash.digest("hex");
  const task = taskFacts(env);
  return { dag_id: task.dag_id ?? "", run_id: task.run_id ?? `by hand: ${sha256}`, task: task.task ?? "", sha256 };
}

function taskFacts(env: NodeJS.ProcessEnv): { dag_id?: string; run_id?: string; task?: string } {
  const path = env.TRADEWIND_TASK_FILE;
  if (!path) return {};
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new BuiltinFailure(
      EXIT.io,
      `TRADEWIND_TASK_FILE cannot be read, so this append has no name: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/**
 * Enters the line, inside the caller's transaction. When it is there already nothing is written and the line comes back: another
 * attempt that is still at work is waited for.
 */
export async function enterLedger(client: pg.Client, table: Table, key: LedgerKey): Promise<LedgerLine | undefined> {
  const ledger = `${quoteName(table.schema)}.tradewind_ledger`;
  const there = await client.query<{ oid: string | null }>("select to_regclass($1) as oid", [ledger]);
  if (there.rows[0]?.oid === null) {
    // `if not exists` alone lets two creators collide.
    await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [ledger]);
    await client.query(
      `create table if not exists ${ledger} (
         table_name text not null, dag_id text not null, run_id text not null, task text not null,
         sha256 text not null, rows bigint not null, loaded_at timestamptz not null default now(),
         primary key (table_name, dag_id, run_id, task))`,
    );
  }
  const values = [table.name, key.dag_id, key.run_id, key.task];
  const entered = await client.query(
    `insert into ${ledger} (table_name, dag_id, run_id, task, sha256, rows) values ($1, $2, $3, $4, $5, 0) on conflict do nothing`,
    [...values, key.sha256],
  );
  if (entered.rowCount === 1) return undefined;
  const line = await client.query<LedgerLine>(
    `select sha256, rows::text, loaded_at from ${ledger} where table_name = $1 and dag_id = $2 and run_id = $3 and task = $4`,
    values,
  );
  return line.rows[0];
}

/** Puts the number of rows into the line that this transaction entered. */
export async function completeLedger(client: pg.Client, table: Table, key: LedgerKey, rows: number): Promise<void> {
  await client.query(
    `update ${quoteName(table.schema)}.tradewind_ledger set rows = $5 where table_name = $1 and dag_id = $2 and run_id = $3 and task = $4`,
    [table.name, key.dag_id, key.run_id, key.task, rows],
  );
}
