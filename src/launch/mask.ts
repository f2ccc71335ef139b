/** Hides what connections keep secret, in whatever form a script or a driver may print it. */
import type { Request } from "../protocol/request.ts";
import type { Result } from "../protocol/result.ts";

export interface Masker {
  /** The text with every secret replaced by `***`. */
  mask(text: string): string;
  /** UTF-16 length of the longest form of a secret; 0 when there is none. */
  readonly longest: number;
}

const hidden = "***";
/** Shorter values are ordinary words too often; hiding them everywhere would make logs unreadable and give them away. */
const shortest = 4;
const secretName = /pass(word|wd|phrase)?$|passw|secret|token|api_?key|private_?key|access_?key|credential|keyfile|auth/i;

/** Hides each of `connections`: Airflow connections as URI or JSON. */
export function createMasker(connections: readonly string[]): Masker {
  const forms = new Set<string>();
  for (const connection of connections) for (const secret of secretsOf(connection)) for (const form of formsOf(secret)) forms.add(form);
  const sorted = [...forms].sort((a, b) => b.length - a.length);
  if (sorted.length === 0) return { mask: (text) => text, longest: 0 };
  const pattern = new RegExp(sorted.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g");
  return { mask: (text) => text.replace(pattern, hidden), longest: sorted[0]?.length ?? 0 };
}

/** The request as it is recorded: without secrets that a template put into a parameter. */
export function maskRequest(request: Request, masker: Masker): Request {
  if (masker.longest === 0) return request;
  return {
    ...request,
    script: masker.mask(request.script),
    params: maskStrings(request.params, masker) as Request["params"],
    env: maskStrings(request.env, masker) as Request["env"],
  };
}

/** The result as it is recorded and handed on. Digests and keys are left alone: they are hashes, not text. */
export function maskResult(result: Result, masker: Masker): Result {
  if (masker.longest === 0) return result;
  return {
    ...result,
    ...(result.message === undefined ? {} : { message: masker.mask(result.message) }),
    ...(result.cache === undefined
      ? {}
      : { cache: { ...result.cache, parts: maskStrings(result.cache.parts, masker) as typeof result.cache.parts } }),
    tail: result.tail.map((line) => masker.mask(line)),
  };
}

function maskStrings(value: unknown, masker: Masker): unknown {
  if (typeof value === "string") return masker.mask(value);
  if (Array.isArray(value)) return value.map((item) => maskStrings(item, masker));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskStrings(item, masker)]));
}

function secretsOf(connection: string): string[] {
  const secrets = [connection];
  if (connection.trimStart().startsWith("{")) {
    try {
      secrets.push(...secretFields(JSON.parse(connection), false));
    } catch {
      // Not JSON after all: the whole text is the secret.
    }
    return secrets;
  }
  const authority = /^[^:]*:\/\/([^/?#]*@)?/.exec(connection)?.[1];
  if (authority) {
    secrets.push(authority); // user:password@, so that short passwords are hidden where they would be seen
    const password = authority.slice(0, -1).split(":").slice(1).join(":");
    const user = decode(authority.split(":")[0] ?? "");
    if (password !== "") secrets.push(password, decode(password), `${user}:${decode(password)}`);
  }
  const query = connection.indexOf("?");
  if (query >= 0) {
    for (const [name, value] of new URLSearchParams(connection.slice(query + 1))) {
      if (secretName.test(name)) secrets.push(value);
      if (!value.trimStart().startsWith("{")) continue;
      try {
        secrets.push(...secretFields(JSON.parse(value), false));
      } catch {
        // An extra that is not JSON has no named fields.
      }
    }
  }
  return secrets;
}

/** Strings under names that look secret, at any depth; `extra` of a JSON connection may be JSON in a string. */
function secretFields(value: unknown, secret: boolean): string[] {
  if (typeof value === "string") {
    if (secret) return [value];
    if (!value.trimStart().startsWith("{")) return [];
    try {
      return secretFields(JSON.parse(value), false);
    } catch {
      return [];
    }
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => secretFields(item, secret || secretName.test(name)));
}

function formsOf(secret: string): string[] {
  const lines = secret.includes("\n") ? secret.split(/\r?\n/).map((line) => line.trim()) : [];
  return [secret, ...lines].filter((text) => text.length >= shortest).flatMap(encodings);
}

function encodings(text: string): string[] {
  const wellFormed = text.replace(/\p{Surrogate}/gu, "\ufffd");
  const percent = encodeURIComponent(wellFormed);
  const strict = percent.replace(/[!'()*~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const json = JSON.stringify(text).slice(1, -1);
  const forms = [
    text,
    percent,
    strict,
    encodeURI(wellFormed),
    strict.replaceAll("%20", "+"),
    json,
    json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`),
    text.replaceAll("'", "'\\''"),
    text.replaceAll("'", "''"),
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  ];
  forms.push(...forms.slice(1, 5).map((form) => form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())));
  const bytes = Buffer.from(wellFormed);
  forms.push(bytes.toString("base64"), bytes.toString("base64url"), bytes.toString("hex"));
  // Inside a longer base64 text a secret begins at one of three places; only the characters that it alone decides are looked for.
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const inner = encoded.slice(before === 0 ? 0 : before + 1, (bytes.length + before) % 3 === 0 ? undefined : -1);
    if (inner.length >= 8) forms.push(inner, inner.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms.filter((form) => form.length >= shortest);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
