/**
 * Manifests of the built-in operators: the same text as an operator.yaml, with a script that is the launcher's own subcommand
 * (src/launch/builtin/). When a built-in begins to do something else to the same data, its `version` changes, so that the cache does not
 * give out what the old one made.
 */
export const builtinManifests: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: "pg_to_csv",
    text: `operator: pg_to_csv
version: 1
description: A query or a table of Postgres as a CSV file, streamed by COPY.
params:
  connection: { type: connection, description: "Connection of the server, given as AIRFLOW_CONN_<ID>." }
  query: { type: string, description: "One select. Give either a query or a table." }
  table: { type: string, description: "Table or view to read: table or schema.table." }
  columns:
    type: array
    items: { type: string }
    minItems: 1
    description: "Columns of the table, in this order; all of them by default."
  where: { type: string, description: "Condition in SQL on the rows of the table." }
required: [connection]
outputs:
  data: { type: csv }
job:
  execution_script: exec tradewind builtin pg_to_csv
effects: reads
`,
  },
  {
    name: "csv_to_pg",
    text: `operator: csv_to_pg
version: 1
description: A CSV file into a table of Postgres, by COPY in one transaction.
params:
  connection: { type: connection, description: "Connection of the server, given as AIRFLOW_CONN_<ID>." }
  table: { type: string, description: "Table that takes the rows: table or schema.table. It must exist." }
  mode:
    enum: [replace, append]
    default: replace
    description: "replace the table, or the slice of it that where names; or append, once a run."
  where:
    type: string
    description: "Condition in SQL: the slice of the table that the rows take the place of. Only with mode replace."
  columns:
    type: array
    items: { type: string }
    minItems: 1
    description: "Columns of the file to load; all of them by default."
required: [connection, table]
inputs:
  data: { type: csv }
job:
  execution_script: exec tradewind builtin csv_to_pg
effects: writes
`,
  },
];
