/** What pip and uv are told about where packages come from, when the settings say it. */
import { indexVariables } from "../protocol/package-index.ts";
import type { PackageIndexPlan } from "../protocol/plan.ts";
import { readConnection } from "./builtin/connection.ts";
import { BuiltinFailure } from "./builtin/failure.ts";
import { missingConnection } from "./connections.ts";
import { Failure } from "./failure.ts";

type Variables = { readonly [name: string]: string };

/** What a worker may be set to, which the settings replace as a whole: half of it would be an index that nobody chose. */
const replaced = /^(PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX)|UV_(INDEX|DEFAULT_INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS))$/i;

/** `env` for an installer that is to ask `index` and nobody else. `connection`: the text of its connection. Throws a Failure. */
export function installerEnvironment(env: Variables, index: PackageIndexPlan, connection: string | undefined): Variables {
  if (index.connection !== undefined && connection === undefined) throw missingConnection(index.connection);
  const login = index.connection === undefined || connection === undefined ? undefined : loginOf(index.connection, connection);
  const kept = Object.entries(env).filter(([name]) => !replaced.test(name));
  const variables = indexVariables(index, login);
  const { PIP_INDEX_URL } = variables;
  return {
    // An interpreter that uv would fetch comes from elsewhere; that is for the machine's administrator to allow.
    ...(env.UV_PYTHON_INSTALL_MIRROR === undefined && { UV_PYTHON_DOWNLOADS: "never" }),
    ...Object.fromEntries(kept),
    // As pip does: of all indexes the newest version, not all versions of the first index that knows the name.
    UV_INDEX_STRATEGY: "unsafe-best-match",
    // Against further indexes in pip's configuration files, which an empty variable would not replace.
    ...(PIP_INDEX_URL !== undefined && { PIP_EXTRA_INDEX_URL: PIP_INDEX_URL }),
    ...variables,
  };
}

/** `user:password`, percent-encoded. */
function loginOf(id: string, value: string): string {
  try {
    const { login = "", password } = readConnection({ [`AIRFLOW_CONN_${id.toUpperCase()}`]: value }, id);
    return `${encode(login)}${password === undefined ? "" : `:${encode(password)}`}`;
  } catch (error) {
    if (!(error instanceof BuiltinFailure)) throw error;
    const { message, exitCode } = error;
    throw new Failure({ reason: "missing-connection", origin: "platform", retryable: true, exit_code: exitCode, message });
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
