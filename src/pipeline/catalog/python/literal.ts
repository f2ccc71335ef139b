/** Python's string and number literals. Undefined: no JSON value, such as bytes, or not known before the program runs. */

import { unescapePython } from "../../../template/unescape.ts";

/** The text of `r"…"`, `'''…'''` and the like; an f-string only when nothing is put into it. */
export function readString(source: string): string | undefined {
  const match = /^([A-Za-z]*)("""|'''|"|')/.exec(source);
  if (match === null) return undefined;
  const [head, prefix = "", quotes = ""] = match;
  const flags = prefix.toLowerCase();
  if (flags.includes("b") || flags.includes("t") || !source.endsWith(quotes)) return undefined;
  let body = source.slice(head.length, source.length - quotes.length).replaceAll(/\r\n?/g, "\n");
  if (flags.includes("f")) {
    if (/[{}]/.test(body.replaceAll(/\{\{|\}\}/g, ""))) return undefined;
    body = body.replaceAll("{{", "{").replaceAll("}}", "}");
  }
  if (flags.includes("r")) return body;
  const read = unescapePython(body);
  return read.ok ? read.text : undefined;
}

/** Exact numbers only: what a double cannot hold is not guessed. */
export function readNumber(source: string): number | undefined {
  const text = source.replaceAll("_", "");
  if (/[jJ]$/.test(text)) return undefined;
  const whole = /^(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9]+)$/.test(text);
  const value = Number(text);
  if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) return undefined;
  return value;
}
