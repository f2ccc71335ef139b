/** Types of complete-lock.mjs, for the tests. */
export interface Lock {
  readonly packages: Readonly<Record<string, object>>;
}
export function missingEntries(lock: Lock): Record<string, object>;
