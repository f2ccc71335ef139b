/**
 * A proxy before a real S3 server that does what networks and overloaded servers do, by a seeded plan. It is honest about what it
 * lets through: a body that it spoils on the way up is refused as S3 refuses it, by its digest.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What may happen to a request. */
export const faults = [
  "slow-down", // 503, nothing done
  "internal", // 500, nothing done
  "internal-after", // done, and then 500
  "reset", // the connection ends, nothing done
  "reset-after", // done, and then the connection ends
  "silence", // no answer, nothing done
  "truncate", // half of the answer
  "drip", // the answer in small pieces
  "corrupt", // one byte of an object is another on its way down
  "corrupt-up", // one byte is another on its way up
  "expired", // 400 ExpiredToken
  "skewed", // 403 RequestTimeTooSkewed, by a clock that is an hour ahead
] as const;

export type Fault = (typeof faults)[number];

export interface ProxyPlan {
  /** The fault of a request, if any; asked once for each, in the order in which they come. */
  readonly next?: (method: string, path: string, headers: IncomingMessage["headers"]) => Fault | undefined;
  /** Headers that do not get through, in lower case: of a server that does not know them. */
  readonly strip?: readonly string[];
}

export interface FaultProxy {
  readonly endpoint: string;
  /** Changes what happens from now on. */
  set(plan: ProxyPlan): void;
  /** How often each fault has really happened. */
  readonly counts: ReadonlyMap<Fault, number>;
  stop(): Promise<void>;
}

/** Milliseconds of "silence": longer than the client under test waits. */
const silence = 3_000;

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  let plan: ProxyPlan = {};
  const counts = new Map<Fault, number>();

  const server = createServer(async (incoming, answer) => {
    const body = await readAll(incoming).catch(() => undefined);
    // The client has given up.
    if (body === undefined) return;
    const fault = plan.next?.(incoming.method ?? "", incoming.url ?? "", incoming.headers);
    const did = () => fault && counts.set(fault, (counts.get(fault) ?? 0) + 1);
    if (fault === "reset") {
      did();
      incoming.socket.destroy();
      return;
    }
    if (fault === "silence") {
      did();
      setTimeout(() => incoming.socket.destroy(), silence).unref();
      return;
    }
    if (fault === "slow-down" || fault === "internal" || fault === "expired" || fault === "skewed") {
      did();
      const [status, code] = refusals[fault];
      refuse(answer, status, code);
      return;
    }
    if (fault === "corrupt-up" && body.length > 0) {
      did();
      spoil(body);
      const digest = createHash("sha256").update(body).digest("hex");
      if (incoming.headers["x-amz-content-sha256"] !== digest) {
        refuse(answer, 400, "XAmzContentSHA256Mismatch");
        return;
      }
    }
    const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !plan.strip?.includes(name)));
    const done = await forward({ hostname, port, method: incoming.method, path: incoming.url, headers }, body).catch(() => undefined);
    if (done === undefined) {
      incoming.socket.destroy();
      return;
    }
    if (fault === "internal-after") {
      did();
      refuse(answer, ...refusals.internal);
      return;
    }
    if (fault === "reset-after") {
      did();
      incoming.socket.destroy();
      return;
    }
    if (
      fault === "corrupt" &&
      incoming.method === "GET" &&
      !incoming.url?.includes("list-type") &&
      done.status < 300 &&
      done.body.length > 0
    ) {
      did();
      spoil(done.body);
    }
    answer.writeHead(done.status, done.headers);
    if (fault === "truncate" && done.body.length > 1) {
      did();
      answer.write(done.body.subarray(0, done.body.length >> 1), () => incoming.socket.destroy());
      return;
    }
    if (fault === "drip") {
      did();
      for (let at = 0; at < 5; at++) {
        answer.write(done.body.subarray((done.body.length * at) / 5, (done.body.length * (at + 1)) / 5));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      answer.end();
      return;
    }
    answer.end(done.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(changed) {
      plan = changed;
    },
    counts,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A plan that picks a fault for about `rate` of all requests; the same seed picks the same ones in the same order. */
export function seededFaults(seed: number, rate: number, among: readonly Fault[] = faults): ProxyPlan {
  let state = seed * 2_654_435_761 + 1;
  const random = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next: () => (random() < rate ? among[Math.floor(random() * among.length)] : undefined) };
}

const refusals = {
  "slow-down": [503, "SlowDown"],
  internal: [500, "InternalError"],
  expired: [400, "ExpiredToken"],
  skewed: [403, "RequestTimeTooSkewed"],
} as const;

function refuse(answer: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>made by the fault proxy</Message></Error>`;
  const date = new Date(Date.now() + (code === "RequestTimeTooSkewed" ? 3_600_000 : 0)).toUTCString();
  answer.writeHead(status, { "content-type": "application/xml", "content-length": body.length, date }).end(body);
}

function spoil(body: Buffer): void {
  const at = body.length >> 1;
  body[at] = (body[at] ?? 0) ^ 0x20;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

function forward(options: object, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, agent: false }, (response) => {
      readAll(response).then((read) => resolve({ status: response.statusCode ?? 500, headers: response.headers, body: read }), reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
