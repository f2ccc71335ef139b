/** What a script sees: a short list of the worker's variables, the job's own, and its ports, parameters and connections. */
import { join } from "node:path";
import { EXIT } from "../protocol/exit.ts";
import type { Json } from "../protocol/json.ts";
import type { Request } from "../protocol/request.ts";
import { variableName } from "../protocol/request-env.ts";
import { Failure } from "./failure.ts";
import type { Scratch } from "./scratch.ts";

type Variables = { readonly [name: string]: string };

const passed = new Set(["PATH", "HOME", "LANG", "LANGUAGE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]);
const passedPattern = /^(LC_[A-Z]+|(https?|ftp|all|no)_proxy|(PIP|UV)_[A-Z0-9_]+|NPM_CONFIG_REGISTRY|NODE_EXTRA_CA_CERTS)$/i;

/** Linux: one `NAME=value` and its NUL may not be longer. */
const longest = 128 * 1024;

/** The variables of the calling process that every child gets. */
export function passedVariables(env: NodeJS.ProcessEnv): Variables {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const kept = Object.fromEntries(entries.filter(([name]) => passed.has(name) || passedPattern.test(name)));
  return { PATH: "/usr/local/bin:/usr/bin:/bin", ...kept };
}

/** Where the outputs of `request` are to be written. */
export function outputPaths(request: Request, folder: string): Variables {
  return Object.fromEntries(Object.entries(request.outputs).map(([port, output]) => [port, join(folder, `${port}${output.extension}`)]));
}

export interface Ports {
  readonly inputs: Variables;
  readonly outputs: Variables;
}

/** All variables of the script. `path`: folders in front of PATH. Throws a Failure for a value that no variable can hold. */
export function scriptVariables(
  request: Request,
  env: NodeJS.ProcessEnv,
  scratch: Scratch,
  ports: Ports,
  connections: ReadonlyMap<string, string>,
  more: Variables,
  path: readonly string[],
): Variables {
  const variables: Record<string, string> = { ...passedVariables(env), PYTHONUNBUFFERED: "1", ...request.env, ...more };
  variables.PATH = [...path, variables.PATH].join(":");
  variables.TMPDIR = scratch.tmp;
  variables.TRADEWIND_TASK_FILE = scratch.taskFile;
  for (const [port, file] of Object.entries(ports.inputs)) variables[variableName("INPUT", port)] = file;
  for (const [port, file] of Object.entries(ports.outputs)) variables[variableName("OUTPUT", port)] = file;
  for (const [name, { value }] of Object.entries(request.params)) {
    if (value === null) continue;
    const text = variableText(value);
    const variable = variableName("PARAM", name);
    const size = Buffer.byteLength(`${variable}=${text}`) + 1;
    if (size > longest) {
      throw unfit(
        `parameter "${name}" is ${size} bytes; an environment variable holds 131072 at most, so put it into a file and bind that to an input`,
      );
    }
    variables[variable] = text;
  }
  for (const [name, value] of connections) variables[name] = value;
  for (const [name, value] of Object.entries(variables)) {
    if (value.includes("\0")) throw unfit(`${name} holds a NUL character, which no environment variable can carry`);
  }
  return variables;
}

function variableText(value: Exclude<Json, null>): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The same for programs that would rather read one file (TRADEWIND_TASK_FILE). Without connections: it lies on the disk. */
export function taskFileText(request: Request, ports: Ports): string {
  const params = Object.fromEntries(Object.entries(request.params).map(([name, { value }]) => [name, value]));
  const { dag_id, run_id, logical_date, task, operator } = request;
  return `${JSON.stringify({ proto: 1, dag_id, run_id, logical_date, task, operator, params, ...ports }, null, 2)}\n`;
}

function unfit(message: string): Failure {
  return new Failure({ reason: "bad-parameter", origin: "script", retryable: false, exit_code: EXIT.badInput, message });
}
