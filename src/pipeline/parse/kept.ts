/** What was made before, by name, kept as long as it would be made of the same. */

export class Kept<T> {
  readonly #made = new Map<string, { readonly from: readonly unknown[]; readonly value: T }>();

  /**
   * What `make` gave when it was last asked for, if all that it depends on is the same: `from`, each by identity and texts by
   * content, and what `holds` looks at.
   */
  recall(name: string, from: readonly unknown[], make: () => T, holds: (value: T) => boolean = () => true): T {
    const known = this.#made.get(name);
    if (known !== undefined && isSame(known.from, from) && holds(known.value)) return known.value;
    const value = make();
    this.#made.set(name, { from, value });
    return value;
  }

  /** What `recall` gave last. */
  get(name: string): T | undefined {
    return this.#made.get(name)?.value;
  }

  get size(): number {
    return this.#made.size;
  }

  /** Forgets all but what still has a meaning. */
  retain(isWanted: (name: string) => boolean): void {
    for (const name of this.#made.keys()) if (!isWanted(name)) this.#made.delete(name);
  }
}

export function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
