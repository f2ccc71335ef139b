/** value[start:stop:step]. */
import { raise } from "./error.ts";
import { codePoints } from "./iterate.ts";
import { isText, textOf } from "./kind.ts";
import { toInteger } from "./number.ts";
import { Markup, Range, type Slice, Tuple, Undefined, type Value } from "./types.ts";

function boundOf(value: Value): number | null {
  if (value === null) return null;
  if (typeof value === "bigint" || typeof value === "boolean") return Number(toInteger(value));
  if (value instanceof Undefined) raise("UndefinedError", value.message);
  return raise("TypeError", "slice indices must be integers or None");
}

/** First and last index (not included) of a slice with step 1. */
export function sliceBounds(length: number, start: Value, stop: Value): { from: number; to: number } {
  const clamp = (index: number | null, otherwise: number) =>
    index === null ? otherwise : Math.min(Math.max(index < 0 ? index + length : index, 0), length);
  return { from: clamp(boundOf(start), 0), to: clamp(boundOf(stop), length) };
}

/** Where a slice begins and ends (not included), and its step. */
function sliceRangeOf(length: number, slice: Slice): { from: number; to: number; step: number } {
  const step = boundOf(slice.step) ?? 1;
  if (step === 0) raise("ValueError", "slice step cannot be zero");
  if (step > 0) return { ...sliceBounds(length, slice.start, slice.stop), step };
  const clamp = (index: number | null, otherwise: number) => {
    if (index === null) return otherwise;
    return Math.min(Math.max(index < 0 ? index + length : index, -1), length - 1);
  };
  return { from: clamp(boundOf(slice.start), length - 1), to: clamp(boundOf(slice.stop), -1), step };
}

/** All indices that a slice takes, in order. */
function sliceIndices(length: number, slice: Slice): number[] {
  const { from, to, step } = sliceRangeOf(length, slice);
  const indices: number[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) indices.push(i);
  return indices;
}

/** The slice of a text, list, tuple or range; undefined for what cannot be sliced. */
export function takeSlice(value: Value, slice: Slice): Value | undefined {
  if (isText(value)) {
    const points = codePoints(textOf(value));
    const text = sliceIndices(points.length, slice)
      .map((index) => points[index])
      .join("");
    return value instanceof Markup ? new Markup(text) : text;
  }
  if (Array.isArray(value)) return sliceIndices(value.length, slice).map((index) => value[index] ?? null);
  if (value instanceof Tuple) return new Tuple(sliceIndices(value.items.length, slice).map((index) => value.items[index] ?? null));
  if (value instanceof Range) return sliceRange(value, slice);
  if (value instanceof Undefined) raise("UndefinedError", value.message);
  return undefined;
}

function sliceRange(value: Range, slice: Slice): Range {
  const { from, to, step } = sliceRangeOf(value.length, slice);
  const length = Math.max(Math.ceil((to - from) / step), 0);
  return new Range(value.at(from), value.at(to), value.step * BigInt(step), length);
}

/** sequence[index] with negative indices from the end; undefined outside. */
export function takeIndex(value: Value, index: Value): Value | undefined {
  if (typeof index !== "bigint" && typeof index !== "boolean") return undefined;
  const at = (length: number) => {
    const wanted = Number(toInteger(index));
    const real = wanted < 0 ? wanted + length : wanted;
    return real >= 0 && real < length ? real : undefined;
  };
  if (isText(value)) {
    const points = codePoints(textOf(value));
    const real = at(points.length);
    const char = real === undefined ? undefined : points[real];
    return char !== undefined && value instanceof Markup ? new Markup(char) : char;
  }
  if (Array.isArray(value) || value instanceof Tuple) {
    const items = Array.isArray(value) ? value : value.items;
    const real = at(items.length);
    return real === undefined ? undefined : items[real];
  }
  if (value instanceof Range) {
    const real = at(value.length);
    return real === undefined ? undefined : value.at(real);
  }
  return undefined;
}
