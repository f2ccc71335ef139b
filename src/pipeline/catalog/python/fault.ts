/** Where a Python text stops being Python, as far as its grammar tells. */
import type { Tree } from "@lezer/common";
import { parser } from "@lezer/python";

/** The tree of a Python file. Form feeds, which old files have between sections, are blanks to Python and unknown to the parser. */
export function parsePython(text: string): Tree {
  return parser.parse(text.replaceAll("\f", " "));
}

/** Offset of the first thing that no Python could read; undefined when there is none. `bodies`: those of functions are looked at too. */
export function findFault(text: string, tree: Tree = parsePython(text), bodies = true): number | undefined {
  let fault: number | undefined;
  tree.cursor().iterate((node) => {
    if (fault !== undefined) return false;
    // The parser does not know that `20.` is a number.
    if (node.type.isError && !/\d\.$/.test(text.slice(Math.max(0, node.from - 1), node.to))) fault = node.from;
    return bodies || !(node.name === "Body" && node.node.parent?.name === "FunctionDefinition");
  });
  return fault;
}
