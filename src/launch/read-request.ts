/** The request of a launcher that was started as a process: from a file, or open in its environment. */
import { readFileSync } from "node:fs";
import { EXIT } from "../protocol/exit.ts";
import { isJsonObject, type Json } from "../protocol/json.ts";
import { PROTO, type Request } from "../protocol/request.ts";
import { decodeRequest, type RequestProblem } from "../protocol/request-env.ts";

/** The request in the JSON file `file`, or else in `env`. */
export function readRequest(file: string | undefined, env: NodeJS.ProcessEnv): Request | RequestProblem {
  return file === undefined ? decodeRequest(env) : readRequestFile(file);
}

function readRequestFile(file: string): Request | RequestProblem {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return problem(`the request ${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return problem(`the request ${file} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isJsonObject(value)) return problem(`the request ${file} is not a JSON map`);
  if (value.proto !== PROTO) {
    const advice = Number(value.proto) > PROTO ? "install a newer tradewind" : "write it anew";
    return problem(
      `the request ${file} speaks protocol ${JSON.stringify(value.proto)} and this launcher ${PROTO}: ${advice}`,
      EXIT.protocol,
    );
  }
  for (const [field, kind] of Object.entries(fields)) {
    if (kindOf(value[field]) !== kind) return problem(`the request ${file}: "${field}" must be a ${kind}, found ${kindOf(value[field])}`);
  }
  // Its parts are what this program has written; a value of another shape shows where it is used.
  return value as unknown as Request;
}

const fields: { readonly [name in keyof Request]?: string } = {
  dag_id: "string",
  run_id: "string",
  task: "string",
  operator: "string",
  operator_digest: "string",
  script: "string",
  params: "map",
  inputs: "map",
  outputs: "map",
  connections: "list",
  env: "map",
  limits: "map",
  effects: "string",
  cache: "map",
  store: "map",
  tries: "map",
};

function kindOf(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "list";
  return isJsonObject(value) ? "map" : value === null ? "null" : typeof value;
}

function problem(text: string, exit_code: number = EXIT.usage): RequestProblem {
  return { problem: text, reason: "bad-request", exit_code };
}
