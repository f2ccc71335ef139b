/** JSON values and their canonical text. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** True for a map of whatever: what came out of a file that anybody may have written. */
export function isMap(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for a plain JSON map (neither null nor a list). */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return isMap(value);
}

/**
 * One text for one value: keys sorted by UTF-16 code unit, no white space, numbers as ECMAScript prints them
 * (RFC 8785, JSON Canonicalization Scheme). Keys whose value is `undefined` are left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const map = value as { readonly [key: string]: unknown };
    const keys = Object.keys(map).filter((key) => map[key] !== undefined);
    return `{${keys
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(map[key])}`)
      .join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}
