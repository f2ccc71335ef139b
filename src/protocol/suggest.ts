/** The nearest name: what somebody probably meant. */

/**
 * The candidate closest to `name` by edits (insert, delete, replace, swap of neighbours; upper and lower case are the same), or
 * undefined when none is close enough to be a slip: nothing for one letter, one edit up to 5 letters, two up to 8, then three.
 * Failing that, the only candidate that begins with `name`. Of equals the first one wins.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  if (wanted === "" || wanted.length > 200) return undefined;
  let best: string | undefined;
  let bestDistance = allowed(wanted.length) + 1;
  const longer: string[] = [];
  for (const candidate of candidates) {
    if (candidate === name) continue;
    const other = candidate.toLowerCase();
    if (wanted.length >= 3 && other.startsWith(wanted)) longer.push(candidate);
    if (Math.abs(other.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, other);
    if (distance < bestDistance && distance < Math.max(other.length, 1)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? (longer.length === 1 ? longer[0] : undefined);
}

/**
 * What `name` is a slip of beyond doubt: the only candidate that is one edit away from it (insert, delete, replace, swap of neighbours)
 * or differs in case, if both have four letters or more, and no digit was taken for another (`dev1` is no slip of `dev2`).
 */
export function nearestSlip(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length < 4 || name.length > 200) return undefined;
  const near = new Set<string>();
  for (const candidate of candidates) {
    if (candidate === name) return undefined;
    if (candidate.length < 4 || Math.abs(candidate.length - name.length) > 1) continue;
    if (candidate.replace(/\D/g, "") !== name.replace(/\D/g, "")) continue;
    if (editDistance(name, candidate) <= 1 || candidate.toLowerCase() === name.toLowerCase()) near.add(candidate);
  }
  return near.size === 1 ? [...near][0] : undefined;
}

/** `; did you mean "score"?`, or nothing: the tail of a message about an unknown name. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const near = nearest(name, candidates);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

function allowed(length: number): number {
  return length < 2 ? 0 : length <= 5 ? 1 : length <= 8 ? 2 : 3;
}

/** Damerau–Levenshtein distance in its optimal-string-alignment form. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
