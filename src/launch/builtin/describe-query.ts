/** Asks Postgres what a query is, without running it. */
import type pg from "pg";

interface Field {
  readonly name: string;
}

/** The parts of pg's connection that speak the extended protocol. */
interface Wire {
  parse(query: { text: string }): void;
  describe(what: { type: "S"; name: string }): void;
  sync(): void;
}

/**
 * Names of the columns that `text` gives; rejects with Postgres' error when it is not valid. Sent by the extended protocol, in which a
 * text of several statements is an error, so what passes is one statement.
 */
export function describeQuery(client: pg.Client, text: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    let columns: readonly string[] = [];
    const query = {
      submit(connection: Wire) {
        connection.parse({ text });
        connection.describe({ type: "S", name: "" });
        connection.sync();
      },
      handleRowDescription(message: { fields: readonly Field[] }) {
        columns = message.fields.map((field) => field.name);
      },
      handleError: reject,
      handleReadyForQuery: () => resolve(columns),
    };
    client.query(query as unknown as pg.Submittable);
  });
}
