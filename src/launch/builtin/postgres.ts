/** Talking to Postgres: connecting as libpq would, and saying in one sentence what it refused. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import type pg from "pg";
import { EXIT } from "../../protocol/exit.ts";
import type { Connection } from "./connection.ts";
import { BuiltinFailure } from "./failure.ts";

/** Types that Airflow gives to Postgres; `generic` and none are what it stores when the provider is not installed. */
const types = ["postgres", "postgresql", "generic", ""];

/**
 * Connects, hands the client to `work`, and disconnects. Whatever Postgres or the network refuses becomes a BuiltinFailure;
 * an open transaction is rolled back by the server when the connection ends.
 */
export async function withPostgres<T>(connection: Connection, application: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  if (!types.includes(connection.type)) {
    throw new BuiltinFailure(
      EXIT.config,
      `connection "${connection.id}" is of type ${connection.type}, and this operator needs a postgres one`,
    );
  }
  const client = await connect(connection, application);
  // A connection that drops between two queries says so here; the next query fails and tells.
  client.on("error", () => {});
  try {
    const done = await work(client);
    await client.end().catch(() => {});
    return done;
  } catch (error) {
    closeNow(client);
    throw error instanceof BuiltinFailure ? error : failureOf(error, connection);
  }
}

/** Nothing more is to be said to the server: closing the socket makes it roll back, and does not wait for a server that is silent. */
function closeNow(client: pg.Client): void {
  client.connection.stream.destroy();
}

async function connect(connection: Connection, application: string): Promise<pg.Client> {
  const { default: pg } = await import("pg");
  const mode = String(connection.extra.sslmode ?? "prefer");
  const attempts = tlsAttempts(mode, connection);
  for (const [index, ssl] of attempts.entries()) {
    const client = new pg.Client({
      ...(connection.host ? { host: connection.host } : {}),
      port: connection.port ?? 5432,
      ...(connection.login ? { user: connection.login } : {}),
      // A function, so that pg does not look for passwords elsewhere when there is none.
      password: () => connection.password ?? "",
      database: connection.schema ?? connection.login ?? "postgres",
      ssl,
      connectionTimeoutMillis: 1000 * (Number(connection.extra.connect_timeout) || 30),
      application_name: String(connection.extra.application_name ?? application),
      ...(typeof connection.extra.options === "string" ? { options: connection.extra.options } : {}),
      keepAlive: true,
    });
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      closeNow(client);
      if (index + 1 < attempts.length && mayTryOther(error)) continue;
      throw failureOf(error, connection);
    }
  }
  throw new BuiltinFailure(EXIT.config, `connection "${connection.id}" has sslmode ${mode}, which does not exist`);
}

/** libpq's sslmode: what to try, in order. */
function tlsAttempts(mode: string, connection: Connection): readonly (ConnectionOptions | false)[] {
  const anyServer: ConnectionOptions = { ...ownCertificate(connection), rejectUnauthorized: false };
  const root = fileOf(connection, "sslrootcert");
  const known: ConnectionOptions = { ...ownCertificate(connection), ...(root ? { ca: root } : {}), rejectUnauthorized: true };
  switch (mode) {
    case "disable":
      return [false];
    case "allow":
      return [false, anyServer];
    case "prefer":
      return [anyServer, false];
    case "require":
      return [root ? { ...known, checkServerIdentity: () => undefined } : anyServer];
    case "verify-ca":
      return [{ ...known, checkServerIdentity: () => undefined }];
    case "verify-full":
      return [known];
    default:
      return [];
  }
}

function ownCertificate(connection: Connection): ConnectionOptions {
  const cert = fileOf(connection, "sslcert");
  const key = fileOf(connection, "sslkey");
  return { ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

function fileOf(connection: Connection, name: string): Buffer | undefined {
  const path = connection.extra[name];
  if (typeof path !== "string" || path === "" || path === "system") return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new BuiltinFailure(EXIT.config, `connection "${connection.id}" names ${name} ${path}, which cannot be read: ${textOf(error)}`);
  }
}

/** The server has no TLS, or wants it: the other way of `prefer` and `allow` may do. */
function mayTryOther(error: unknown): boolean {
  const text = textOf(error);
  return /does not support SSL|no encryption|no pg_hba.conf entry|SSL|TLS/i.test(text);
}

/** What the server or the network said, as a sentence, with the exit code that tells whether trying again can help. */
function failureOf(error: unknown, connection: Connection): BuiltinFailure {
  const place = `the server of connection "${connection.id}" (${connection.host ?? "localhost"}:${connection.port ?? 5432})`;
  const facts = error as Partial<pg.DatabaseError> & { code?: string };
  const code = facts.code ?? "";
  const text = textOf(error);
  const say = (exit: number, message: string) => new BuiltinFailure(exit, message, { cause: error });
  if (code === "28P01" || code === "28000") return say(EXIT.config, `${place} refused the login: ${text}. Check its user and password`);
  if (/client password must be a string|SASL|SCRAM/.test(text))
    return say(EXIT.config, `${place} asks for a password that the connection does not have or cannot use`);
  if (code === "3D000") return say(EXIT.config, `${place}: ${text}`);
  if (code === "42501") return say(EXIT.config, `${place}: ${text}. Ask its owner for the grant`);
  if (code === "57014") return say(EXIT.temporary, `${place} cancelled the statement: ${text}`);
  if (code === "53100") return say(EXIT.unavailable, `${place} has no disk left: ${text}`);
  if (/^(08|53|57P|58|XX)/.test(code)) return say(EXIT.unavailable, `${place}: ${text}`);
  if (/^(40|55)/.test(code)) return say(EXIT.temporary, `${place}: ${text}. Try again`);
  if (code === "25006") return say(EXIT.badInput, `${place} takes no writes here: ${text}`);
  if (/^[0-9A-Z]{5}$/.test(code) && facts.severity !== undefined) return say(EXIT.badInput, `${detailed(facts, text)}`);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return say(EXIT.unavailable, `${place} is not found: there is no such host. Check its name`);
  if (code === "ECONNREFUSED")
    return say(EXIT.unavailable, `${place} does not answer: the connection was refused. Is it running, and is that its port?`);
  if (/timeout expired|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/.test(`${code} ${text}`))
    return say(EXIT.unavailable, `${place} does not answer: ${text}`);
  if (
    /terminated|ECONNRESET|EPIPE|closed|Client has encountered a connection error|not queryable|stream has been destroyed/i.test(
      `${code} ${text}`,
    )
  ) {
    return say(EXIT.unavailable, `the connection to ${place} was lost; nothing was changed`);
  }
  if (/does not support SSL/.test(text)) return say(EXIT.config, `${place} has no TLS, and the connection asks for it (sslmode)`);
  if (/certificate|self.signed|SSL|TLS/i.test(`${code} ${text}`))
    return say(EXIT.config, `${place} did not pass the check of its certificate: ${text}`);
  if (code === "ENOSPC" || code === "EDQUOT") return say(EXIT.os, `the disk is full (${text}); free some space and run again`);
  if (code === "ENOENT" || code === "EACCES" || code === "EISDIR") return say(EXIT.io, text);
  return say(EXIT.internal, `${place}: ${text}`);
}

/** `invalid input syntax for type integer: "x" (line 3, column n)`, with Postgres' own detail and hint. */
function detailed(facts: Partial<pg.DatabaseError>, text: string): string {
  const place = /COPY [^,]*, (line \d+(?:, column [^:]+)?)/.exec(facts.where ?? "")?.[1];
  const rest = [facts.detail, facts.hint].filter((part) => part).map((part) => `. ${part?.replace(/\.$/, "")}`);
  return `${text}${place ? ` (${place})` : ""}${rest.join("")}`;
}

function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return textOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
