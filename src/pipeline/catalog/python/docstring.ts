/** Docstrings of Google's, NumPy's and Sphinx's style: what the thing is, and what each parameter means. */

export interface Doc {
  /** What stands before the first section, its paragraphs kept. */
  readonly summary?: string;
  readonly params: ReadonlyMap<string, string>;
}

const sections = /^(Args|Arguments|Parameters|Params|Keyword Args|Keyword Arguments|Other Parameters|Attributes|Fields)\s*:?\s*$/i;
const others =
  /^(Returns?|Yields?|Raises|Examples?|Notes?|Warnings?|Warns|See Also|References|Todo|Methods|Inputs?|Outputs?|Usage)\s*:?\s*$/i;
const sphinxField = /^:(\w+)(?:\s+([^:]*))?:\s*(.*)$/;

export function readDoc(text: string): Doc {
  const lines = clean(text);
  const params = new Map<string, string>();
  const summary: string[] = [];
  let ended = false;
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    const field = sphinxField.exec(line);
    const underlined = /^[-=~]{3,}\s*$/.test(lines[at + 1] ?? "");
    if (field) {
      ended = true;
      const [, kind = "", about = "", first = ""] = field;
      const [body, next] = takeIndented(lines, at + 1);
      const name = about.trim().split(/\s+/).at(-1) ?? "";
      if (/^(param|parameter|arg|argument|key|keyword|ivar|var|cvar)$/.test(kind) && name !== "") put(params, name, [first, ...body]);
      at = next;
    } else if (sections.test(line.trim()) && (underlined || line.trim().endsWith(":") || indentOf(lines[at + 1] ?? "") > indentOf(line))) {
      ended = true;
      at = underlined ? readNumpy(lines, at + 2, params) : readGoogle(lines, at + 1, indentOf(line), params);
    } else if (others.test(line.trim()) && (underlined || line.trim().endsWith(":"))) {
      ended = true;
      at += 1;
    } else {
      if (!ended && !/^\.\. (seealso|code-block|note|warning|versionadded|deprecated|_)/.test(line.trim())) summary.push(line);
      else if (!ended) ended = true;
      at += 1;
    }
  }
  const about = joinText(summary);
  return { ...(about === "" ? {} : { summary: about }), params };
}

/** `name (type): text`, continued on deeper lines. */
function readGoogle(lines: readonly string[], start: number, outer: number, params: Map<string, string>): number {
  let at = start;
  let inner: number | undefined;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (line.trim() === "") {
      at += 1;
      continue;
    }
    const indent = indentOf(line);
    if (indent <= outer) return at;
    inner ??= indent;
    const item = indent === inner ? /^\s*\*{0,2}(\w+)\s*(?:\([^)]*(?:\([^)]*\)[^)]*)*\))?\s*:\s*(.*)$/.exec(line) : null;
    let next = at + 1;
    while (next < lines.length && ((lines[next] ?? "").trim() === "" || indentOf(lines[next] ?? "") > inner)) next += 1;
    if (item) put(params, item[1] ?? "", [item[2] ?? "", ...lines.slice(at + 1, next)]);
    at = next;
  }
  return at;
}

/** `name : type`, the text below it and deeper. */
function readNumpy(lines: readonly string[], start: number, params: Map<string, string>): number {
  let at = start;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (/^[-=~]{3,}\s*$/.test(lines[at + 1] ?? "") || sphinxField.test(line)) return at;
    const item = /^\*{0,2}(\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?$/.exec(line);
    const [body, next] = takeIndented(lines, at + 1);
    if (item && body.length > 0) for (const name of (item[1] ?? "").split(",")) put(params, name.replaceAll("*", "").trim(), body);
    at = next;
  }
  return at;
}

/** The deeper lines from `start` on, and where they end. */
function takeIndented(lines: readonly string[], start: number): readonly [readonly string[], number] {
  let end = start;
  while (end < lines.length && ((lines[end] ?? "").trim() === "" || indentOf(lines[end] ?? "") > 0)) end += 1;
  return [lines.slice(start, end), end];
}

function put(params: Map<string, string>, name: string, lines: readonly string[]): void {
  const text = joinText(lines.map((line) => line.trim()));
  if (text !== "" && !params.has(name)) params.set(name, text);
}

/** Lines of a paragraph become one; paragraphs stay apart. */
function joinText(lines: readonly string[]): string {
  return lines
    .map((line) => line.trimEnd())
    .join("\n")
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim().replaceAll(/\s*\n\s*/g, " "))
    .filter((paragraph) => paragraph !== "")
    .join("\n\n");
}

/** As inspect.cleandoc does it: the margin of all lines but the first goes. */
function clean(text: string): readonly string[] {
  const [first = "", ...rest] = text.replaceAll("\t", "        ").split("\n");
  const margins = rest.filter((line) => line.trim() !== "").map(indentOf);
  const margin = margins.length === 0 ? 0 : Math.min(...margins);
  return [first.trim(), ...rest.map((line) => line.slice(margin).trimEnd())];
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
