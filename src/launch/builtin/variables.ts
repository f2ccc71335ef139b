/** What a built-in reads from its environment: the same variables as any operator's script. */
import { EXIT } from "../../protocol/exit.ts";
import { BuiltinFailure } from "./failure.ts";

/** The text of a parameter; undefined when it was not given. The empty string counts as not given: no built-in has a use for it. */
export function textParam(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[`PARAM_${name.toUpperCase()}`];
  return text === undefined || text.trim() === "" ? undefined : text;
}

/** The text of a parameter that must be there. */
export function requiredParam(env: NodeJS.ProcessEnv, name: string): string {
  const text = textParam(env, name);
  if (text === undefined) throw new BuiltinFailure(EXIT.usage, `parameter "${name}" is missing (variable PARAM_${name.toUpperCase()})`);
  return text;
}

/** A list of texts (JSON in the variable); undefined when it was not given. */
export function listParam(env: NodeJS.ProcessEnv, name: string): readonly string[] | undefined {
  const text = textParam(env, name);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  } catch {
    // Not JSON: said below.
  }
  throw new BuiltinFailure(EXIT.badInput, `parameter "${name}" is not a list of texts such as ["a", "b"]: ${text}`);
}

/** The path of a port; `direction` is INPUT or OUTPUT. */
export function portPath(env: NodeJS.ProcessEnv, direction: "INPUT" | "OUTPUT", port: string): string {
  const variable = `${direction}_${port.toUpperCase()}`;
  const path = env[variable];
  if (path) return path;
  const code = direction === "INPUT" ? EXIT.missingInput : EXIT.badOutput;
  throw new BuiltinFailure(code, `${direction.toLowerCase()} "${port}" has no file (variable ${variable})`);
}
