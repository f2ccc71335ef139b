/**
 * Lays Python out as `ruff format` does, at its default width of 88. What fits on its line stays there; what does not is put one
 * item a line with a trailing comma, which ruff keeps. Long strings become several, one under the other.
 */
import { type Expression, quote } from "./python.ts";

export const lineWidth = 88;

const ascii = /^[\x20-\x7e]*$/;

/** Columns that the text may take: a character beyond ASCII counts two, so that no line is wider than it seems. */
function width(text: string): number {
  if (ascii.test(text)) return text.length;
  let columns = 0;
  for (const char of text) columns += char < "\x7f" ? 1 : 2;
  return columns;
}

/** The expression on one line. */
export function printFlat(expression: Expression): string {
  switch (expression.kind) {
    case "code":
      return expression.code;
    case "string":
      return quote(expression.text);
    case "call":
      return `${expression.callee}(${items(expression)
        .map(({ prefix, value }) => prefix + printFlat(value))
        .join(", ")})`;
    case "list":
      return `[${items(expression)
        .map(({ value }) => printFlat(value))
        .join(", ")}]`;
    case "dict":
      return `{${items(expression)
        .map(({ prefix, value }) => prefix + printFlat(value))
        .join(", ")}}`;
  }
}

/** `prefix` + expression + `suffix` as lines; the first is indented too. */
export function printLine(indent: number, prefix: string, expression: Expression, suffix = ""): string {
  const pad = " ".repeat(indent);
  if (indent + leastWidth(expression) > lineWidth && isBreakable(expression)) return printTall(indent, prefix, expression, suffix);
  const flat = printFlat(expression);
  if (indent + width(prefix + flat + suffix) <= lineWidth) return `${pad}${prefix}${flat}${suffix}`;
  if (expression.kind === "code") return `${pad}${prefix}${flat}${suffix}`;
  if (expression.kind === "string") return `${pad}${prefix}${printString(indent, expression.text)}${suffix}`;
  return printTall(indent, prefix, expression, suffix);
}

function isBreakable({ kind }: Expression): boolean {
  return kind === "call" || kind === "list" || kind === "dict";
}

/** Columns that the expression takes at least: what is wider than a line need not be printed to see that. */
function leastWidth(expression: Expression): number {
  const sum = (inside: readonly { readonly value: Expression }[]) => inside.reduce((columns, { value }) => columns + leastWidth(value), 2);
  switch (expression.kind) {
    case "code":
      return expression.code.length;
    case "string":
      return expression.text.length;
    case "call":
      return sum(expression.args);
    case "dict":
      return sum(expression.entries);
    case "list":
      return expression.items.reduce((columns, item) => columns + leastWidth(item), 2);
  }
}

/** The same, one item a line even when it would fit. */
export function printTall(indent: number, prefix: string, expression: Expression, suffix = ""): string {
  const inside = items(expression);
  const pad = " ".repeat(indent);
  if (inside.length === 0) return `${pad}${prefix}${printFlat(expression)}${suffix}`;
  const [open, close] = brackets(expression);
  let text = `${pad}${prefix}${open}\n`;
  for (const { prefix: name, value } of inside) text += `${printLine(indent + 4, name, value, ",")}\n`;
  return `${text}${pad}${close}${suffix}`;
}

interface Item {
  readonly prefix: string;
  readonly value: Expression;
}

function items(expression: Expression): readonly Item[] {
  switch (expression.kind) {
    case "call":
      return expression.args.map(({ name, value }) => ({ prefix: name === undefined ? "" : name === "**" ? "**" : `${name}=`, value }));
    case "dict":
      return expression.entries.map(({ key, value }) => ({ prefix: key === undefined ? "**" : `${quote(key)}: `, value }));
    case "list":
      return expression.items.map((value) => ({ prefix: "", value }));
    default:
      return [];
  }
}

function brackets(expression: Expression): readonly [open: string, close: string] {
  if (expression.kind === "call") return [`${expression.callee}(`, ")"];
  return expression.kind === "dict" ? ["{", "}"] : ["[", "]"];
}

/** A string that is too long for its line. Only ASCII is broken: ruff measures other scripts by tables of its own. */
function printString(indent: number, text: string): string {
  const flat = quote(text);
  if (!/^[\x20-\x7e]*$/.test(flat)) return flat;
  const room = lineWidth - indent - 4;
  const pieces = flat.length <= room ? [text] : splitText(text, room);
  if (pieces.length === 1 && flat.length > room) return flat;
  const pad = " ".repeat(indent);
  return `(\n${pieces.map((piece) => `${pad}    ${quote(piece)}\n`).join("")}${pad})`;
}

/**
 * Pieces whose literals fit in `room` where a line end, comma or space allows it. JSON is broken after commas, and each entry of a map
 * of maps begins a piece.
 */
function splitText(text: string, room: number): readonly string[] {
  const json = text.startsWith('{"') && text.endsWith("}");
  const pieces: string[] = [];
  for (const part of json ? mapEntries(text) : [text]) {
    let piece = "";
    for (const word of json ? splitJson(part, room) : splitWords(part)) {
      if (piece !== "" && (piece.endsWith("\n") || quote(piece + word).length > room)) {
        pieces.push(piece);
        piece = "";
      }
      piece += word;
    }
    if (piece !== "") pieces.push(piece);
  }
  return pieces;
}

function splitWords(text: string): readonly string[] {
  return text.match(/[^\n, ]*(?:\n|,? |$)|[^\n, ]*,/g) ?? [];
}

/** What lies between commas; by words only where that alone is too long for a line. */
function splitJson(text: string, room: number): readonly string[] {
  const parts = text.match(/.+?(?:, |$)/gs) ?? [];
  return parts.flatMap((part) => (quote(part).length > room ? splitWords(part) : [part]));
}

/** A JSON map of maps and lists, cut after the commas between its entries; a flat one in one piece. */
function mapEntries(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  let nested = false;
  // Texts inside the map are matched whole, so that their brackets do not count.
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]|, /g)) {
    if (token === "{" || token === "[") {
      nested ||= depth > 0;
      depth += 1;
    } else if (token === "}" || token === "]") depth -= 1;
    else if (token === ", " && depth === 1) {
      parts.push(text.slice(start, index + 2));
      start = index + 2;
    }
  }
  return nested ? [...parts, text.slice(start)] : [text];
}
