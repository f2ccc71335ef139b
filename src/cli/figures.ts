/** Numbers as people read them. */

/** `0.4 s`, `12.3 s`, `3 min 05 s`, `2 h 07 min`. */
export function showDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** `336,776 rows`, `1 row`. */
export function showRows(rows: number): string {
  return `${showCount(rows)} ${rows === 1 ? "row" : "rows"}`;
}

/** `336,776` */
export function showCount(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** `812 B`, `61.2 kB`, `3.0 GB`: decimal, as disks are sold and S3 bills. */
export function showBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  for (const unit of ["kB", "MB", "GB", "TB"]) {
    value /= 1000;
    if (value < 999.95 || unit === "TB") return `${value.toFixed(1)} ${unit}`;
  }
  return "";
}

/** `3 min`, `5 h`, `45 days`: how long ago, from milliseconds. */
export function showAge(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

/** Seconds between two ISO instants. */
export function secondsBetween(started: string, ended: string): number {
  return Math.max(0, (Date.parse(ended) - Date.parse(started)) / 1000);
}

/** A word that any shell takes as one, quoted only where it must be. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
