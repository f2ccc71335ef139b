/** Backslash escapes of a string literal, as Python reads them, and as Jinja does. */

export type Unescaped = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

const simple: { readonly [char: string]: string } = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const digitsOf: { readonly [char: string]: number } = { x: 2, u: 4, U: 8 };

/** As Jinja reads them: `encode("ascii", "backslashreplace").decode("unicode-escape")`. */
export function unescapeJinja(body: string): Unescaped {
  // What is not ASCII it escapes first, so that the backslash meets the escape's own backslash.
  return unescapePython(body, (char) => ((char.codePointAt(0) ?? 0) > 127 ? escapeCodePoint(char) : char));
}

/** The text between the quotes with its escapes replaced; an escape that Python does not know stays, as `unknown` writes its letter. */
export function unescapePython(body: string, unknown: (char: string) => string = (char) => char): Unescaped {
  if (!body.includes("\\")) return { ok: true, text: body };
  let text = "";
  let position = 0;
  while (position < body.length) {
    const slash = body.indexOf("\\", position);
    if (slash < 0) {
      text += body.slice(position);
      break;
    }
    text += body.slice(position, slash);
    const char = String.fromCodePoint(body.codePointAt(slash + 1) ?? 0);
    const digits = digitsOf[char];
    const octal = /^[0-7]{1,3}/.exec(body.slice(slash + 1, slash + 4));
    if (octal !== null) {
      text += String.fromCharCode(Number.parseInt(octal[0], 8));
      position = slash + 1 + octal[0].length;
    } else if (digits !== undefined) {
      const hex = body.slice(slash + 2, slash + 2 + digits);
      if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) {
        return { ok: false, message: `\`\\${char}${hex}\` is cut short: \`\\${char}\` takes ${digits} hexadecimal digits` };
      }
      const code = Number.parseInt(hex, 16);
      if (code > 0x10ffff) return { ok: false, message: `\`\\${char}${hex}\` is no Unicode character` };
      text += String.fromCodePoint(code);
      position = slash + 2 + digits;
    } else if (char === "N") {
      return {
        ok: false,
        message: "characters by name (`\\N{…}`) are not read here: write the character itself, or `\\u` with its number",
      };
    } else {
      text += Object.hasOwn(simple, char) ? simple[char] : `\\${unknown(char)}`;
      position = slash + 1 + char.length;
    }
  }
  return { ok: true, text };
}

function escapeCodePoint(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x100) return `x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `u${code.toString(16).padStart(4, "0")}` : `U${code.toString(16).padStart(8, "0")}`;
}
