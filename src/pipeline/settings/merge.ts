/** The four layers as one map. Later wins, maps merge deeply, lists and values replace, `null` removes. Every node keeps its place. */
import { type Entry, isNull, type MapNode, type Node } from "../parse/node.ts";

export function mergeMaps(below: MapNode, above: MapNode): MapNode {
  const entries = new Map<string, Entry>(below.entries.map((entry) => [entry.key, entry]));
  for (const entry of above.entries) {
    const under = entries.get(entry.key);
    if (isNull(entry.value)) entries.delete(entry.key);
    else entries.set(entry.key, under === undefined ? withoutNulls(entry) : { ...entry, value: mergeNodes(under.value, entry.value) });
  }
  return { ...above, entries: [...entries.values()] };
}

function mergeNodes(below: Node, above: Node): Node {
  return below.kind === "map" && above.kind === "map" ? mergeMaps(below, above) : withoutNullsOf(above);
}

/** A map that meets nothing below it: its nulls have nothing to remove, and go too. */
function withoutNulls(entry: Entry): Entry {
  return { ...entry, value: withoutNullsOf(entry.value) };
}

function withoutNullsOf(node: Node): Node {
  if (node.kind !== "map") return node;
  return { ...node, entries: node.entries.filter(({ value }) => !isNull(value)).map(withoutNulls) };
}
