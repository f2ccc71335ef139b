/** YAML as the compiler sees it: aliases and merge keys are gone, keys are text, and everything knows its place. */
import type { Span } from "../../protocol/diagnostic.ts";
import type { Json } from "../../protocol/json.ts";

export type Node = ScalarNode | ListNode | MapNode;

interface Placed {
  readonly span: Span;
  /** Where the value was written, when `span` only names it: `${name}` or an alias. */
  readonly via?: Span;
}

export interface ScalarNode extends Placed {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As it was written, for versions and the like: `3.10` is not 3.1. */
  readonly text: string;
}

export interface ListNode extends Placed {
  readonly kind: "list";
  readonly items: readonly Node[];
}

export interface MapNode extends Placed {
  readonly kind: "map";
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Node;
}

export function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** The entry's value, when the node is a map that has the key. */
export function childOf(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === "map" ? node.entries.find((entry) => entry.key === key)?.value : undefined;
}

export function toJson(node: Node): Json {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(toJson);
    case "map":
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, toJson(value)]));
  }
}

/** What a person would call it: "a list", "the text `x`". */
export function describe(node: Node): string {
  if (node.kind === "list") return "a list";
  if (node.kind === "map") return "a map";
  const { value } = node;
  if (value === null) return "nothing";
  if (typeof value === "string") return value === "" ? "an empty text" : "a text";
  return typeof value === "number" ? `the number ${value}` : `\`${value}\``;
}

/** The node at a JSON pointer, or the deepest one on the way there. */
export function nodeAt(node: Node, pointer: string): Node {
  let found = node;
  for (const segment of pointer.split("/").slice(1)) {
    const name = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    const next: Node | undefined = found.kind === "list" ? found.items[Number(name)] : childOf(found, name);
    if (next === undefined) return found;
    found = next;
  }
  return found;
}
