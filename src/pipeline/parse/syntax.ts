/** What a person did when YAML says no more than where it stumbled: the slip, by the line on which it is, and how to mend it. */
import { Composer, Parser } from "yaml";
import type { Fix, Note, Span } from "../../protocol/diagnostic.ts";
import type { Code } from "../codes.ts";
import { quote } from "./report.ts";

export interface Slip {
  readonly code: Code;
  readonly span: Span;
  readonly message: string;
  readonly notes?: readonly Note[];
  readonly fix?: Fix;
}

/** `- key: `, and what is written after it. */
const keyed =
  /^(?<before>\s*(?:- +)*(?:(?<key>[^\s"'{}[\],#&*!|>%@`:-][^:#"'{}[\]]*|"[^"]*"|'[^']*') *:(?<space> +)|(?:- +)))(?<value>\S.*)$/;
/** A template that is one value in a list or map on one line. */
const inFlow = /(?<=[:[,]\s*)\{\{.*?\}\}[^,\]}"']*/;

/** A longer line is no person's, and looking for slips in it would take long. */
const longestLine = 1000;

/** The slip on the line at `offset`, where YAML found the fault `code`; undefined when none is known. */
export function findSlip(file: string, text: string, offset: number, code: string): Slip | undefined {
  const start = text.lastIndexOf("\n", Math.min(offset, text.length) - 1) + 1;
  const line = text.slice(start, endOfLine(text, start));
  const span = (from: number, length: number): Span => ({ file, start: start + from, end: start + from + length });
  if (line.length > longestLine) return undefined;
  if (code === "MISSING_CHAR" && offset >= text.length) return unclosedQuote(file, text);
  const glued = /^(\s*(?:- +)*)([A-Za-z_][\w-]*):(?=[^\s:/])/.exec(line);
  if (glued) {
    const [whole, before = "", key = ""] = glued;
    const fix = { title: "put a space there", edits: [{ span: span(whole.length, 0), text: " " }] };
    return { code: "yaml-syntax", span: span(before.length, key.length + 1), message: `there is no space after \`${key}:\``, fix };
  }
  const next = text.slice(endOfLine(text, start)).replace(/^\r?\n/, "");
  const deeper = /^( +)([^\s#:]+):( |\r?\n|$)/.exec(next);
  const own = /^( *)([^\s#:"'-][^:]*): +[^\s|>&*#]/.exec(line);
  if (code === "BLOCK_AS_IMPLICIT_KEY" && deeper && own && (deeper[1] ?? "").length > (own[1] ?? "").length) {
    const at = text.length - next.length + (deeper[1] ?? "").length;
    const key = deeper[2] ?? "";
    const message = `\`${key}\` is indented deeper than \`${own[2]}\` above it, which has a value already`;
    return { code: "yaml-syntax", span: { file, start: at, end: at + key.length }, message };
  }
  const { before = "", value: written = "" } = keyed.exec(line)?.groups ?? {};
  const value = withoutComment(written);
  const whole = span(before.length, value.length);
  if (/^\{[{%#]/.test(value)) return unquotedTemplate(value, whole);
  const template = inFlow.exec(line);
  if (template && !/["']/.test(line.slice(0, template.index))) {
    const found = template[0].trimEnd();
    return unquotedTemplate(found, span(template.index, found.length));
  }
  const [first = ""] = value;
  if ("@`%".includes(first) && first !== "") {
    return {
      code: "yaml-syntax",
      span: whole,
      message: `a text that begins with ${first === "`" ? "a backtick" : `\`${first}\``} stands in quotes`,
      fix: quoteFix(value, whole),
    };
  }
  if (code === "BLOCK_AS_IMPLICIT_KEY" && /: |:$/.test(value) && !/^[[{]/.test(value)) {
    return {
      code: "yaml-syntax",
      span: whole,
      message: "a text with a colon and a space in it stands in quotes",
      fix: quoteFix(value, whole),
    };
  }
  if (code === "UNEXPECTED_TOKEN" && /^(["']).*\1\s*\S/.test(value)) {
    return {
      code: "yaml-syntax",
      span: whole,
      message: "something stands after the closing quote; put the whole text into quotes",
      fix: quoteFix(value, whole),
    };
  }
  return undefined;
}

/** The diagnostic of a `{{ … }}` that YAML reads as a map. */
export function unquotedTemplate(text: string, span: Span): Slip {
  const quoted = quoteText(text);
  const message = `YAML reads a text that begins with \`{\` as a map; a template stands in quotes: ${quote(quoted)}`;
  return { code: "unquoted-template", span, message, fix: quoteFix(text, span) };
}

function quoteFix(text: string, span: Span): Fix {
  return { title: "put it into quotes", edits: [{ span, text: quoteText(text) }] };
}

/** As YAML's quotes hold it, whichever need no escape. */
function quoteText(text: string): string {
  return /["\\]/.test(text) ? `'${text.replaceAll("'", "''")}'` : `"${text}"`;
}

/** A `#` inside of a template is none. */
function withoutComment(value: string): string {
  const end = Math.max(value.lastIndexOf("}}"), value.lastIndexOf("%}"), 0);
  const comment = /\s+#.*$/.exec(value.slice(end));
  return value.slice(0, comment ? end + comment.index : value.length).trimEnd();
}

/** YAML tells of it at the end of the file; it is on the first line that has a quote too many. */
function unclosedQuote(file: string, text: string): Slip | undefined {
  for (let start = 0; start < text.length; start = endOfLine(text, start) + 1) {
    const line = text.slice(start, endOfLine(text, start));
    if (line.length > longestLine) continue;
    const value = keyed.exec(line)?.groups?.value ?? "";
    const [mark = ""] = value;
    if ((mark !== '"' && mark !== "'") || value.replaceAll(`\\${mark}`, "").split(mark).length % 2 === 1) continue;
    const at = start + line.length - value.length;
    return {
      code: "yaml-syntax",
      span: { file, start: at, end: at + value.length },
      message: `the text that begins here has no closing \`${mark}\``,
    };
  }
  return undefined;
}

/** Where a bracket was opened that is still open at `offset`. */
export function openBracket(file: string, text: string, offset: number): Note | undefined {
  const open: number[] = [];
  for (let at = Math.max(0, offset - 5000); at < offset; at += 1) {
    if ("[{".includes(text[at] ?? "")) open.push(at);
    else if ("]}".includes(text[at] ?? "")) open.pop();
  }
  const last = open.at(-1);
  return last === undefined ? undefined : { message: `\`${text[last]}\` is opened here`, span: { file, start: last, end: last + 1 } };
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  const line = end < 0 ? text.length : end;
  return text[line - 1] === "\r" && line > start ? line - 1 : line;
}

/**
 * Spaces for the tabs that indent: as many for each as make the text one that can be read. Undefined when that is possible in two ways that
 * mean something different, or in none.
 */
export function untab(file: string, text: string): Fix | undefined {
  const tabs = indentingTabs(text);
  const ways = [2, 4, 8].flatMap((width) => {
    let read = "";
    let at = 0;
    for (const tab of tabs) {
      read += text.slice(at, tab) + " ".repeat(width);
      at = tab + 1;
    }
    const meaning = meaningOf(read + text.slice(at));
    return meaning === undefined ? [] : [{ width, meaning }];
  });
  const [way] = ways;
  if (way === undefined || ways.some(({ meaning }) => meaning !== way.meaning)) return undefined;
  const edits: { span: Span; text: string }[] = [];
  for (const tab of tabs) {
    const last = edits.at(-1);
    const before = last?.span.end === tab ? edits.pop() : undefined; // neighbours are one edit
    edits.push({ span: { file, start: before?.span.start ?? tab, end: tab + 1 }, text: (before?.text ?? "") + " ".repeat(way.width) });
  }
  return { title: "indent by spaces", edits };
}

/** Offsets of the tabs before the first character of a line; those in a text of several lines are its own. */
function indentingTabs(text: string): readonly number[] {
  const tabs: number[] = [];
  let block: number | undefined;
  for (let start = 0; start < text.length; start = text.indexOf("\n", start) < 0 ? text.length : text.indexOf("\n", start) + 1) {
    const line = text.slice(start, endOfLine(text, start));
    const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
    if (line.length === indent.length) continue;
    if (block !== undefined && indent.length > block) continue;
    block = /(^|[:-] +)[|>][-+0-9]*\s*(#.*)?$/.test(line) ? indent.length : undefined;
    for (let at = 0; at < indent.length; at += 1) if (indent[at] === "\t") tabs.push(start + at);
  }
  return tabs;
}

function meaningOf(text: string): string | undefined {
  const composer = new Composer({ version: "1.2", schema: "core", uniqueKeys: false, prettyErrors: false, logLevel: "silent" });
  const [document] = [...composer.compose([...new Parser().parse(text)], true, text.length)];
  if (document === undefined || document.errors.length > 0) return undefined;
  try {
    return JSON.stringify(document.toJS({ maxAliasCount: 100 }));
  } catch {
    return undefined; // aliases without end, which are told of otherwise
  }
}
