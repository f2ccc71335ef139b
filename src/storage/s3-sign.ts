/** AWS's signature version 4 for S3: what is signed, in which form, is said in Amazon's "Authenticating Requests". */
import { createHash, createHmac } from "node:crypto";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Signable {
  readonly method: string;
  /** Percent-encoded, with its slashes. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** By lower-case name; all are signed. Must have `host`. */
  readonly headers: { readonly [name: string]: string };
  /** sha256 (hex) of the body. */
  readonly digest: string;
}

/** sha256 (hex) of no bytes. */
export const emptyDigest = createHash("sha256").digest("hex");

/** The headers with the signature and what belongs to it. `now` in milliseconds since the epoch, by the server's clock. */
export function signRequest(request: Signable, credentials: Credentials, region: string, now: number): { readonly [name: string]: string } {
  const instant = `${new Date(now).toISOString().slice(0, 19).replaceAll(/[:-]/g, "")}Z`;
  const day = instant.slice(0, 8);
  const headers: Record<string, string> = { ...request.headers, "x-amz-content-sha256": request.digest, "x-amz-date": instant };
  if (credentials.sessionToken !== undefined) headers["x-amz-security-token"] = credentials.sessionToken;
  const names = Object.keys(headers).sort();
  const signed = names.join(";");
  const canonical = [
    request.method,
    request.path,
    queryText(request.query),
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    "",
    signed,
    request.digest,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", instant, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const signature = createHmac("sha256", signingKey(credentials.secretAccessKey, day, region))
    .update(text)
    .digest("hex");
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  return headers;
}

/** Sorted and encoded, as it is signed and as it is sent. */
export function queryText(query: Signable["query"]): string {
  return query
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

/** The path of a key: everything but unreserved characters and slashes is percent-encoded. */
export function encodePath(key: string): string {
  return key.split("/").map(encode).join("/");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

let lastKey: { readonly of: string; readonly key: Buffer } | undefined;

/** The key of a day; made once. */
function signingKey(secret: string, day: string, region: string): Buffer {
  const of = `${secret} ${day} ${region}`;
  if (lastKey?.of === of) return lastKey.key;
  const mac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const key = mac(mac(mac(mac(`AWS4${secret}`, day), region), "s3"), "aws4_request");
  lastKey = { of, key };
  return key;
}
