/** Airflow's connection of type `aws`, as a URI or as JSON: credentials, region and endpoint of an S3 store. */
import { isMap } from "../protocol/json.ts";
import { StoreError } from "./store.ts";

export interface S3Connection {
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  readonly region?: string;
  readonly endpoint?: string;
  /** Profile of the shared files of AWS. */
  readonly profile?: string;
}

/** The connection `id` in the environment, as it travels in dag.py or as Airflow names it; undefined when it is not there. */
function connectionText(id: string, env: NodeJS.ProcessEnv): string | undefined {
  const travelling = `TRADEWIND_SECRET_CONN_${id.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
  return env[travelling] || env[`AIRFLOW_CONN_${id.toUpperCase()}`] || undefined;
}

/** Throws StoreError "denied" in a sentence that shows nothing of the text. */
export function readConnection(id: string, env: NodeJS.ProcessEnv): S3Connection {
  const text = connectionText(id, env);
  const variable = `AIRFLOW_CONN_${id.toUpperCase()}`;
  if (text === undefined) {
    throw new StoreError(
      "denied",
      `the store's connection "${id}" is not there: set ${variable} in the environment or in .env, as aws://KEY_ID:SECRET_KEY@/?region_name=REGION (percent-encode / in the secret as %2F), or make it in Airflow`,
    );
  }
  const refuse = (what: string) => new StoreError("denied", `the store's connection "${id}" ${what}`);
  const fields = text.trimStart().startsWith("{") ? readJson(text) : readUri(text);
  if (fields === undefined) {
    throw refuse(
      "cannot be read: it must be aws://KEY_ID:SECRET_KEY@/?region_name=REGION, with / and @ in the secret percent-encoded, or JSON with conn_type, login and password",
    );
  }
  const { type, login, password, extra } = fields;
  if (!["aws", "s3", "amazon-web-services", "amazon_web_services", ""].includes(type)) throw refuse(`is of type ${type}, not aws`);
  if ((login === "") !== (password === ""))
    throw refuse(`has ${login === "" ? "no login (the access key id)" : "no password (the secret access key)"}`);
  const unsupported = ["role_arn", "assume_role_method"].find((name) => textAt(extra, name) !== undefined);
  if (unsupported !== undefined)
    throw refuse(
      `has ${unsupported} in its extra, which is not read: name a profile that assumes the role by profile_name, or give the worker that role`,
    );
  const token = textAt(extra, "aws_session_token");
  const service = mapAt(mapAt(extra, "service_config"), "s3");
  return {
    ...(login !== "" && {
      credentials: { accessKeyId: login, secretAccessKey: password, ...(token !== undefined && { sessionToken: token }) },
    }),
    ...optional("region", textAt(extra, "region_name")),
    ...optional("endpoint", textAt(service, "endpoint_url") ?? textAt(extra, "endpoint_url")),
    ...optional("profile", textAt(extra, "profile_name")),
  };
}

interface Fields {
  readonly type: string;
  readonly login: string;
  readonly password: string;
  readonly extra: Extra;
}

type Extra = { readonly [name: string]: unknown };

function readUri(text: string): Fields | undefined {
  const found = /^([A-Za-z][A-Za-z0-9+._-]*):\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^@/?#]*)(?:\/[^@?#]*)?(?:\?([^#]*))?$/.exec(
    text.trim(),
  );
  if (found === null) return undefined;
  const [, type = "", login = "", password = "", , query = ""] = found;
  const given: Record<string, unknown> = Object.fromEntries(new URLSearchParams(query));
  const nested = typeof given.__extra__ === "string" ? parseMap(given.__extra__) : {};
  try {
    return {
      type: type.toLowerCase(),
      login: decodeURIComponent(login),
      password: decodeURIComponent(password),
      extra: { ...given, ...nested },
    };
  } catch {
    return undefined;
  }
}

function readJson(text: string): Fields | undefined {
  const value = parseMap(text);
  if (value === undefined) return undefined;
  const extra = typeof value.extra === "string" ? parseMap(value.extra) : isMap(value.extra) ? value.extra : {};
  return {
    type: (textAt(value, "conn_type") ?? "").toLowerCase(),
    login: textAt(value, "login") ?? "",
    password: textAt(value, "password") ?? "",
    extra: extra ?? {},
  };
}

function parseMap(text: string): Extra | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textAt(map: Extra, name: string): string | undefined {
  const value = map[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A map, or JSON of one in a text, as Airflow's form makes it. */
function mapAt(map: Extra, name: string): Extra {
  const value = map[name];
  if (typeof value === "string") return parseMap(value) ?? {};
  return isMap(value) ? value : {};
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [name in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [name in K]?: string };
}
