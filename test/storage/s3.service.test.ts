import dns from "node:dns";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { StoreAddress } from "../../src/protocol/store-address.ts";
import { openStore } from "../../src/storage/open.ts";
import { createS3Store } from "../../src/storage/s3.ts";
import { type Tuning, usualAddressing } from "../../src/storage/s3-bucket.ts";
import type { Store } from "../../src/storage/store.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "../services/fault-proxy.ts";
import { type S3Server, startS3 } from "../services/s3.ts";
import { testStore } from "./contract.ts";

const folder = mkdtempSync(join(tmpdir(), "tradewind-s3-"));
let server: S3Server;
let proxy: FaultProxy;
beforeAll(async () => {
  server = await startS3();
  proxy = await startFaultProxy(server.endpoint);
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

testStore("s3", async () => openStore(await server.makeBucket(), { env: server.env }));
testStore("s3 under a prefix", async () => openStore(await server.makeBucket("team/a.b"), { env: server.env }));

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (found: Uint8Array | undefined) => found && new TextDecoder().decode(found);
const quick: Partial<Tuning> = { retries: { attempts: 6, base: 5, longest: 50 }, silence: 1500, part: 5 << 20 };

/** A new bucket, seen through the proxy. */
async function throughProxy(options: { readonly warn?: (message: string) => void; readonly cache?: string } = {}): Promise<Store> {
  return createS3Store({ ...(await server.makeBucket()), endpoint: proxy.endpoint }, { env: server.env, ...options }, quick);
}

/** The faults of the next requests whose method is this one. */
function first(method: string, ...faults: readonly Fault[]): void {
  const left = [...faults];
  proxy.set({ next: (made) => (made === method ? left.shift() : undefined) });
}

/** What a call rejects with. */
async function errorOf(call: Promise<unknown>): Promise<{ readonly code?: string; readonly message: string }> {
  return call.then(
    () => ({ message: "nothing was thrown" }),
    (error) => error,
  );
}

describe("where the bucket's name goes", () => {
  test("before the host, as at AWS", async () => {
    const address = await server.makeBucket("team");
    const { port } = new URL(server.endpoint);
    const asked = new Set<string>();
    // No name server here knows buckets: theirs all lead to this one, which tells them apart by the request's Host.
    const resolve = dns.lookup;
    const lookup = ((hostname: string, options: dns.LookupOptions, done: () => void) => {
      asked.add(hostname);
      resolve("127.0.0.1", options, done);
    }) as typeof dns.lookup;
    dns.lookup = lookup;
    onTestFinished(() => {
      dns.lookup = resolve;
    });
    const virtual = { ...address, endpoint: `http://s3.us-east-1.amazonaws.com:${port}`, addressing: "virtual" as const };
    const store = openStore(virtual, { env: server.env });
    const key = "runs/a%20b=c/data.csv";
    writeFileSync(join(folder, "many-parts"), Buffer.alloc(17 << 20, "x"));
    expect(await store.put(key, bytes("before the host"))).toBe(true);
    expect(await store.putFile("files/many-parts", join(folder, "many-parts"))).toBe(true);
    const { hostname } = new URL(`http://${address.url.split("/")[2]}.s3.us-east-1.amazonaws.com`);
    expect([...asked]).toEqual([hostname]);

    const plain = openStore(address, { env: server.env });
    expect(text(await plain.get(key))).toBe("before the host");
    expect((await plain.head("files/many-parts"))?.size).toBe(17 << 20);
    const listed: string[] = [];
    for await (const one of store.list("runs")) listed.push(one.key);
    expect(listed).toEqual([key]);
    expect(text(await store.get(key))).toBe("before the host");
  });

  test.each([
    ["flights", undefined, "virtual"],
    ["team.flights", undefined, "path"],
    ["flights", "https://s3.example.org", "path"],
  ] as const)("by itself: %s at %s", (bucket, endpoint, where) => {
    expect(usualAddressing(bucket, endpoint)).toBe(where);
  });
});

describe("big files", () => {
  const size = (23 << 20) + 12_345;
  const big = join(folder, "big");
  const content = Buffer.alloc(size, "0123456789abcdef\n");

  test("go up in parts and come down in ranges, with their digest", async () => {
    proxy.set({});
    writeFileSync(big, content);
    const store = await throughProxy();
    expect(await store.putFile("files/x/big", big)).toBe(true);
    expect((await store.head("files/x/big"))?.size).toBe(size);
    const copy = await store.getFile("files/x/big", join(folder, "copy"));
    expect(copy?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(join(folder, "copy")).equals(content)).toBe(true);
  });

  test("a part that is cut short, spoiled or refused is sent or asked for again, not the whole", async () => {
    const store = await throughProxy();
    const counted = { PUT: 0, GET: 0 };
    const plan = (faults: readonly Fault[]) => {
      const left = [...faults];
      proxy.set({
        next(method) {
          if (method !== "PUT" && method !== "GET") return undefined;
          counted[method]++;
          return left.shift();
        },
      });
    };
    plan(["reset", "corrupt-up", "internal-after", "silence"]);
    await store.putFile("files/x/big", big);
    expect(counted.PUT).toBe(5 + 4);
    plan(["truncate", "drip", "reset", "slow-down", "truncate"]);
    await store.getFile("files/x/big", join(folder, "again"));
    expect(counted.GET).toBe(5 + 4);
    expect(readFileSync(join(folder, "again")).equals(content)).toBe(true);
  });

  test("a byte that changed on the way down is noticed, and the file read again", async () => {
    const store = await throughProxy();
    proxy.set({});
    await store.putFile("files/x/big", big, { sha256: "5f".repeat(32) });
    expect(await errorOf(store.getFile("files/x/big", join(folder, "spoiled")))).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("what arrives is not what was stored; run again"),
    });
    expect(existsSync(join(folder, "spoiled"))).toBe(false);
    await store.put("runs/small", bytes("small"));
    first("GET", "corrupt", "corrupt");
    expect(text(await store.get("runs/small"))).toBe("small");
  });

  test("giving up leaves neither a file nor parts", async () => {
    proxy.set({});
    const address = { ...(await server.makeBucket()), endpoint: proxy.endpoint };
    const store = createS3Store(address, { env: server.env }, quick);
    const stop = new AbortController();
    /** Aborts at the first request that is `wanted`, which then gets no answer. */
    const abortAt = (controller: AbortController, wanted: (method: string, path: string) => boolean) =>
      proxy.set({
        next(method, path) {
          if (!wanted(method, path)) return undefined;
          controller.abort("enough");
          return "silence";
        },
      });
    abortAt(stop, (method, path) => method === "PUT" && path.includes("partNumber=3"));
    expect(await store.putFile("files/x/big", big, { signal: stop.signal }).catch(() => "given up")).toBe("given up");
    const Bucket = address.url.slice("s3://".length);
    expect((await server.client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).toEqual([]);
    expect(await store.head("files/x/big")).toBeUndefined();
    proxy.set({});
    await store.putFile("files/x/big", big);
    const late = new AbortController();
    abortAt(late, (_, path) => path.includes("files"));
    expect(await store.getFile("files/x/big", join(folder, "late"), { signal: late.signal }).catch(() => "given up")).toBe("given up");
    expect(readdirSync(folder)).not.toContain("late");
  });
});

describe("conditional writes", () => {
  test("a create whose answer was lost is known as ours", async () => {
    const store = await throughProxy();
    proxy.set({});
    await store.put("runs/warm", bytes(""), { ifAbsent: true });
    for (const fault of ["internal-after", "reset-after"] as const) {
      first("PUT", fault);
      expect(await store.put(`runs/${fault}`, bytes("mine"), { ifAbsent: true })).toBe(true);
      expect(await store.put(`runs/${fault}`, bytes("mine"), { ifAbsent: true })).toBe(false);
    }
  });

  test("what was found out is remembered on the machine and in the store, and nobody probes again", async () => {
    const address = { ...(await server.makeBucket()), endpoint: proxy.endpoint };
    const cache = join(folder, "cache");
    const puts = async (options: { readonly cache?: string }, key: string): Promise<number> => {
      let count = 0;
      proxy.set({
        next(method) {
          if (method === "PUT") count++;
          return undefined;
        },
      });
      const store = createS3Store(address, { env: server.env, ...options }, quick);
      expect(await store.put(key, bytes(""), { ifAbsent: true })).toBe(true);
      return count;
    };
    expect(await puts({ cache }, "runs/a")).toBeGreaterThan(20);
    expect(await puts({ cache }, "runs/b")).toBe(1);
    expect(await puts({}, "runs/c")).toBe(1);
    expect(readdirSync(join(cache, "stores"))).toHaveLength(1);
  });

  test("a server that ignores conditions is found out, told once, and used in the weaker way", async () => {
    proxy.set({ strip: ["if-none-match"] });
    const warnings: string[] = [];
    const store = await throughProxy({ warn: (message) => warnings.push(message) });
    expect(await store.put("runs/a", bytes("first"), { ifAbsent: true })).toBe(true);
    expect(await store.put("runs/a", bytes("second"), { ifAbsent: true })).toBe(false);
    expect(text(await store.get("runs/a"))).toBe("first");
    writeFileSync(join(folder, "file"), "file");
    expect(await store.putFile("runs/b", join(folder, "file"), { ifAbsent: true })).toBe(true);
    expect(await store.putFile("runs/b", join(folder, "file"), { ifAbsent: true })).toBe(false);
    expect(warnings).toEqual([
      expect.stringContaining(
        "has no conditional writes (the server ignores If-None-Match); runs are right as long as one attempt of a task is started at a time",
      ),
    ]);
    // An answer that was lost is no other writer.
    let puts = 0;
    proxy.set({ strip: ["if-none-match"], next: (method) => (method === "PUT" && puts++ === 0 ? "reset-after" : undefined) });
    expect(await store.put("runs/c", bytes("mine"), { ifAbsent: true })).toBe(true);
  });
});

describe("errors say what to do", () => {
  const addressOf = async (changes: Partial<StoreAddress>) => ({ ...(await server.makeBucket()), ...changes });

  test("a bucket that is not there", async () => {
    const store = openStore(await addressOf({ url: "s3://no-such-bucket" }), { env: server.env });
    const message = `could not write "runs/a" to the store s3://no-such-bucket: there is no such bucket at ${server.endpoint}; make it, or mend store.url (and store.endpoint)`;
    expect(await errorOf(store.put("runs/a", bytes("")))).toMatchObject({ code: "invalid", message });
  });

  test("a server that is away", async () => {
    const address = await addressOf({ endpoint: "http://127.0.0.1:9" });
    const store = createS3Store(address, { env: server.env }, quick);
    expect(await errorOf(store.get("runs/a"))).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(
        "http://127.0.0.1:9 cannot be reached (ECONNREFUSED); check store.endpoint, the network and the proxy",
      ),
    });
  });

  test("credentials that have expired", async () => {
    const store = await throughProxy();
    first("GET", "expired");
    expect(await errorOf(store.get("runs/a"))).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("the credentials have expired; renew them and run again"),
    });
  });

  test("a clock that is wrong is set by the server's", async () => {
    const store = await throughProxy();
    const dates: string[] = [];
    proxy.set({
      next(_method, _path, headers) {
        dates.push(String(headers["x-amz-date"]));
        return dates.length === 1 ? "skewed" : undefined;
      },
    });
    await store.put("runs/a", bytes("x"));
    const [first = "", second = ""] = dates.map((date) => date.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"));
    expect(Date.parse(second) - Date.parse(first)).toBeGreaterThan(3_590_000);
    proxy.set({ next: () => "skewed" });
    expect(await errorOf(store.get("runs/a"))).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("set it right (NTP)"),
    });
  });

  test("a server that never gets well", async () => {
    const store = await throughProxy();
    proxy.set({ next: () => "slow-down" });
    expect(await errorOf(store.get("runs/a"))).toMatchObject({ code: "unavailable", message: expect.stringContaining("503 SlowDown") });
  });

  test.each([
    [undefined, 'the store\'s connection "s3" is not there: set AIRFLOW_CONN_S3 in the environment or in .env'],
    ["postgres://u:hunter2@h/db", 'the store\'s connection "s3" is of type postgres, not aws'],
    ["aws://AKID@/", 'the store\'s connection "s3" has no password (the secret access key)'],
    ["aws://AKID:hun/ter2@/", 'the store\'s connection "s3" cannot be read: it must be aws://KEY_ID:SECRET_KEY@/'],
    ['{"conn_type": "aws", "login": "AKID", "password": "hunter2", "extra": {"role_arn": "arn:x"}}', "has role_arn in its extra"],
    ["{ hunter2", 'the store\'s connection "s3" cannot be read'],
  ])("a connection %j", async (value, message) => {
    const store = openStore(await addressOf({}), { env: value === undefined ? {} : { AIRFLOW_CONN_S3: value } });
    const error = await errorOf(store.get("runs/a"));
    expect(error).toMatchObject({ code: "denied", message: expect.stringContaining(message) });
    expect(error.message).not.toContain("hunter2");
  });
});

describe("connections in all their forms", () => {
  test.each([
    "aws://AKID:s%2Fcret@/?region_name=us-east-1&endpoint_url=ENDPOINT",
    '{"conn_type": "aws", "login": "AKID", "password": "s/cret", "extra": {"endpoint_url": "ENDPOINT"}}',
    '{"conn_type": "aws", "login": "AKID", "password": "s/cret", "extra": "{\\"service_config\\": {\\"s3\\": {\\"endpoint_url\\": \\"ENDPOINT\\"}}}"}',
    "aws://AKID:s%2Fcret@/?__extra__=%7B%22endpoint_url%22%3A%20%22ENDPOINT%22%7D",
  ])("%s", async (form) => {
    const { url } = await server.makeBucket();
    const env = { TRADEWIND_SECRET_CONN_MY_S3: form.replace("ENDPOINT", server.endpoint) };
    const store = openStore({ url, connection: "my-s3" }, { env });
    await store.put("runs/a", bytes("x"));
    expect(text(await store.get("runs/a"))).toBe("x");
  });

  test("AWS's own variables, also those of .env", async () => {
    const { url } = await server.makeBucket();
    const env = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "secret", AWS_ENDPOINT_URL_S3: server.endpoint };
    const store = openStore({ url }, { env });
    await store.put("runs/a", bytes("x"));
    expect(text(await store.get("runs/a"))).toBe("x");
  });
});

test("many are deleted at once, and unfinished uploads are found and given up", async () => {
  proxy.set({});
  const store = await throughProxy();
  const keys = Array.from({ length: 25 }, (_, n) => `runs/${n}`);
  for (const key of keys) await store.put(key, bytes(""));
  await store.deleteAll?.(keys);
  expect(await store.folders("runs")).toEqual([]);
  expect(await store.head("runs/1")).toBeUndefined();
  // Its writer dies: nothing more comes through, not even the end.
  let parts = 0;
  proxy.set({ next: (_, path) => (path.includes("uploadId") && parts++ >= 0 ? "reset" : undefined) });
  writeFileSync(join(folder, "lost"), Buffer.alloc(6 << 20));
  await errorOf(store.putFile("runs/lost/file", join(folder, "lost")));
  proxy.set({});
  const found = [];
  for await (const leftover of store.leftovers?.() ?? []) found.push(leftover);
  expect(found).toMatchObject([{ name: "runs/lost/file" }]);
  await found[0]?.remove();
  for await (const leftover of store.leftovers?.() ?? []) throw new Error(`${leftover.name} is still there`);
});
