/** One bucket on one server: finds the credentials, sends commands again when that may help, says what was wrong otherwise. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { ListObjectsV2Command, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { parseS3Url, type StoreAddress } from "../protocol/store-address.ts";
import type { OpenOptions } from "./open.ts";
import { backoff, pause, type RetryPolicy, usualRetries } from "./retry.ts";
import { readConnection } from "./s3-connection.ts";
import { type Act, factsOf, isExpired, isPassing, isSilent, storeError } from "./s3-error.ts";
import { StoreError } from "./store.ts";

export interface Tuning {
  readonly retries: RetryPolicy;
  /** Milliseconds without a byte after which a request is given up, and sent again. */
  readonly silence: number;
  /** Bytes of a part of an upload, and of a range of a download. */
  readonly part: number;
  /** Parts of one file that are under way, and in memory, at once. */
  readonly partsAtOnce: number;
}

const usualTuning: Tuning = { retries: usualRetries, silence: 20_000, part: 8 << 20, partsAtOnce: 6 };

/** Connections at most; more are of no use to one client. */
const mostSockets = 64;

/** What a try may want to know of those before it. */
export interface Try {
  /** From 1. */
  readonly number: number;
  /** True when an earlier try may have done the work, although its answer did not arrive. */
  readonly doubtful: boolean;
}

/** An answer that is no error: the status that the caller has named. */
export interface Refused {
  readonly refused: number;
  readonly doubtful: boolean;
}

export interface Bucket {
  readonly url: string;
  readonly name: string;
  /** Of the server, for a person and for the note of what it can do. */
  readonly endpoint: string;
  /** True for Amazon's own, which needs no probe. */
  readonly amazon: boolean;
  readonly tuning: Tuning;
  /** The object's key in the bucket. */
  objectKey(key: string): string;
  /** Sends until it is answered; `expected` are statuses that are answers too. Throws StoreError. */
  send<T>(act: Act, command: (client: S3Client, attempt: Try) => Promise<T>, options?: SendOptions): Promise<T | Refused>;
}

export interface SendOptions {
  readonly expected?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

export function isRefused(answer: unknown): answer is Refused {
  return typeof answer === "object" && answer !== null && "refused" in answer;
}

// The SDK would tell every task's log that it will want a newer Node one day.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/** Opens nothing yet. Throws StoreError for an address or a connection that cannot be used. */
export function openBucket(address: StoreAddress, { env }: OpenOptions, changes: Partial<Tuning> = {}): Bucket {
  const tuning = { ...usualTuning, ...changes };
  const { retries } = tuning;
  const parsed = parseS3Url(address.url);
  if ("problem" in parsed) throw new StoreError("invalid", `the store "${address.url}" ${parsed.problem}`);
  const { bucket, prefix } = parsed;
  const connection = address.connection === undefined ? {} : readConnection(address.connection, env);
  const endpoint = address.endpoint ?? connection.endpoint ?? (env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined);
  const region = address.region ?? connection.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined);
  const credentials = connection.credentials ?? ownCredentials(env);
  const profile = connection.profile ?? (env.AWS_PROFILE || undefined);
  const agents = { keepAlive: true, maxSockets: mostSockets };
  const config: S3ClientConfig = {
    ...(endpoint !== undefined && { endpoint }),
    // Servers other than Amazon's mostly have one region, and take this name for it.
    ...((region ?? (endpoint && "us-east-1")) && { region: region ?? "us-east-1" }),
    ...(credentials !== undefined && { credentials }),
    ...(profile !== undefined && { profile }),
    forcePathStyle: (address.addressing ?? (endpoint === undefined ? "virtual" : "path")) === "path",
    followRegionRedirects: endpoint === undefined,
    // What arrives is held to the digest that was stored with it; of objects in parts some servers tell a checksum that is none.
    responseChecksumValidation: "WHEN_REQUIRED",
    // Tries are counted here, where reading the body belongs to the try.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 10_000,
      socketTimeout: tuning.silence,
      httpAgent: new HttpAgent(agents),
      httpsAgent: new HttpsAgent(agents),
    },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  };
  let client = new S3Client(config);
  const where = endpoint ?? "AWS";

  return {
    url: address.url,
    name: bucket,
    endpoint: where,
    amazon: endpoint === undefined || /^https:\/\/([\w.-]+\.)?amazonaws\.com(\.cn)?(:443)?$/.test(endpoint),
    tuning,
    objectKey: (key) => (prefix === "" ? key : `${prefix}/${key}`),
    async send(act, command, { expected = [], signal } = {}) {
      let doubtful = false;
      for (let number = 1; ; number++) {
        const used = client;
        try {
          return await command(used, { number, doubtful });
        } catch (thrown) {
          if (signal?.aborted) throw thrown;
          const error = isSilent(thrown) ? await askWhy(thrown, used, bucket) : thrown;
          const { status, name } = factsOf(error);
          if (status !== undefined && expected.includes(status) && name !== "NoSuchBucket") return { refused: status, doubtful };
          if (!isPassing(error) || number >= retries.attempts) throw storeError(error, act, address.url, where);
          // Whoever finds out first takes the new ones; those that come after find them there.
          if (isExpired(error) && client === used) {
            if (credentials !== undefined) throw storeError(error, act, address.url, where);
            client = new S3Client(config);
          }
          if (status === undefined || status >= 500) doubtful = true;
          await pause(backoff(retries, number, Math.random()), signal);
          if (signal?.aborted) throw error;
        }
      }
    },
  };
}

/** The answer to a HEAD has no body that could tell why it is a refusal: a request that has one is asked instead. */
async function askWhy(refusal: unknown, client: S3Client, bucket: string): Promise<unknown> {
  return client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })).then(
    () => refusal,
    (why: unknown) => why,
  );
}

/** Keys that come from .env: the SDK reads its process's environment only. */
function ownCredentials(env: NodeJS.ProcessEnv): S3ClientConfig["credentials"] | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if (!accessKeyId || !secretAccessKey || env.AWS_PROFILE || accessKeyId === process.env.AWS_ACCESS_KEY_ID) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
