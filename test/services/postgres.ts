/** A real Postgres server for one test file: fresh, on a free port of 127.0.0.1, gone when the file or its process ends. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { ensureWarehouse } from "../../scripts/warehouse.mjs";

export interface PostgresServer {
  /** `postgresql://user:password@127.0.0.1:port/database`, as AIRFLOW_CONN_<ID> takes it. */
  readonly uri: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** A connected client of its database, or of another on it; closed by `stop`. */
  connect(database?: string): Promise<pg.Client>;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "tradewind-postgres-"));
  // The server drops root, and must still get to its files.
  chmodSync(folder, 0o711);
  const server = await ensureWarehouse({ folder, guard: true });
  const clients: pg.Client[] = [];
  return {
    uri: server.uri,
    port: server.port,
    user: server.user,
    password: server.password,
    database: server.database,
    async connect(database = server.database) {
      const { host, port, user, password } = server;
      const client = new pg.Client({ host, port, user, password, database });
      client.on("error", () => {});
      await client.connect();
      clients.push(client);
      return client;
    },
    async stop() {
      await Promise.all(clients.map((client) => client.end()));
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
