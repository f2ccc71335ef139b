/**
 * Text to Node. YAML 1.2 core with merge keys; whatever a person could not have meant, or other readers would read otherwise,
 * is a diagnostic. Never throws, whatever the text.
 */
import { Composer, type CST, type Document, isAlias, isMap, isScalar, Parser, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import type { Span } from "../../protocol/diagnostic.ts";
import type { Entry, Node } from "./node.ts";
import { quote, type Report } from "./report.ts";
import { checkCharacters, checkOlderYaml } from "./scalars.ts";
import { findSlip, openBracket, unquotedTemplate, untab } from "./syntax.ts";

/** UTF-16 units; no person writes a larger pipeline, and reading it would take seconds. */
const largestText = 1_000_000;
const deepestNesting = 100;
/** Nodes that aliases may add to a file, so that a bomb of a few lines stays a few lines. */
const aliasBudget = 50_000;
/** One slip can make a parser complain at every following line. */
const mostSyntaxErrors = 5;

export interface Yaml {
  /** Absent when the file is empty or its syntax is broken. */
  readonly root?: Node;
  /** True when what is in the file is not known: nothing should be said about what it lacks. */
  readonly broken: boolean;
}

/** What the yaml package makes: node types of which only these four kinds occur. */
type Parsed = Scalar | YAMLMap | YAMLSeq | import("yaml").Alias | null | undefined;

export function parseYaml(file: string, text: string, report: Report): Yaml {
  const broken = { broken: true };
  if (text.length > largestText) {
    const size = `${(text.length / 1_000_000).toFixed(1)} million characters`;
    report(
      "file-too-large",
      { file, start: 0, end: 0 },
      `${file} has ${size}; a file of a workspace may have ${largestText / 1_000_000} million`,
    );
    return broken;
  }
  const documents = compose(file, text, report);
  if (documents === undefined) return broken;
  const [document, second] = documents;
  if (document === undefined) return { broken: false };
  if (second !== undefined) {
    const start = Math.min(second.range?.[0] ?? text.length, text.length);
    const message = "a file holds one YAML document, and here a second one begins; put it into a file of its own";
    report("yaml-documents", { file, start, end: Math.min(start + 3, text.length) }, message);
  }
  if (reportErrors(file, text, document, report)) return broken;
  const contents = document.contents as Parsed;
  if (contents === null || contents === undefined) return { broken: false };
  return { root: new Converter(file, text, report).convert(contents, 0), broken: false };
}

/** Composing recurses, so the depth is measured on the flat tokens first. */
function compose(file: string, text: string, report: Report): Document.Parsed[] | undefined {
  const tokens = [...new Parser().parse(text)];
  const deep = tooDeep(tokens);
  if (deep !== undefined) {
    const message = `this is nested more than ${deepestNesting} levels deep; is a bracket or an indentation wrong?`;
    report("yaml-too-deep", { file, start: deep, end: Math.min(deep + 1, text.length) }, message);
    return undefined;
  }
  const composer = new Composer({ version: "1.2", schema: "core", uniqueKeys: false, prettyErrors: false, logLevel: "silent" });
  return [...composer.compose(tokens, true, text.length)] as Document.Parsed[];
}

function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  let level: CST.Token[] = tokens.map((token) => (token.type === "document" ? (token.value ?? token) : token));
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepestNesting) return level.at(-1)?.offset;
    const below: CST.Token[] = [];
    for (const token of level) {
      if (!("items" in token)) continue;
      for (const { key, value } of token.items) {
        if (key) below.push(key);
        if (value) below.push(value);
      }
    }
    level = below;
  }
  return undefined;
}

function reportErrors(file: string, text: string, document: Document.Parsed, report: Report): boolean {
  const inside = (offset: number) => Math.max(0, Math.min(offset, text.length));
  const lines = new Set<number>();
  const tabs = document.errors.some(({ code }) => code === "TAB_AS_INDENT") ? untab(file, text) : undefined;
  let broken = false;
  for (const { code, message, pos } of document.errors) {
    if (code === "TAG_RESOLVE_FAILED") continue; // said where the tag is
    broken = true;
    const start = inside(pos[0]);
    const slip = code === "TAB_AS_INDENT" ? undefined : findSlip(file, text, start, code);
    const line = text.lastIndexOf("\n", (slip?.span.start ?? start) - 1);
    if (lines.has(line) || lines.size === mostSyntaxErrors) continue;
    lines.add(line).add(text.lastIndexOf("\n", start - 1));
    const span = { file, start, end: Math.max(start, inside(pos[1])) };
    if (slip) report(slip.code, slip.span, slip.message, slip);
    else if (code === "TAB_AS_INDENT")
      report("yaml-tab", span, "a tab is used as indentation; YAML takes only spaces", tabs ? { fix: tabs } : {});
    else {
      const opened = /^flow (map|seq)/i.test(message) ? openBracket(file, text, start) : undefined;
      const notes = opened ? [opened] : [];
      report("yaml-syntax", span, `this is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`, { notes });
    }
  }
  return broken;
}

class Converter {
  readonly #file: string;
  readonly #text: string;
  readonly #report: Report;
  readonly #anchors = new Map<string, Node | "open">();
  readonly #sizes = new Map<Node, number>();
  #budget = aliasBudget;

  constructor(file: string, text: string, report: Report) {
    this.#file = file;
    this.#text = text;
    this.#report = report;
  }

  /** `at` is where an absent value would stand. */
  convert(parsed: Parsed, at: number): Node {
    if (parsed === null || parsed === undefined) return { kind: "scalar", value: null, text: "", span: this.#span(at, at) };
    const span = this.#spanOf(parsed);
    if (isAlias(parsed)) return this.#alias(parsed.source, span);
    if (parsed.tag !== undefined) {
      const message = `the tag ${quote(parsed.tag)} is not read; write the value itself, quoted if it is a text`;
      this.#report("yaml-tag", span, message);
    }
    const { anchor } = parsed;
    if (anchor !== undefined) this.#anchors.set(anchor, "open");
    const node = isScalar(parsed)
      ? this.#scalar(parsed, span)
      : isMap(parsed)
        ? (this.#template(parsed, span) ?? this.#map(parsed, span))
        : this.#list(parsed as YAMLSeq, span);
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #span(start: number, end: number): Span {
    const inside = (offset: number) => Math.max(0, Math.min(offset, this.#text.length));
    return { file: this.#file, start: inside(start), end: Math.max(inside(start), inside(end)) };
  }

  #spanOf(parsed: { range?: readonly [number, number, number] | null | undefined }): Span {
    return this.#span(parsed.range?.[0] ?? 0, parsed.range?.[1] ?? 0);
  }

  #alias(name: string, span: Span): Node {
    const nothing: Node = { kind: "scalar", value: null, text: "", span };
    const target = this.#anchors.get(name);
    if (target === undefined || target === "open") {
      const message =
        target === "open"
          ? `\`*${name}\` stands inside of \`&${name}\`, so it would have no end`
          : `no \`&${name}\` stands before \`*${name}\``;
      this.#report("yaml-alias", span, message);
      return nothing;
    }
    const before = this.#budget;
    this.#budget -= this.#size(target);
    if (this.#budget < 0) {
      if (before >= 0) this.#report("yaml-alias", span, `with \`*${name}\` the aliases of this file add more than ${aliasBudget} values`);
      return nothing;
    }
    return { ...target, via: target.span, span };
  }

  #size(node: Node): number {
    if (node.kind === "scalar") return 1;
    const known = this.#sizes.get(node);
    if (known !== undefined) return known;
    const children = node.kind === "list" ? node.items : node.entries.map(({ value }) => value);
    const size = children.reduce((sum, child) => sum + this.#size(child), 1);
    this.#sizes.set(node, size);
    return size;
  }

  #scalar(scalar: Scalar, span: Span): Node {
    const { value } = scalar;
    const text = scalar.source ?? this.#text.slice(span.start, span.end);
    if (scalar.type === "PLAIN") checkOlderYaml(text, span, this.#report);
    if (typeof value === "string") checkCharacters(value, span, this.#report);
    else if (typeof value === "number") {
      if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?[0-9]+$|^0[xo]/.test(text))) {
        const message = `${quote(text)} is a number that JSON cannot hold exactly; quote it, if it is a name or an id`;
        this.#report("inexact-number", span, message);
        return { kind: "scalar", value: text, text, span };
      }
    } else if (value !== null && typeof value !== "boolean") return { kind: "scalar", value: text, text, span };
    return { kind: "scalar", value: value as string | number | boolean | null, text, span };
  }

  /** `{{ x }}` without quotes is a map whose only key is a map. */
  #template({ items, flow }: YAMLMap, span: Span): Node | undefined {
    const text = this.#text.slice(span.start, span.end);
    if (!flow || items.length !== 1 || !isMap(items[0]?.key) || !/^\{\{.*\}\}$/s.test(text)) return undefined;
    const slip = unquotedTemplate(text, span);
    this.#report(slip.code, slip.span, slip.message, slip);
    return { kind: "scalar", value: text, text, span };
  }

  #list(list: YAMLSeq, span: Span): Node {
    return { kind: "list", items: list.items.map((item) => this.convert(item as Parsed, span.start)), span };
  }

  #map(map: YAMLMap, span: Span): Node {
    const own: Entry[] = [];
    const merged: Node[] = [];
    const seen = new Map<string, Span>();
    for (const pair of map.items) {
      const key = pair.key as Parsed;
      const keySpan = key ? this.#spanOf(key) : this.#span(span.start, span.start);
      const value = this.convert(pair.value as Parsed, keySpan.end);
      if (!isScalar(key) || (key.value === null && (key.source ?? "") === "")) {
        this.#report("yaml-key", keySpan, "a key is a plain name; this one is a list, a map, an alias or nothing");
        continue;
      }
      if (key.value === "<<" && key.type === "PLAIN") {
        merged.push(...(value.kind === "list" ? value.items : [value]));
        continue;
      }
      const name = typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
      if (key.type === "PLAIN") checkOlderYaml(name, keySpan, this.#report);
      checkCharacters(name, keySpan, this.#report);
      const first = seen.get(name);
      if (first !== undefined) {
        const notes = [{ message: "it stands here already", span: first }];
        this.#report("duplicate-key", keySpan, `the key ${quote(name)} stands twice in this map`, { notes });
        continue;
      }
      seen.set(name, keySpan);
      own.push({ key: name, keySpan, value });
    }
    if (merged.length === 0) return { kind: "map", entries: own, span };
    const inherited = new Map<string, Entry>();
    for (const node of merged) {
      if (node.kind !== "map") {
        this.#report("yaml-key", node.span, "`<<` merges maps; this is none");
        continue;
      }
      for (const entry of node.entries) if (!seen.has(entry.key) && !inherited.has(entry.key)) inherited.set(entry.key, entry);
    }
    return { kind: "map", entries: [...inherited.values(), ...own], span };
  }
}
