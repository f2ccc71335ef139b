/** Connections of a request, from the launcher's environment, as Airflow names them. */
import { EXIT } from "../protocol/exit.ts";
import type { Request } from "../protocol/request.ts";
import { connectionVariable } from "../protocol/request-env.ts";
import { Failure } from "./failure.ts";

/** AIRFLOW_CONN_<ID> → URI or JSON, for every connection that is there. */
export function readConnections(request: Request, env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const id of request.connections) {
    const name = airflowVariable(id);
    const value = env[connectionVariable(id)] ?? env[name];
    if (value !== undefined && value !== "") found.set(name, value);
  }
  return found;
}

/** The connection of the store: scripts do not get it, and an error of theirs or ours must not show it either. */
export function storeSecrets({ store }: Request, env: NodeJS.ProcessEnv): readonly string[] {
  const { connection } = store;
  const value = connection === undefined ? undefined : (env[connectionVariable(connection)] ?? env[airflowVariable(connection)]);
  return value === undefined || value === "" ? [] : [value];
}

/** Throws a Failure that names the first connection that is missing. */
export function requireConnections(request: Request, found: ReadonlyMap<string, string>): void {
  const missing = request.connections.find((id) => !found.has(airflowVariable(id)));
  if (missing === undefined) return;
  const variable = airflowVariable(missing);
  throw new Failure({
    reason: "missing-connection",
    origin: "platform",
    retryable: true,
    exit_code: EXIT.missingConnection,
    message: `connection "${missing}" is not there: set ${variable} to its URI (postgresql://user:password@host:5432/database) in the environment or in .env`,
  });
}

/** As Airflow names it. */
function airflowVariable(id: string): string {
  return `AIRFLOW_CONN_${id.toUpperCase()}`;
}
