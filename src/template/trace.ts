/** Where in a template each character of its text comes from: for faults that show only in what a template gives. */
import type { Node, ParsedTemplate } from "./ast.ts";
import { type Context, type RenderLimits, renderTemplate } from "./render.ts";

/** Marks stand between private-use characters, which no one writes; a template that does is not traced. */
const open = "\ue000";
const close = "\ue001";
const mark = /\ue000(\d+)\ue001/g;

/**
 * Answers for an offset into the text that `renderTemplate` gives with the offset into the template that it comes from: within plain text
 * to the character, else the tag. Undefined where a filter moved or cut the marks.
 */
export function traceTemplate(parsed: ParsedTemplate, context: Context, limits?: RenderLimits): (offset: number) => number | undefined {
  const plain = renderTemplate(parsed, context, limits);
  const marked = renderTemplate({ ...parsed, nodes: markNodes(parsed.nodes) }, context, limits);
  const pieces: { readonly at: number; readonly place: number; readonly verbatim: boolean }[] = [];
  let text = "";
  let last = 0;
  for (const { 0: whole, 1: place = "", index } of marked.matchAll(mark)) {
    text += marked.slice(last, index);
    last = index + whole.length;
    const from = Number(place);
    pieces.push({ at: text.length, place: from, verbatim: !parsed.text.startsWith("{", from) });
  }
  const faithful = text + marked.slice(last) === plain;
  return (offset) => {
    const piece = faithful ? pieces.findLast(({ at }) => at <= offset) : undefined;
    return piece && (piece.verbatim ? piece.place + offset - piece.at : piece.place);
  };
}

/** Every text and every printed value behind a mark of its own. */
function markNodes(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node): Node[] => {
    const inside = markInside(node);
    if (node.kind !== "text" && node.kind !== "print") return [inside];
    return [{ kind: "text", offset: node.offset, length: 0, text: `${open}${node.offset}${close}` }, inside];
  });
}

function markInside(node: Node): Node {
  switch (node.kind) {
    case "if": {
      const branches = node.branches.map((branch) => ({ ...branch, body: markNodes(branch.body) }));
      return { ...node, branches, otherwise: markNodes(node.otherwise) };
    }
    case "for":
      return { ...node, body: markNodes(node.body), otherwise: markNodes(node.otherwise) };
    case "with":
    case "block":
      return { ...node, body: markNodes(node.body) };
    default:
      // What a macro, a filter or a `set` makes of its body may be anything.
      return node;
  }
}
