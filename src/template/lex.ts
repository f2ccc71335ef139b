/** Splits a template into tokens by Jinja's default rules (jinja2/lexer.py with trim_blocks, lstrip_blocks and keep_trailing_newline off). */
import type { Literal } from "./ast.ts";
import { unescapeJinja } from "./unescape.ts";

export type TokenKind =
  | "text"
  | "print-begin"
  | "print-end"
  | "block-begin"
  | "block-end"
  | "name"
  | "string"
  | "integer"
  | "float"
  | "operator"
  | "end";

/** `text` is the token as written (for `text` tokens: what is printed); `value` is a literal's value. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly offset: number;
  readonly end: number;
  readonly value?: Literal;
}

/** A syntax mistake at a place; caught by parseTemplate, which never throws. */
export class SyntaxProblem extends Error {
  readonly offset: number;
  readonly length: number;
  constructor(message: string, offset: number, length: number) {
    super(message);
    this.offset = offset;
    this.length = length;
  }
}

/** What Python's str.isspace() and `\s` call white space; JavaScript's `\s` differs at \x1c–\x1f, \x85 and \ufeff. */
export const PYTHON_SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const space = new RegExp(`[${PYTHON_SPACE}]+`, "y");
const trailingSpace = new RegExp(`[${PYTHON_SPACE}]+$`);
const opening = /\{[{%#][-+]?/g;
const rawBegin = new RegExp(`\\{%[-+]?[${PYTHON_SPACE}]*raw[${PYTHON_SPACE}]*(-%\\}[${PYTHON_SPACE}]*|%\\})`, "y");
const rawEnd = new RegExp(`\\{%([-+]?)[${PYTHON_SPACE}]*endraw[${PYTHON_SPACE}]*(?:\\+%\\}|-%\\}[${PYTHON_SPACE}]*|%\\})`, "g");
const printEnd = new RegExp(`-\\}\\}[${PYTHON_SPACE}]*|\\}\\}`, "y");
const blockEnd = new RegExp(`\\+%\\}|-%\\}[${PYTHON_SPACE}]*|%\\}`, "y");
const commentEnd = new RegExp(`\\+#\\}|-#\\}[${PYTHON_SPACE}]*|#\\}`, "g");
const float = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const name = /[\p{ID_Continue}]+/uy;
const identifier = /^[\p{ID_Start}_]/u;
const string = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const operator = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const closers: { readonly [open: string]: string } = { "{": "}", "(": ")", "[": "]" };

/** `\r\n` and `\r` become `\n`, as Jinja does before it reads anything. */
function normalizeNewlines(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}

/** Length of the template without the one newline at its end that Jinja drops. */
function lengthWithoutLastNewline(text: string): number {
  if (text.endsWith("\r\n")) return text.length - 2;
  return text.endsWith("\n") || text.endsWith("\r") ? text.length - 1 : text.length;
}

/** All tokens, the last of kind `end`. Throws SyntaxProblem. */
export function tokenize(source: string): Token[] {
  const text = source.slice(0, lengthWithoutLastNewline(source));
  const tokens: Token[] = [];
  const addText = (from: number, to: number, sign: string) => {
    let piece = normalizeNewlines(text.slice(from, to));
    if (sign === "-") piece = piece.replace(trailingSpace, "");
    if (piece !== "") tokens.push({ kind: "text", text: piece, offset: from, end: to });
  };
  let position = 0;
  while (position < text.length) {
    const found = matchAt(opening, text, position);
    if (found === null) {
      addText(position, text.length, "");
      break;
    }
    const begin = found.index;
    addText(position, begin, found[0].slice(2));
    const after = begin + found[0].length;
    const raw = matchAt(rawBegin, text, begin);
    if (raw !== null) {
      const end = matchAt(rawEnd, text, begin + raw[0].length);
      if (end === null) throw new SyntaxProblem("`{% raw %}` has no `{% endraw %}`", begin, raw[0].length);
      addText(begin + raw[0].length, end.index, end[1] ?? "");
      position = end.index + end[0].length;
    } else if (text[begin + 1] === "#") {
      const end = matchAt(commentEnd, text, after);
      if (end === null) throw new SyntaxProblem("the comment that `{#` begins has no `#}`", begin, 2);
      position = end.index + end[0].length;
    } else {
      position = tokenizeTag(text, begin, after, tokens);
    }
  }
  tokens.push({ kind: "end", text: "", offset: text.length, end: text.length });
  return tokens;
}

/** Tokens of one `{{ … }}` or `{% … %}`; returns where it ends. */
function tokenizeTag(text: string, begin: number, start: number, tokens: Token[]): number {
  const block = text[begin + 1] === "%";
  tokens.push({ kind: block ? "block-begin" : "print-begin", text: block ? "{%" : "{{", offset: begin, end: start });
  const open: string[] = [];
  let position = start;
  while (position < text.length) {
    if (open.length === 0) {
      const end = matchAt(block ? blockEnd : printEnd, text, position);
      if (end !== null) {
        tokens.push({
          kind: block ? "block-end" : "print-end",
          text: block ? "%}" : "}}",
          offset: position,
          end: position + end[0].length,
        });
        return position + end[0].length;
      }
    }
    const blank = matchAt(space, text, position);
    if (blank !== null) {
      position += blank[0].length;
      continue;
    }
    const token = readToken(text, position);
    if (token.kind === "operator") balance(token, open);
    tokens.push(token);
    position = token.end;
  }
  const wanted = open.length > 0 ? `\`${open[open.length - 1]}\`` : block ? "`%}`" : "`}}`";
  throw new SyntaxProblem(
    `the ${block ? "tag" : "expression"} that \`${block ? "{%" : "{{"}\` begins is not closed: ${wanted} is missing`,
    begin,
    2,
  );
}

function readToken(text: string, offset: number): Token {
  const float_ = matchAt(float, text, offset);
  if (float_ !== null) {
    return { kind: "float", text: float_[0], offset, end: offset + float_[0].length, value: Number(float_[0].replaceAll("_", "")) };
  }
  const integer_ = matchAt(integer, text, offset);
  if (integer_ !== null) {
    const digits = integer_[0].replaceAll("_", "");
    if (digits.length > 4300) throw new SyntaxProblem("Python reads integers of at most 4300 digits", offset, digits.length);
    return {
      kind: "integer",
      text: integer_[0],
      offset,
      end: offset + integer_[0].length,
      value: BigInt(/^0+$/.test(digits) ? 0 : digits),
    };
  }
  const name_ = matchAt(name, text, offset);
  if (name_ !== null) {
    if (!identifier.test(name_[0])) throw new SyntaxProblem(`\`${name_[0]}\` is not a name`, offset, name_[0].length);
    return { kind: "name", text: name_[0], offset, end: offset + name_[0].length };
  }
  const string_ = matchAt(string, text, offset);
  if (string_ !== null) {
    const read = unescapeJinja(normalizeNewlines(string_[0].slice(1, -1)));
    if (!read.ok) throw new SyntaxProblem(read.message, offset, string_[0].length);
    return { kind: "string", text: string_[0], offset, end: offset + string_[0].length, value: read.text };
  }
  const operator_ = matchAt(operator, text, offset);
  if (operator_ !== null) return { kind: "operator", text: operator_[0], offset, end: offset + operator_[0].length };
  const char = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  if (char === "'" || char === '"') throw new SyntaxProblem(`the string that ${char} begins is not closed`, offset, 1);
  throw new SyntaxProblem(`unexpected character \`${char}\``, offset, char.length);
}

function balance(token: Token, open: string[]): void {
  const closer = closers[token.text];
  if (closer !== undefined) {
    open.push(closer);
  } else if (token.text === ")" || token.text === "]" || token.text === "}") {
    const wanted = open.pop();
    if (wanted === undefined) throw new SyntaxProblem(`unexpected \`${token.text}\``, token.offset, 1);
    if (wanted !== token.text) throw new SyntaxProblem(`unexpected \`${token.text}\`, expected \`${wanted}\``, token.offset, 1);
  }
}
