/** Python's expressions as a small tree: what interfaces are written with. Everything else is `other`. */
import type { SyntaxNode } from "@lezer/common";
import type { Json } from "../../../protocol/json.ts";
import { readNumber, readString } from "./literal.ts";

/** Offsets into the file's text. */
interface Placed {
  readonly from: number;
  readonly to: number;
}

export type Expression = Placed &
  (
    | { readonly kind: "value"; readonly value: Json }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "member"; readonly object: Expression; readonly name: string }
    | { readonly kind: "index"; readonly object: Expression; readonly items: readonly Expression[] }
    | { readonly kind: "list" | "tuple" | "set"; readonly items: readonly Item[] }
    | { readonly kind: "dict"; readonly entries: readonly DictEntry[] }
    | { readonly kind: "call"; readonly callee: Expression; readonly args: readonly Argument[] }
    | { readonly kind: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
    | { readonly kind: "unary"; readonly operator: string; readonly operand: Expression }
    | { readonly kind: "other" }
  );

/** `*value` when `spread`. */
export interface Item {
  readonly spread: boolean;
  readonly value: Expression;
}

/** `**value` when it has no key. */
export interface DictEntry {
  readonly key?: Expression;
  readonly value: Expression;
}

/** `name=value`, `*value`, `**value`, or a value by position. */
export interface Argument {
  readonly name?: string;
  readonly spread?: "*" | "**";
  readonly value: Expression;
}

/** Deeper than this nobody writes, and no stack is endless. */
const deepest = 200;

/** The expression at a node of the parser's tree. */
export function readExpression(node: SyntaxNode, text: string, depth = 0): Expression {
  const { from, to } = node;
  const at = { from, to };
  if (depth > deepest) return { ...at, kind: "other" };
  const own = text.slice(from, to);
  switch (node.name) {
    case "None":
      return { ...at, kind: "value", value: null };
    case "Boolean":
      return { ...at, kind: "value", value: own === "True" };
    case "Number":
      return valueOr(at, readNumber(own));
    case "String":
    case "FormatString":
      return valueOr(at, readString(own));
    case "ContinuedString":
      return joinStrings(childrenOf(node), text, at);
    case "VariableName":
      return { ...at, kind: "name", name: own };
    case "ParenthesizedExpression":
      return readInner(node, text, depth) ?? { ...at, kind: "other" };
    case "ArrayExpression":
    case "TupleExpression":
    case "SetExpression":
      return { ...at, kind: sequences[node.name], items: readItems(node, text, depth) };
    case "DictionaryExpression":
      return { ...at, kind: "dict", entries: readEntries(node, text, depth) };
    case "MemberExpression":
      return readMember(node, text, depth);
    case "CallExpression": {
      const [callee, list] = childrenOf(node);
      if (callee === undefined || list?.name !== "ArgList") return { ...at, kind: "other" };
      return { ...at, kind: "call", callee: readExpression(callee, text, depth + 1), args: readArguments(list, text, depth) };
    }
    case "UnaryExpression": {
      const [operator, operand] = childrenOf(node);
      if (operator === undefined || operand === undefined) return { ...at, kind: "other" };
      return { ...at, kind: "unary", operator: text.slice(operator.from, operator.to), operand: readExpression(operand, text, depth + 1) };
    }
    case "BinaryExpression": {
      const [left, operator, right, more] = childrenOf(node);
      if (left === undefined || operator === undefined || right === undefined || more !== undefined) return { ...at, kind: "other" };
      const word = text.slice(operator.from, operator.to);
      return {
        ...at,
        kind: "binary",
        operator: word,
        left: readExpression(left, text, depth + 1),
        right: readExpression(right, text, depth + 1),
      };
    }
    default:
      return { ...at, kind: "other" };
  }
}

const sequences = { ArrayExpression: "list", TupleExpression: "tuple", SetExpression: "set" } as const;

/** The nodes directly below, comments left out. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) if (child.name !== "Comment") children.push(child);
  return children;
}

/** The arguments of a call, or the bases and keywords of a class. */
export function readArguments(list: SyntaxNode, text: string, depth = 0): readonly Argument[] {
  return split(list).flatMap((parts): Argument[] => {
    const [first, second, third] = parts;
    if (first === undefined) return [];
    if ((first.name === "*" || first.name === "**") && second)
      return [{ spread: first.name, value: readExpression(second, text, depth + 1) }];
    if (second?.name === "AssignOp" && third)
      return [{ name: text.slice(first.from, first.to), value: readExpression(third, text, depth + 1) }];
    if (second !== undefined) return [{ value: { kind: "other", from: first.from, to: list.to } }];
    return [{ value: readExpression(first, text, depth + 1) }];
  });
}

/** `a.b.c`, when the expression is nothing else. */
export function dottedName(expression: Expression): string | undefined {
  if (expression.kind === "name") return expression.name;
  if (expression.kind !== "member") return undefined;
  const object = dottedName(expression.object);
  return object === undefined ? undefined : `${object}.${expression.name}`;
}

/** Children between the brackets, cut at the commas. */
export function split(node: SyntaxNode): readonly (readonly SyntaxNode[])[] {
  const parts: SyntaxNode[][] = [[]];
  for (const child of childrenOf(node)) {
    if (child.name === ",") parts.push([]);
    else if (!/^[()[\]{}]$/.test(child.name)) parts.at(-1)?.push(child);
  }
  return parts.filter((part) => part.length > 0);
}

function valueOr(at: Placed, value: Json | undefined): Expression {
  return value === undefined ? { ...at, kind: "other" } : { ...at, kind: "value", value };
}

function joinStrings(parts: readonly SyntaxNode[], text: string, at: Placed): Expression {
  const texts = parts.map((part) => readString(text.slice(part.from, part.to)));
  return texts.every((part) => part !== undefined) ? { ...at, kind: "value", value: texts.join("") } : { ...at, kind: "other" };
}

function readInner(node: SyntaxNode, text: string, depth: number): Expression | undefined {
  const [inner, more] = childrenOf(node).filter(({ name }) => name !== "(" && name !== ")");
  return inner && more === undefined ? readExpression(inner, text, depth + 1) : undefined;
}

function readItems(node: SyntaxNode, text: string, depth: number): readonly Item[] {
  return split(node).flatMap(([first, second, more]): Item[] => {
    if (first === undefined) return [];
    if (first.name === "*" && second) return [{ spread: true, value: readExpression(second, text, depth + 1) }];
    if (second || more) return [{ spread: false, value: { kind: "other", from: first.from, to: node.to } }];
    return [{ spread: false, value: readExpression(first, text, depth + 1) }];
  });
}

function readEntries(node: SyntaxNode, text: string, depth: number): readonly DictEntry[] {
  return split(node).flatMap(([first, second, third]): DictEntry[] => {
    if (first?.name === "**" && second) return [{ value: readExpression(second, text, depth + 1) }];
    if (first && second?.name === ":" && third)
      return [{ key: readExpression(first, text, depth + 1), value: readExpression(third, text, depth + 1) }];
    return [{ value: { kind: "other", from: node.from, to: node.to } }];
  });
}

function readMember(node: SyntaxNode, text: string, depth: number): Expression {
  const at = { from: node.from, to: node.to };
  const [object, mark, ...rest] = childrenOf(node);
  if (object === undefined || mark === undefined) return { ...at, kind: "other" };
  const inner = readExpression(object, text, depth + 1);
  const [name] = rest;
  if (mark.name === "." && name) return { ...at, kind: "member", object: inner, name: text.slice(name.from, name.to) };
  if (mark.name !== "[") return { ...at, kind: "other" };
  const items = rest.filter((child) => child.name !== "," && child.name !== "]").map((child) => readExpression(child, text, depth + 1));
  return { ...at, kind: "index", object: inner, items };
}
