/** Warehouse to CSV and back against `psql \copy`, in the same run on the same server: wall time as a ratio, and peak memory as rows grow. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../scripts/provision.mjs";
import { ensureWarehouse } from "../scripts/warehouse.mjs";

const goal = 1.1;
const rounds = 5;
const sizes = [10_000, 100_000, 1_000_000];
const tradewind = join(root, "dist", "cli", "bin.js");

if (spawnSync("psql", ["--version"]).status !== 0) {
  console.error("psql is the peer of this bench, and is not on PATH (Debian: postgresql-client)");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "tradewind-bench-postgres-"));
chmodSync(folder, 0o711);
const server = await ensureWarehouse({ folder, guard: true });
const csv = join(folder, "rows.csv");

/** Wall milliseconds, and peak resident bytes for a Node program. */
function time(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const report =
      'data:text/javascript,import{writeSync}from"node:fs";process.on("exit",()=>writeSync(3,String(process.resourceUsage().maxRSS)))';
    const node = command === process.execPath;
    const started = performance.now();
    const child = spawn(command, node ? ["--import", report, ...args] : args, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    let said = "";
    let peak = "";
    child.stderr.on("data", (text) => {
      said += text;
    });
    child.stdio[3].on("data", (text) => {
      peak += text;
    });
    child.stdout.resume();
    child.on("close", (code) => {
      if (code !== 0) reject(new Error(`${command} ${args.join(" ")}: exit ${code}: ${said}`));
      else resolve({ wall: performance.now() - started, memory: Number(peak) * 1024 });
    });
  });
}

const psql = (...statements) =>
  time("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", server.uri, ...statements.flatMap((statement) => ["-c", statement])]);
const builtin = (name, env) =>
  time(process.execPath, [tradewind, "builtin", name], { AIRFLOW_CONN_DWH: server.uri, PARAM_CONNECTION: "dwh", ...env });
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const seconds = (ms) => (ms / 1000).toFixed(2).padStart(6);

let missed = 0;
const memory = { out: [], in: [] };
try {
  console.log("rows       direction   psql \\copy   tradewind   ratio   peak memory");
  for (const rows of sizes) {
    await psql(
      "drop table if exists source, target",
      `create table source as select n as id, 'AA' || n % 16 as carrier, date '2013-01-01' + n % 365 as day, n % 500 - 20 as delay, n / 7.0 as ratio,
         case when n % 10 = 0 then null else 'N' || md5(n::text) end as tail, case when n % 3 = 0 then 'a "quoted", text' else '' end as note
       from generate_series(1, ${rows}) as n`,
      "create table target (like source)",
      "vacuum analyze source",
    );
    const walls = { psqlOut: [], out: [], psqlIn: [], in: [] };
    let out = 0;
    let back = 0;
    for (let round = 0; round < rounds; round += 1) {
      walls.psqlOut.push((await psql(`\\copy (select * from source) to '${csv}' with (format csv, header)`)).wall);
      const read = await builtin("pg_to_csv", { PARAM_QUERY: "select * from source", OUTPUT_DATA: csv });
      walls.out.push(read.wall);
      await psql("truncate target");
      walls.psqlIn.push(
        (await psql("begin", "delete from target", `\\copy target from '${csv}' with (format csv, header)`, "commit")).wall,
      );
      await psql("truncate target");
      const written = await builtin("csv_to_pg", { PARAM_TABLE: "target", INPUT_DATA: csv });
      walls.in.push(written.wall);
      out = Math.max(out, read.memory);
      back = Math.max(back, written.memory);
    }
    memory.out.push(out);
    memory.in.push(back);
    for (const [name, peer, own, peak] of [
      ["to CSV", walls.psqlOut, walls.out, out],
      ["back", walls.psqlIn, walls.in, back],
    ]) {
      const ratio = median(own) / median(peer);
      // Starting Node costs as much as copying 10 thousand rows does; the goal is about data.
      if (rows >= 1_000_000 && ratio > goal) missed += 1;
      console.log(
        `${String(rows).padEnd(10)} ${name.padEnd(9)} ${seconds(median(peer))} s    ${seconds(median(own))} s   ${ratio.toFixed(2).padStart(5)}   ${(peak / 1e6).toFixed(0)} MB`,
      );
    }
    if (rows === sizes.at(-1)) console.log(`file of ${(statSync(csv).size / 1e6).toFixed(0)} MB`);
  }
  for (const [name, peaks] of [
    ["to CSV", memory.out],
    ["back", memory.in],
  ]) {
    const growth = peaks.at(-1) - peaks[0];
    console.log(`${name}: peak memory grows by ${(growth / 1e6).toFixed(0)} MB from ${sizes[0]} to ${sizes.at(-1)} rows`);
    if (growth > 32e6) missed += 1;
  }
  console.log(missed === 0 ? `goals met: at most ${goal} times psql at 1 million rows, memory flat (32 MB)` : `${missed} goals missed`);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = missed === 0 ? 0 : 1;
