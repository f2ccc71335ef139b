/** Python's string and number literals. Undefined: no JSON value, such as bytes, or not known before the program runs. */

const escapes: { readonly [char: string]: string } = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\n": "",
};

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
  return flags.includes("r") ? body : decodeEscapes(body);
}

function decodeEscapes(body: string): string | undefined {
  if (!body.includes("\\")) return body;
  let known = true;
  const text = body.replaceAll(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|N\{([^}]*)\}|([\s\S]))/g,
    (whole, hex, short, long, octal, name, char) => {
      const digits = hex ?? short ?? long;
      const point = digits === undefined ? (octal === undefined ? undefined : Number.parseInt(octal, 8)) : Number.parseInt(digits, 16);
      if (point !== undefined && point <= 0x10ffff) return String.fromCodePoint(point);
      if (name !== undefined || point !== undefined) known = false;
      return Object.hasOwn(escapes, char) ? (escapes[char] ?? "") : whole;
    },
  );
  return known ? text : undefined;
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
