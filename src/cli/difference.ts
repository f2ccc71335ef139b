/** What is different between two texts, by lines, short enough to be read in a CI log. */

/** Lines that begin with `-` (before), `+` (after) or `@`; at most about `most` of them. */
export function showDifference(before: string, after: string, most: number): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let same = 0;
  while (same < old.length - start && same < now.length - start && old[old.length - 1 - same] === now[now.length - 1 - same]) same++;
  const changes = compareLines(old.slice(start, old.length - same), now.slice(start, now.length - same), start + 1);
  const shown = changes.slice(0, most);
  return changes.length > most ? [...shown, `… ${changes.length - most} more lines`] : shown;
}

/** Longest common subsequence; texts of thousands of changed lines are shown as replaced whole. */
function compareLines(old: readonly string[], now: readonly string[], first: number): string[] {
  if (old.length * now.length > 1_000_000) return [`@ line ${first}`, ...old.map((line) => `-${line}`), ...now.map((line) => `+${line}`)];
  const width = now.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--)
      lengths[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const changes: string[] = [];
  let inChange = false;
  for (let i = 0, j = 0; i < old.length || j < now.length; ) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      inChange = false;
      i++;
      j++;
      continue;
    }
    if (!inChange) changes.push(`@ line ${first + j}`);
    inChange = true;
    if (j >= now.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) changes.push(`-${old[i++]}`);
    else changes.push(`+${now[j++]}`);
  }
  return changes;
}
