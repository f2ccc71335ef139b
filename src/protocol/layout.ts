/** Addresses in a store, folder and S3 alike (design §6). All are keys with `/` between percent-encoded segments. */

/** Percent-encodes all UTF-8 bytes outside `[A-Za-z0-9._=-]`; `.` and `..` too, since a folder store would follow them. */
export function encodeSegment(text: string): string {
  if (text === "." || text === "..") return text.replaceAll(".", "%2E");
  let encoded = "";
  for (const byte of new TextEncoder().encode(text)) {
    const char = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9._=-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Inverse of encodeSegment; a name that it would not make (somebody put it there by hand) is left as it is. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export const runsKey = "runs";

export function dagKey(dagId: string): string {
  return `${runsKey}/${encodeSegment(dagId)}`;
}

export function runKey(dagId: string, runId: string): string {
  return `${dagKey(dagId)}/${encodeSegment(runId)}`;
}

export function taskKey(dagId: string, runId: string, task: string): string {
  return `${runKey(dagId, runId)}/${encodeSegment(task)}`;
}

export function attemptKey(dagId: string, runId: string, task: string, attempt: number): string {
  return `${taskKey(dagId, runId, task)}/attempt-${attempt}`;
}

/** Key of the signs of life of an attempt. */
export function aliveKey(dagId: string, runId: string, task: string, attempt: number): string {
  return `${attemptKey(dagId, runId, task, attempt)}/alive.json`;
}

export function codeKey(sha256: string): string {
  return `code/${sha256}.tar.gz`;
}

export function fileKey(sha256: string, name: string): string {
  return `files/${sha256}/${encodeSegment(name)}`;
}

export function cacheKey(key: string): string {
  return `cache/${key}.json`;
}
