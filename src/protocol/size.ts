/** Sizes in bytes as people and Kubernetes write them: `2 GB` and `2G` are decimal, `2 GiB` and `2Gi` binary. */

const powers: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4, p: 5 };

/**
 * Bytes, or undefined when it is no size. Fractions are fine as long as the result is whole bytes. A lone lower-case letter is
 * refused except `k`: Kubernetes reads `100m` as a tenth of a byte.
 */
export function parseSize(value: string | number): number | undefined {
  if (typeof value === "number") return wholeBytes(value);
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(value.trim().slice(0, 100));
  if (match === null) return undefined;
  const [, amount = "", unit = ""] = match;
  const factor = factorOf(unit);
  return factor === undefined ? undefined : wholeBytes(Number(amount) * factor);
}

function factorOf(unit: string): number | undefined {
  if (/^(?:|B|bytes?)$/.test(unit)) return 1;
  const match = /^(?:([kKMGTP])(i?)B?|([kmgtp])(i?)b)$/.exec(unit);
  if (match === null) return undefined;
  const power = powers[(match[1] ?? match[3] ?? "").toLowerCase()];
  const binary = (match[2] ?? "") + (match[4] ?? "") !== "";
  return power === undefined ? undefined : (binary ? 1024 : 1000) ** power;
}

function wholeBytes(bytes: number): number | undefined {
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined;
}

/** For a person's eyes, decimal: `336 kB`, `1.2 GB`. */
export function formatSize(bytes: number): string {
  let amount = bytes;
  for (const unit of ["B", "kB", "MB", "GB", "TB"]) {
    if (Number(amount.toFixed(amount < 10 ? 1 : 0)) < 1000 || unit === "TB")
      return `${unit === "B" || amount >= 10 ? amount.toFixed(0) : amount.toFixed(1).replace(/\.0$/, "")} ${unit}`;
    amount /= 1000;
  }
  return `${bytes} B`;
}
