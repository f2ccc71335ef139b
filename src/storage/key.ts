/** What a key may be: `/`-separated segments as protocol/layout.ts encodes them, so that no key can leave the store. */
import { StoreError } from "./store.ts";

const segment = /^[A-Za-z0-9._=%-]+$/;

/** True for a key that protocol/layout.ts could make. */
export function isKey(key: string): boolean {
  const segments = key.split("/");
  const bad = segments.some((part) => !segment.test(part) || part === "." || part === ".." || part.length > 255);
  return !bad && !key.startsWith(".") && key.length <= 1024;
}

/** Throws StoreError "invalid" for a key that protocol/layout.ts would not make. */
export function checkKey(key: string): void {
  if (isKey(key)) return;
  throw new StoreError(
    "invalid",
    `"${key}" is not a key: 1 to 255 of A-Z a-z 0-9 . _ = % - between slashes, 1024 in all, not beginning with a dot (other characters are percent-encoded)`,
  );
}

/** Orders keys as every store lists them: by UTF-16 code unit, which for these characters is by byte. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
