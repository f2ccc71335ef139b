/** Connections of a request, from the launcher's environment, as Airflow names them. */
import { EXIT } from "../protocol/exit.ts";
import type { Request } from "../protocol/request.ts";
import { connectionVariable } from "../protocol/request-env.ts";
import { Failure } from "./failure.ts";

/** AIRFLOW_CONN_<ID> → URI or JSON, for every connection that is there. */
export function readConnections(request: Request, env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const id of request.connections) {
    const value = readConnectionText(id, env);
    if (value !== undefined) found.set(airflowVariable(id), value);
  }
  return found;
}

/** Values of the store's and the package index's connections: scripts do not get them, and nothing must show them either. */
export function readOwnConnections({ store, package_index }: Request, env: NodeJS.ProcessEnv): readonly string[] {
  const values = [store.connection, package_index?.connection].map((id) => (id === undefined ? undefined : readConnectionText(id, env)));
  return values.filter((value) => value !== undefined);
}

/** URI or JSON of a connection; undefined when it is not there. */
export function readConnectionText(id: string, env: NodeJS.ProcessEnv): string | undefined {
  return env[connectionVariable(id)] || env[airflowVariable(id)] || undefined;
}

/** Throws a Failure that names the first connection that is missing. */
export function requireConnections(request: Request, found: ReadonlyMap<string, string>): void {
  const missing = request.connections.find((id) => !found.has(airflowVariable(id)));
  if (missing !== undefined) throw missingConnection(missing);
}

export function missingConnection(id: string): Failure {
  const variable = airflowVariable(id);
  return new Failure({
    reason: "missing-connection",
    origin: "platform",
    retryable: true,
    exit_code: EXIT.missingConnection,
    message: `connection "${id}" is not there: set ${variable} to its URI (postgresql://user:password@host:5432/database) in the environment or in .env`,
  });
}

/** As Airflow names it. */
function airflowVariable(id: string): string {
  return `AIRFLOW_CONN_${id.toUpperCase()}`;
}
