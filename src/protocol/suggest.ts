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
 * What `name` is a slip of beyond doubt: the only candidate that differs from it by one letter that is missing, too many or another one, by
 * two neighbours that changed places, or by upper and lower case. Digits and first letters are nobody's slip (`dev1` is not `dev2`, `cpu`
 * not `gpu`), and in parts of names shorter than four letters only swaps are.
 */
export function nearestSlip(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length < 3 || name.length > 200) return undefined;
  const near = new Set<string>();
  for (const candidate of candidates) {
    if (candidate === name) return undefined;
    if (Math.abs(candidate.length - name.length) <= 1 && isSlip(name, candidate)) near.add(candidate);
  }
  return near.size === 1 ? [...near][0] : undefined;
}

function isSlip(name: string, candidate: string): boolean {
  if (candidate.length < 3 || candidate.replace(/\D/g, "") !== name.replace(/\D/g, "")) return false;
  if (candidate.toLowerCase() === name.toLowerCase()) return true;
  if (editDistance(name, candidate) !== 1) return false;
  const [wrong = "", right = "", more] = differingParts(name, candidate);
  // Words that were joined or parted (`load-dwh`, `loaddwh`) have no one part that differs.
  if (more !== undefined || wrong === "" || right === "") return name.length >= 4;
  if ([...wrong].sort().join("") === [...right].sort().join("")) return wrong.length >= 3;
  return Math.min(wrong.length, right.length) >= 4 && (wrong[0] === right[0] || wrong.length !== right.length);
}

/** The parts between `_`, `-`, `.`, `/` and `:` in which they differ: two when it is one part of each. */
function differingParts(a: string, b: string): readonly string[] {
  const [left, right] = [a, b].map((text) => text.split(/[-_.:/]/));
  if (left === undefined || right === undefined || left.length !== right.length) return [];
  return left.flatMap((part, index) => (part === right[index] ? [] : [part, right[index] ?? ""]));
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
