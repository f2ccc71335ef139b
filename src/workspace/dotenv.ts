/** The workspace's .env file: connections and variables for local runs, never committed. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A line of .env that cannot be read. */
export interface EnvProblem {
  readonly problem: string;
}

/**
 * `KEY=VALUE` lines. `#` begins a comment on a line of its own or after white space behind an unquoted value; `export ` before
 * the key is allowed; `'…'` is literal, `"…"` knows \n, \t, \r, \", \\ and \$. Nothing is expanded: a password may hold any sign.
 */
export function parseEnv(text: string): Map<string, string> | EnvProblem {
  const values = new Map<string, string>();
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line);
    const value = match?.[2] === undefined ? undefined : readValue(match[2]);
    // The line itself may hold a password: it is never shown.
    if (match?.[1] === undefined || value === undefined)
      return { problem: `.env:${index + 1}: expected KEY=VALUE, KEY='VALUE' or KEY="VALUE"` };
    values.set(match[1], value);
  }
  return values;
}

function readValue(text: string): string | undefined {
  if (text.startsWith("'")) return /^'([^']*)'\s*(?:#.*)?$/.exec(text)?.[1];
  if (text.startsWith('"')) {
    const body = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text)?.[1];
    return body?.replace(/\\(.)/g, (_, char: string) => ({ n: "\n", t: "\t", r: "\r" })[char] ?? char);
  }
  return text.replace(/\s+#.*$/, "").trimEnd();
}

/** The environment of a local run: .env below the environment of this process. */
export function readEnvironment(root: string, env: NodeJS.ProcessEnv): { readonly env: NodeJS.ProcessEnv } | EnvProblem {
  const path = join(root, ".env");
  if (!existsSync(path)) return { env };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { problem: `.env cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
  const values = parseEnv(text);
  return values instanceof Map ? { env: { ...Object.fromEntries(values), ...env } } : values;
}
