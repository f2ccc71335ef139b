/** True for Airflow's own names of a parameter that holds the id of a connection: `connection`, `conn_id`, `postgres_conn_id`. */
export function namesConnection(name: string): boolean {
  return /^(connection|conn_id)$|_(conn_id|connection_id|connection)$/.test(name);
}
