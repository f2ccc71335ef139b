/**
 * Requests to one bucket, signed and sent by Node's own HTTP: a launcher makes some twenty of them, and AWS's SDK would take longer to
 * load than they take together. One try each; an answer that is no success is thrown as an S3Error.
 */
import { createHash } from "node:crypto";
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { S3Error } from "./s3-error.ts";
import { type Credentials, emptyDigest, encodePath, queryText, signRequest } from "./s3-sign.ts";
import { element } from "./s3-xml.ts";

export interface WireRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** The object's key; absent: the bucket. */
  readonly key?: string;
  readonly query?: { readonly [name: string]: string | undefined };
  /** By lower-case name. */
  readonly headers?: { readonly [name: string]: string | undefined };
  readonly body?: Uint8Array;
  /** sha256 (hex) of the body, where it is known. */
  readonly digest?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read to its end, or destroyed. */
  readonly body: IncomingMessage;
}

export interface WireOptions {
  readonly bucket: string;
  /** `http[s]://host[:port]`; absent: AWS. */
  readonly endpoint?: string | undefined;
  readonly addressing: "path" | "virtual";
  readonly region: string;
  readonly credentials: () => Promise<Credentials>;
  /** Milliseconds without a byte after which a request is given up. */
  readonly silence: number;
}

export interface Wire {
  send(request: WireRequest): Promise<Answer>;
  /** Sends, and reads a document of XML. */
  ask(request: WireRequest): Promise<string>;
}

/** Connections at most; more are of no use to one client. */
const mostSockets = 64;

export function createWire({ bucket, endpoint, addressing, credentials, silence, ...options }: WireOptions): Wire {
  let { region } = options;
  // What the server's clock says more than ours, once it has complained.
  let skew = 0;
  let server = serverOf(endpoint, region);
  const secure = !endpoint?.startsWith("http:");
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: mostSockets, scheduling: "lifo" });

  function placeOf(key: string | undefined): Place {
    const { host, hostname, port } = server;
    const object = key === undefined ? "" : encodePath(key);
    if (addressing === "path") return { host, hostname, port, path: `/${bucket}${key === undefined ? "" : `/${object}`}` };
    return { host: `${bucket}.${host}`, hostname: `${bucket}.${hostname}`, port, path: `/${object}` };
  }

  async function send({ method, key, query = {}, headers = {}, body, digest, signal }: WireRequest): Promise<Answer> {
    const { host, hostname, port, path } = placeOf(key);
    const given = Object.entries({ host, ...headers }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const signable = {
      method,
      path,
      query: Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined),
      headers: Object.fromEntries(given),
      digest: digest ?? (body === undefined ? emptyDigest : createHash("sha256").update(body).digest("hex")),
    };
    const signed = signRequest(signable, await credentials(), region, Date.now() + skew);
    const search = queryText(signable.query);
    const message = await exchange(
      {
        agent,
        hostname: hostname.replace(/^\[|\]$/g, ""),
        port: port || undefined,
        method,
        path: search === "" ? path : `${path}?${search}`,
        headers: { ...signed, ...((body || method === "PUT" || method === "POST") && { "content-length": String(body?.length ?? 0) }) },
      },
      body,
      signal,
    );
    const status = message.statusCode ?? 0;
    if (status >= 200 && status < 300) return { status, headers: message.headers, body: message };
    const text = (await readAll(message, 64 << 10)).toString("utf8");
    const code = element(text, "Code") ?? "";
    learn(code, message.headers, text);
    throw new S3Error(status, code, element(text, "Message") ?? "");
  }

  /** What a refusal tells of the server: its time, the bucket's region. */
  function learn(code: string, headers: IncomingHttpHeaders, text: string): void {
    const date = Date.parse(headers.date ?? "");
    if (code === "RequestTimeTooSkewed" && !Number.isNaN(date)) skew = date - Date.now();
    const told = headers["x-amz-bucket-region"] ?? element(text, "Region");
    if (endpoint === undefined && typeof told === "string" && /^[a-z0-9-]+$/.test(told)) {
      region = told;
      server = serverOf(endpoint, region);
    }
  }

  function exchange(options: object, body: Uint8Array | undefined, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = (secure ? requestHttps : requestHttp)({ ...options, ...(signal && { signal }) });
      request.setTimeout(silence, () => request.destroy(new S3Error(undefined, "TimeoutError", `no byte for ${silence / 1000} s`)));
      request.once("response", resolve);
      request.on("error", reject);
      request.end(body);
    });
  }

  return {
    send,
    async ask(request) {
      const { body } = await send(request);
      const text = (await readAll(body, 64 << 20)).toString("utf8");
      // S3 may find out that it failed after it has said 200.
      if (/^\s*(<\?xml[^>]*>)?\s*<Error[\s>]/.test(text))
        throw new S3Error(500, element(text, "Code") ?? "InternalError", element(text, "Message") ?? "");
      return text;
    },
  };
}

interface Place {
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
}

function serverOf(endpoint: string | undefined, region: string): URL {
  return new URL(endpoint ?? `https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`);
}

/** The whole body, of `most` bytes at most. */
async function readAll(message: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > most) throw new S3Error(undefined, "DamagedError", "the answer does not end");
  }
  const expected = Number(message.headers["content-length"] ?? length);
  if (message.method !== "HEAD" && length < expected && message.complete === false)
    throw new S3Error(undefined, "DamagedError", "the answer was cut short");
  return Buffer.concat(chunks, length);
}
