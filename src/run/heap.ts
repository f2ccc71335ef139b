/** Numbers, the least first. */
export class Heap {
  readonly #items: number[] = [];

  get least(): number | undefined {
    return this.#items[0];
  }

  push(value: number): void {
    const items = this.#items;
    let at = items.push(value) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = items[above] ?? value;
      if (other <= value) break;
      items[at] = other;
      at = above;
    }
    items[at] = value;
  }

  /** Takes the least one out. */
  pop(): number | undefined {
    const items = this.#items;
    const [least] = items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return least;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const below = (items[right] ?? Number.POSITIVE_INFINITY) < (items[left] ?? Number.POSITIVE_INFINITY) ? right : left;
      const other = items[below];
      if (other === undefined || other >= last) break;
      items[at] = other;
      at = below;
    }
    items[at] = last;
    return least;
  }
}
