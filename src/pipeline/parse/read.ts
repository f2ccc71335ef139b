/** Nodes to values of the kind that a key wants. Each reader answers undefined after it has said what is wrong. */
import { parseDuration } from "../../protocol/duration.ts";
import { parseSize } from "../../protocol/size.ts";
import { nearest } from "../../protocol/suggest.ts";
import type { Code } from "../codes.ts";
import { meantBoolean, meantNumber, writeAs } from "./meant.ts";
import { describe, type MapNode, type Node, type ScalarNode } from "./node.ts";
import { didYouMean, type More, quote, type Report, renameTo, slipOf } from "./report.ts";

/** `what` names the key in messages: "`retries`". */
export type Reader<T> = (node: Node, what: string, report: Report) => T | undefined;

/** Where a value that came through `${name}` or an alias was written. */
export function origin(node: Node): { readonly message: string; readonly span: Node["span"] }[] {
  return node.via === undefined ? [] : [{ message: "the value was written here", span: node.via }];
}

function refuse(code: Code, node: Node, message: string, report: Report, more: Pick<More, "fix"> = {}): undefined {
  report(code, node.span, message, { notes: origin(node), ...more });
  return undefined;
}

export function readMap(node: Node, what: string, report: Report): MapNode | undefined {
  return node.kind === "map" ? node : refuse("wrong-type", node, `${what} is a map, but here is ${describe(node)}`, report);
}

export const readString: Reader<string> = (node, what, report) => {
  if (node.kind === "scalar" && typeof node.value === "string") return node.value;
  const hint = node.kind === "scalar" && node.value !== null ? `; write "${node.text}"` : "";
  const fix = node.kind === "scalar" && node.value !== null ? renameTo(`"${node.text}"`, node.text, node.span) : {};
  return refuse("wrong-type", node, `${what} is a text, but here is ${describe(node)}${hint}`, report, fix);
};

/** A text that may look like a number, such as a version or a variable's value: taken as it was written. */
export const readText: Reader<string> = (node, what, report) => {
  if (node.kind === "scalar" && node.value !== null) return typeof node.value === "string" ? node.value : node.text;
  return refuse("wrong-type", node, `${what} is a text, but here is ${describe(node)}`, report);
};

export const readBoolean: Reader<boolean> = (node, what, report) => {
  if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
  const meant = meantBoolean(node);
  const hint = meant === undefined ? "" : `; write ${meant}`;
  return refuse("wrong-type", node, `${what} is true or false, but here is ${describe(node)}${hint}`, report, writeAs(meant, node));
};

/** A whole number within the bounds, both inclusive. */
export function integerFrom(minimum: number, maximum = 1_000_000): Reader<number> {
  return (node, what, report) => {
    const value = node.kind === "scalar" ? node.value : undefined;
    if (typeof value !== "number") {
      const meant = meantNumber(node);
      const hint = meant === undefined ? "" : `; write ${meant}`;
      return refuse("wrong-type", node, `${what} is a whole number, but here is ${describe(node)}${hint}`, report, writeAs(meant, node));
    }
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    return refuse("invalid-value", node, `${what} is a whole number from ${minimum} to ${maximum}, not ${value}`, report);
  };
}

/** A number above zero, such as cores. */
export const readPositive: Reader<number> = (node, what, report) => {
  const value = node.kind === "scalar" ? node.value : undefined;
  if (typeof value !== "number") return refuse("wrong-type", node, `${what} is a number, but here is ${describe(node)}`, report);
  return value > 0 ? value : refuse("invalid-value", node, `${what} is above 0, not ${value}`, report);
};

export function oneOf<T extends string>(allowed: readonly T[]): Reader<T> {
  return (node, what, report) => {
    const text = readString(node, what, report);
    if (text === undefined) return undefined;
    const found = allowed.find((value) => value === text);
    if (found !== undefined) return found;
    const near = didYouMean(nearest(text, allowed));
    const message = `${what} is one of ${allowed.join(", ")}, not ${quote(text)}${near}`;
    return refuse("invalid-value", node, message, report, slipOf(text, allowed, node.span));
  };
}

/** Seconds. */
export const readDuration: Reader<number> = (node, what, report) => {
  const value = durationOf(node);
  if (value !== undefined) return value;
  const given = node.kind === "scalar" && node.text !== "" ? quote(node.text) : describe(node);
  return refuse("invalid-duration", node, `${what} is a duration such as \`60 minutes\`, 90s or PT1H, not ${given}`, report);
};

function durationOf(node: Node): number | undefined {
  if (node.kind !== "scalar" || node.value === null || typeof node.value === "boolean") return undefined;
  return parseDuration(node.value);
}

/** Bytes. */
export const readSize: Reader<number> = (node, what, report) => {
  const { value } = node.kind === "scalar" ? (node as ScalarNode) : { value: null };
  const size = typeof value === "string" || typeof value === "number" ? parseSize(value) : undefined;
  if (size !== undefined) return size;
  const given = node.kind === "scalar" && node.text !== "" ? quote(node.text) : describe(node);
  return refuse("invalid-size", node, `${what} is a size such as \`2 GB\` or 512Mi, not ${given}`, report);
};

/** A list of texts; a single text is a list of one. */
export const readStrings: Reader<readonly string[]> = (node, what, report) => {
  if (node.kind === "scalar" && typeof node.value === "string") return [node.value];
  const list =
    node.kind === "list" ? node : refuse("wrong-type", node, `${what} is a list of texts, but here is ${describe(node)}`, report);
  return list?.items.flatMap((item) => readString(item, `each of ${what}`, report) ?? []);
};
