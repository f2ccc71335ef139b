/** Topological order; of the tasks that are ready the first one in the file comes first. */

/** `upstream` holds the direct predecessors of each id. Ids that are part of a cycle are left out. */
export function orderTasks(ids: readonly string[], upstream: (id: string) => Iterable<string>): readonly string[] {
  const place = new Map(ids.map((id, index) => [id, index]));
  const waiting = new Map<string, number>();
  const next = new Map<string, string[]>();
  const ready: number[] = []; // places, the smallest last
  ids.forEach((id, index) => {
    const needs = [...upstream(id)].filter((need) => place.has(need));
    waiting.set(id, needs.length);
    for (const need of needs) next.set(need, [...(next.get(need) ?? []), id]);
    if (needs.length === 0) ready.push(index);
  });
  ready.reverse();
  const ordered: string[] = [];
  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    const id = ids[index] ?? "";
    ordered.push(id);
    for (const after of next.get(id) ?? []) {
      const left = (waiting.get(after) ?? 0) - 1;
      waiting.set(after, left);
      if (left === 0) insert(ready, place.get(after) ?? 0);
    }
  }
  return ordered;
}

function insert(ready: number[], value: number): void {
  let low = 0;
  let high = ready.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ready[middle] ?? 0) > value) low = middle + 1;
    else high = middle;
  }
  ready.splice(low, 0, value);
}
