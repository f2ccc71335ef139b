import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readConnection } from "../../../src/launch/builtin/connection.ts";
import { BuiltinFailure } from "../../../src/launch/builtin/failure.ts";

const read = (value: string) => readConnection({ AIRFLOW_CONN_DWH: value }, "dwh");

describe("a connection of Airflow", () => {
  test.each([
    [
      "postgresql://user:pass@host:5433/db?sslmode=require&application_name=a%20b+c",
      {
        type: "postgresql",
        host: "host",
        port: 5433,
        login: "user",
        password: "pass",
        schema: "db",
        extra: { sslmode: "require", application_name: "a b c" },
      },
    ],
    ["postgres://user@HOST", { type: "postgres", host: "HOST", login: "user", extra: {} }],
    ["postgres://:p%40%2F%3A%25%22@host/", { type: "postgres", host: "host", password: 'p@/:%"', extra: {} }],
    ["postgres://u:p%zz@h/d%C3%BC", { type: "postgres", host: "h", login: "u", password: "p%zz", schema: "dü", extra: {} }],
    ["google-cloud-platform://", { type: "google_cloud_platform", extra: {} }],
    ["postgres://u:p@[::1]:5432/d", { type: "postgres", host: "::1", port: 5432, login: "u", password: "p", schema: "d", extra: {} }],
    ["postgres://u:p@%2Fvar%2Frun%2Fpg/d", { type: "postgres", host: "/var/run/pg", login: "u", password: "p", schema: "d", extra: {} }],
    ["postgres://h/d?__extra__=%7B%22keepalives%22%3A+1%7D", { type: "postgres", host: "h", schema: "d", extra: { keepalives: 1 } }],
    ["postgres://u:a@b@h/d", { type: "postgres", host: "h", login: "u", password: "a@b", schema: "d", extra: {} }],
    [
      '{"conn_type": "postgres", "login": "u", "password": "p/@:", "host": "h", "port": "5433", "schema": "d", "extra": "{\\"sslmode\\": \\"disable\\"}"}',
      { type: "postgres", host: "h", port: 5433, login: "u", password: "p/@:", schema: "d", extra: { sslmode: "disable" } },
    ],
    ['{"host": "h", "extra": {"sslmode": "disable"}}', { type: "", host: "h", extra: { sslmode: "disable" } }],
  ])("%s", (value, connection) => {
    expect(read(value)).toEqual({ id: "dwh", ...connection });
  });

  test("what Airflow writes is read back, whatever it holds", () => {
    const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
    // urllib.parse.quote(text, safe=""), as Connection.get_uri does.
    const quote = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
    fc.assert(
      fc.property(part, part, part, part, fc.integer({ min: 1, max: 65_535 }), (login, password, host, schema, port) => {
        fc.pre(!host.startsWith("["));
        const value = `postgres://${quote(login)}:${quote(password)}@${quote(host)}:${port}/${quote(schema)}`;
        expect(read(value)).toEqual({ id: "dwh", type: "postgres", login, password, host, schema, port, extra: {} });
      }),
    );
  });

  test.each(["", "   "])("%j is none", (value) => {
    expect(() => read(value)).toThrow(/connection "dwh" is not there: set AIRFLOW_CONN_DWH/);
  });

  test.each([
    "canary",
    "postgres:/canary",
    '{"password": "canary"',
    "postgres://u:canary@h:port/d",
    "postgres://u:canary@h:99999/d",
    '["canary"]',
  ])("%s cannot be read, and is not shown", (value) => {
    try {
      read(value);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(BuiltinFailure);
      expect(String(error)).toMatch(/AIRFLOW_CONN_DWH is neither a URI/);
      expect(String(error)).not.toContain("canary");
    }
  });
});
