/** Airflow connections as they come in variables AIRFLOW_CONN_<ID>: a URI or JSON, read as airflow.models.connection.Connection does. */
import { isIP } from "node:net";
import { EXIT } from "../../protocol/exit.ts";
import { isJsonObject, type Json } from "../../protocol/json.ts";
import { BuiltinFailure } from "./failure.ts";

export interface Connection {
  readonly id: string;
  /** As written, `-` as `_`: `postgres`, `postgresql`, `generic`… */
  readonly type: string;
  readonly host?: string;
  readonly port?: number;
  readonly login?: string;
  readonly password?: string;
  /** The database. */
  readonly schema?: string;
  readonly extra: { readonly [name: string]: Json };
}

/** The connection `id` from the environment; a BuiltinFailure that shows nothing of its value when there is none or it cannot be read. */
export function readConnection(env: NodeJS.ProcessEnv, id: string): Connection {
  const variable = `AIRFLOW_CONN_${id.toUpperCase()}`;
  const value = env[variable]?.trim();
  if (!value) {
    throw new BuiltinFailure(
      EXIT.missingConnection,
      `connection "${id}" is not there: set ${variable} to its URI (postgresql://user:password@host:5432/database) in the environment or in .env`,
    );
  }
  const connection = value.startsWith("{") ? fromJson(id, value) : fromUri(id, value);
  if (connection === undefined) {
    throw new BuiltinFailure(
      EXIT.config,
      `${variable} is neither a URI (postgresql://user:password@host:5432/database, with / @ : % in the password percent-encoded) nor a JSON map`,
    );
  }
  return connection;
}

function fromJson(id: string, text: string): Connection | undefined {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const port = value.port === undefined || value.port === null || value.port === "" ? undefined : Number(value.port);
  if (port !== undefined && !isPort(port)) return undefined;
  const extra = typeof value.extra === "string" ? parseExtra(value.extra) : value.extra;
  return drop({
    id,
    type: typeof value.conn_type === "string" ? value.conn_type.replaceAll("-", "_") : "",
    host: text_(value.host),
    port,
    login: text_(value.login),
    password: text_(value.password),
    schema: text_(value.schema),
    extra: isJsonObject(extra) ? extra : {},
  });
}

function fromUri(id: string, uri: string): Connection | undefined {
  const parts = /^([A-Za-z][A-Za-z0-9+._-]*):\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?/.exec(uri);
  if (!parts) return undefined;
  const [, scheme = "", authority = "", path = "", query = ""] = parts;
  const at = authority.lastIndexOf("@");
  const [userinfo, hostAndPort] = at < 0 ? [undefined, authority] : [authority.slice(0, at), authority.slice(at + 1)];
  const colon = userinfo?.indexOf(":") ?? -1;
  const login = userinfo === undefined ? undefined : colon < 0 ? userinfo : userinfo.slice(0, colon);
  const password = userinfo === undefined || colon < 0 ? undefined : userinfo.slice(colon + 1);
  const place = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(hostAndPort);
  if (!place) return undefined;
  const port = place[2] ? Number(place[2]) : undefined;
  if (port !== undefined && !isPort(port)) return undefined;
  const host = percentDecode(place[1] ?? "");
  return drop({
    id,
    type: scheme.toLowerCase().replaceAll("-", "_"),
    host: host.startsWith("[") && isIP(host.slice(1, -1)) ? host.slice(1, -1) : host || undefined,
    port,
    login: login ? percentDecode(login) : undefined,
    password: password ? percentDecode(password) : undefined,
    schema: percentDecode(path) || undefined,
    extra: extraOfQuery(query),
  });
}

/** `?sslmode=require&…`, or all of it as JSON in `__extra__`. */
function extraOfQuery(query: string): { readonly [name: string]: Json } {
  const pairs = new Map<string, string>();
  for (const pair of query.split("&").filter((item) => item !== "")) {
    const [name = "", ...rest] = pair.replaceAll("+", " ").split("=");
    pairs.set(percentDecode(name), percentDecode(rest.join("=")));
  }
  const packed = pairs.get("__extra__");
  if (packed !== undefined) return parseExtra(packed) ?? {};
  return Object.fromEntries(pairs);
}

function parseExtra(text: string): { readonly [name: string]: Json } | undefined {
  try {
    const value: Json = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** As Python's unquote: what is no percent sequence stays as it is, bytes that are not UTF-8 become U+FFFD. */
function percentDecode(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"));
}

function text_(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536;
}

/** The object without its undefined values. */
function drop(value: { readonly [K in keyof Connection]: Connection[K] | undefined }): Connection {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as unknown as Connection;
}
