/**
 * Airflow's stable REST API: v2 of Airflow 3, v1 of Airflow 2. Where it is and who asks is an Airflow connection of type http:
 * host, port, schema (http or https), login and password; or `token` in its extra.
 */
import { type Connection, readConnection } from "../../launch/builtin/connection.ts";
import { isJsonObject, type Json, type JsonObject } from "../../protocol/json.ts";
import { AirflowError } from "./airflow-environment.ts";

export interface AirflowApi {
  /** `3.3.2` */
  readonly version: string;
  readonly major: 2 | 3;
  /** Address for people: scheme, host, port, path. */
  readonly url: string;
  /** Asks `/api/v<n>/<path>`. Undefined for 404; throws AirflowError for whatever else is no success. */
  get(path: string): Promise<Json | undefined>;
  /** As text, where Airflow would answer with JSON otherwise. */
  getText(path: string): Promise<string | undefined>;
  /** The answer, or the status and what Airflow says, when it refuses (4xx). */
  post(path: string, body: JsonObject): Promise<{ readonly answer: Json } | { readonly status: number; readonly detail: string }>;
}

/** Connects to the Airflow that connection `id` (AIRFLOW_CONN_<ID> in `env`) names. Throws AirflowError. */
export async function openApi(id: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<AirflowApi> {
  const connection = readAddress(id, env);
  const url = addressOf(connection);
  const ask = (path: string, options: AskOptions = {}) => request(`${url}${path}`, `${url} (connection "${id}")`, signal, options);
  const { major, version } = await findVersion(ask, url);
  const token = await authorize(connection, major, ask);
  const base = `/api/v${major === 3 ? 2 : 1}/`;
  const refused = (status: number, path: string, text: string) => {
    if (status === 401) return new AirflowError(`Airflow at ${url} does not take the login or token of connection "${id}"`);
    if (status === 403)
      return new AirflowError(`Airflow at ${url} does not let connection "${id}" ask ${path.split("?")[0]}: give its user the right to`);
    return new AirflowError(`Airflow at ${url} answered ${status} to ${path.split("?")[0]}: ${detailOf(text)}`);
  };
  const get = async (path: string, accept: string) => {
    const { status, text } = await ask(`${base}${path}`, { token, accept });
    if (status === 404) return undefined;
    if (status >= 300) throw refused(status, path, text);
    return text;
  };
  return {
    version,
    major,
    url,
    get: async (path) => {
      const text = await get(path, "application/json");
      return text === undefined ? undefined : parse(text);
    },
    getText: (path) => get(path, "text/plain"),
    async post(path, body) {
      const { status, text } = await ask(`${base}${path}`, { token, body });
      if (status < 300) return { answer: parse(text) };
      if (status === 401 || status === 403 || status >= 500) throw refused(status, path, text);
      return { status, detail: detailOf(text) };
    },
  };
}

function readAddress(id: string, env: NodeJS.ProcessEnv): Connection {
  const variable = `AIRFLOW_CONN_${id.toUpperCase()}`;
  const example = `${variable}=https://login:password@airflow.example.org`;
  if (!env[variable]?.trim())
    throw new AirflowError(`connection "${id}" (airflow.connection) is not there: set ${example} in the environment or in .env`);
  try {
    const connection = readConnection(env, id);
    if (connection.host !== undefined) return connection;
  } catch {
    // Its own message speaks of databases.
  }
  throw new AirflowError(`${variable} names no host: write it as ${example}, or as Airflow's JSON of a connection of type http`);
}

/** As Airflow's HttpHook reads it: the host may hold the scheme and a path, else the scheme is `schema`. */
function addressOf({ type, host = "", port, schema }: Connection): string {
  const written = /^(https?):\/\/([^/]+)(\/.*)?$/.exec(host);
  const named = schema === "http" || schema === "https" ? schema : undefined;
  const scheme = written?.[1] ?? named ?? (type === "https" ? "https" : "http");
  const [bare = host, path = named === undefined && schema !== undefined ? `/${schema}` : ""] = written ? [written[2], written[3]] : [];
  const place = bare.includes(":") && !bare.startsWith("[") && !/^[^:]+:\d+$/.test(bare) ? `[${bare}]` : bare;
  return `${scheme}://${place}${port === undefined ? "" : `:${port}`}${path.replace(/\/+$/, "")}`;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface AskOptions {
  readonly body?: JsonObject;
  /** Value of the header Authorization. */
  readonly token?: string | undefined;
  readonly accept?: string;
}

type Ask = (path: string, options?: AskOptions) => Promise<Answer>;

/** Milliseconds that an answer may take: a page of a thousand tasks takes seconds on a busy Airflow. */
const patience = 60_000;

async function request(url: string, place: string, signal: AbortSignal, { body, token, accept }: AskOptions): Promise<Answer> {
  const headers = {
    accept: accept ?? "application/json",
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(token !== undefined && { authorization: token }),
  };
  try {
    const answer = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    });
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? ("code" in cause && cause.message === "" ? String(cause.code) : cause.message) : String(cause);
    throw new AirflowError(`Airflow at ${place} could not be reached: ${why}`);
  }
}

/** Nobody needs to be known for this question. */
async function findVersion(ask: Ask, url: string): Promise<{ readonly major: 2 | 3; readonly version: string }> {
  for (const [major, path] of [
    [3, "/api/v2/version"],
    [2, "/api/v1/version"],
  ] as const) {
    const { status, text } = await ask(path);
    const answer = status < 300 ? tryParse(text) : undefined;
    if (isJsonObject(answer) && typeof answer.version === "string") return { major, version: answer.version };
    if (status >= 500) throw new AirflowError(`Airflow at ${url} answered ${status} to ${path}: ${detailOf(text)}`);
  }
  throw new AirflowError(`${url} does not answer as Airflow 2 or 3 does (/api/v2/version): is that its address, path included?`);
}

/** The header's value: a token of the extra, one that Airflow 3 gives for login and password, or both as they are for Airflow 2. */
async function authorize({ id, login, password, extra }: Connection, major: 2 | 3, ask: Ask): Promise<string | undefined> {
  const given = extra.token ?? extra.access_token;
  if (typeof given === "string" && given !== "") return `Bearer ${given}`;
  if (login === undefined) return undefined;
  if (major === 2) return `Basic ${Buffer.from(`${login}:${password ?? ""}`).toString("base64")}`;
  const { status, text } = await ask("/auth/token", { body: { username: login, password: password ?? "" } });
  const answer = status < 300 ? tryParse(text) : undefined;
  if (isJsonObject(answer) && typeof answer.access_token === "string") return `Bearer ${answer.access_token}`;
  const why = status === 401 || status === 403 ? "login or password is wrong" : `it answered ${status}`;
  throw new AirflowError(
    `Airflow gave no token for the login of connection "${id}" (${why}); a token of your own goes into the extra: {"token": "…"}`,
  );
}

function parse(text: string): Json {
  const value = text.trim() === "" ? null : tryParse(text);
  if (value === undefined) throw new AirflowError(`Airflow answered with what is no JSON: ${text.slice(0, 80)}`);
  return value;
}

function tryParse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function detailOf(text: string): string {
  const value = tryParse(text);
  const detail = isJsonObject(value) ? (value.detail ?? value.title) : undefined;
  const said = typeof detail === "string" ? detail : detail === undefined ? text : JSON.stringify(detail);
  return said.replaceAll(/\s+/g, " ").slice(0, 300);
}
